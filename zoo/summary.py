"""From single figures to statements: means over seeds, columns of a table, and who is better in plain words.

Nothing here trains or draws: plain dictionaries in, dictionaries, strings and
rows out, so that each rule of the comparison can be checked by hand.
"""

import statistics
from dataclasses import dataclass

MINUS = "−"


@dataclass(frozen=True)
class Figure:
    """How a measured number is shown.

    Args:
        title: heading of its column.
        glossary: what it is, in one sentence.
        scale: the number is multiplied by this to be shown (100 for fractions shown in percent).
        digits: after the decimal point.
        higher_is_better: None where neither is.
    """

    title: str
    glossary: str
    scale: float = 1.0
    digits: int = 1
    higher_is_better: bool | None = True

    def number(self, value):
        """``value`` as shown: scaled, rounded, thousands separated."""
        text = f"{value * self.scale:,.{self.digits}f}"
        return text.replace("-", MINUS)

    def show(self, mean_sd):
        """``mean ± standard deviation``; a dash where nothing was measured, the mean alone for one seed."""
        if mean_sd is None:
            return "–"
        spread = f" ± {self.number(mean_sd['sd'])}" if mean_sd["sd"] is not None else ""
        return self.number(mean_sd["mean"]) + spread


METRICS = {
    "bleu": Figure("BLEU", "sacreBLEU of what the model writes on its own (greedy): matching stretches of words, 0 to 100."),
    "chrf": Figure("chrF", "like BLEU over stretches of characters, 0 to 100; fairer to Korean, where words carry particles."),
    "token_bleu": Figure("token BLEU", "BLEU over the task's own tokens; only comparable where the tokens are the same."),
    "exact_match": Figure("exact match %", "share of the answers that are right as a whole.", 100),
    "accuracy": Figure("accuracy %", "share of the labels that are right.", 100),
    "macro_f1": Figure("macro F1 %", "F1 of each class, averaged; every class counts the same.", 100),
    "f1": Figure("F1 %", "harmonic mean of precision and recall.", 100),
    "precision": Figure("precision %", "share of what was found that is right.", 100),
    "recall": Figure("recall %", "share of what is right that was found.", 100),
    "perplexity": Figure(
        "perplexity",
        "exp of the mean negative log-likelihood of a target token, the right text before it given (teacher forcing), "
        "without label smoothing: among how many equally likely tokens the model hesitates. Lower is better.",
        digits=2,
        higher_is_better=False,
    ),
    "nll": Figure("nats a token", "mean negative log-likelihood of a target token.", digits=3, higher_is_better=False),
    "bits_per_character": Figure(
        "bits a character",
        "the same likelihood, in bits and for each character: comparable over tokenizers. Lower is better.",
        digits=3,
        higher_is_better=False,
    ),
}  # fmt: skip
COSTS = {
    "parameters": Figure("parameters", "trained numbers, head and embeddings included.", digits=0, higher_is_better=None),
    "tokens_per_second": Figure("tokens/s", "target tokens learnt from in a second of training, without the first call.", digits=0),
    "seconds": Figure("seconds", "time of training, validation excluded.", higher_is_better=False),
    "peak_memory_bytes": Figure(
        "peak MB", "largest resident memory while training, Python and TensorFlow included.", 1e-6, 0, False
    ),
}  # fmt: skip


def metric_figure(name):
    """The :class:`Figure` of a metric; one that is not known here (a user's own) is shown as it is."""
    return METRICS.get(name) or Figure(name.replace("_", " "), "the task's own metric.", digits=3)


def mean_sd(values):
    """Mean and standard deviation (n - 1) over seeds; no deviation for a single value, None for none.

    Returns:
        ``{"mean", "sd", "n"}`` or None.
    """
    values = [value for value in values if value is not None]
    if not values:
        return None
    return {
        "mean": statistics.fmean(values),
        "sd": statistics.stdev(values) if len(values) > 1 else None,
        "n": len(values),
    }


def summarize(runs):
    """The runs of one model (one a seed) -> means and standard deviations of all that was measured.

    Args:
        runs: list of ``{"seed", "parameters", "training": {...}, "splits": {split: {...}}}``.

    Returns:
        ``{"parameters": int, "training": {name: mean_sd}, "splits": {split: {name: mean_sd}},
        "by_length": {split: [{"low", "high", "examples", name: mean_sd}]}}``.
    """
    splits = {split: [run["splits"][split] for run in runs] for split in runs[0]["splits"]}
    left_out = {"seconds", "examples", "tokens"}
    return {
        "parameters": runs[0]["parameters"],
        "training": {name: mean_sd([run["training"].get(name) for run in runs]) for name in list(COSTS)[1:]},
        "splits": {
            split: {name: mean_sd([part.get(name) for part in parts]) for name in _numbers(parts[0]) - left_out}
            for split, parts in splits.items()
        },
        "by_length": {split: _mean_groups([part["by_length"] for part in parts]) for split, parts in splits.items()},
    }


def _numbers(part):
    return {name for name, value in part.items() if isinstance(value, int | float) and not isinstance(value, bool)}


def _mean_groups(groups_of_runs):
    """Groups by length, averaged over runs: they hold the same examples in each run."""
    means = []
    for groups in zip(*groups_of_runs, strict=True):
        fixed = {name: groups[0][name] for name in ("low", "high", "examples")}
        measured = _numbers(groups[0]) - set(fixed)
        means.append({**fixed, **{name: mean_sd([group[name] for group in groups]) for name in sorted(measured)}})
    return means


# -- who is better --------------------------------------------------------------------------------------------


def exceeds_spread(a, b):
    """Whether two means differ by more than the seeds do: the intervals mean ± standard deviation do not meet.

    False where one of them rests on a single seed: nothing is known of its spread then.
    """
    if a["sd"] is None or b["sd"] is None:
        return False
    return abs(a["mean"] - b["mean"]) > a["sd"] + b["sd"]


def order(task, split):
    """Names of a task's models, the best mean first; those without a figure are left out."""
    name = task["metric"]
    figures = {model: entry["summary"]["splits"][split].get(name) for model, entry in task["models"].items()}
    sign = -1 if task["higher_is_better"] else 1
    return sorted((model for model in figures if figures[model]), key=lambda model: sign * figures[model]["mean"])


def ranking(task, split):
    """One or two sentences: which model is best on a split, by how much, and whether the seeds allow to say so."""
    figure = metric_figure(task["metric"])
    figures = {model: task["models"][model]["summary"]["splits"][split][task["metric"]] for model in order(task, split)}
    if not figures:
        return f"On {split} nothing was measured."
    best, *others = figures
    shown = {model: f"{model} {figure.show(value)}" for model, value in figures.items()}
    by = f"On {split}, by {figure.title}:" if figure.higher_is_better else f"On {split}, by {figure.title} (lower is better):"
    if not others:
        return f"{by} {shown[best]}. There is nothing to compare it with."
    if any(value["sd"] is None for value in figures.values()):
        return f"{by} {', '.join(shown.values())}. One seed shows no spread, so no winner is named."

    def gap(model):
        a, b = figures[best], figures[model]
        difference = figure.number(abs(a["mean"] - b["mean"]))
        return difference, f"{figure.number(a['sd'])} + {figure.number(b['sd'])}"

    level = [model for model in others if not exceeds_spread(figures[best], figures[model])]
    if not level:
        difference, spread = gap(others[0])
        return (
            f"{by} {best} is best, {figure.show(figures[best])} against {figure.show(figures[others[0]])} of "
            f"{others[0]}, the next; the difference of {difference} exceeds the spread of the seeds ({spread})."
        )
    difference, spread = gap(level[-1])
    text = (
        f"{by} no single winner. {_listed([shown[model] for model in [best, *level]])} cannot be told apart: "
        f"the difference of {difference} lies within the spread of the seeds ({spread})."
    )
    behind = [model for model in others if model not in level]
    if behind:
        difference, spread = gap(behind[0])
        text += f" {best} is clearly better than {shown[behind[0]]}: {difference} against a spread of {spread}."
    return text


def generalization(task):
    """How much each model loses on inputs longer than any in training; None where the task has no such split."""
    splits = task["splits"]
    if not {"test", "test_long"} <= set(splits):
        return None
    figure = metric_figure(task["metric"])
    losses = []
    for model in order(task, "test_long"):
        parts = task["models"][model]["summary"]["splits"]
        change = parts["test_long"][task["metric"]]["mean"] - parts["test"][task["metric"]]["mean"]
        losses.append(f"{model} {'+' if change > 0 else ''}{figure.number(change)}")
    return f"From test to test_long (longer inputs than any in training) {figure.title} changes by: {', '.join(losses)}."


def _listed(names):
    return " and ".join([", ".join(names[:-1]), names[-1]])


# -- tables ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """A column of a task's table: its heading, its figure, and where each model's number is."""

    title: str
    figure: Figure
    values: dict  # model -> mean_sd or None

    def best(self):
        """Models that are better than all others beyond the spread of the seeds: one or none."""
        known = {model: value for model, value in self.values.items() if value}
        if self.figure.higher_is_better is None or len(known) < 2:
            return set()
        ordered = sorted(known, key=lambda model: known[model]["mean"], reverse=self.figure.higher_is_better)
        clear = all(exceeds_spread(known[ordered[0]], known[model]) for model in ordered[1:])
        return {ordered[0]} if clear else set()


def columns(task):
    """The columns of a task's table: what it costs, then the metric and the likelihood on each split."""
    summaries = {model: entry["summary"] for model, entry in task["models"].items()}
    exact = {model: {"mean": summary["parameters"], "sd": None, "n": 1} for model, summary in summaries.items()}
    found = [Column("parameters", COSTS["parameters"], exact)]
    for name in list(COSTS)[1:]:
        values = {model: summary["training"][name] for model, summary in summaries.items()}
        found.append(Column(COSTS[name].title, COSTS[name], values))
    measured = {name for summary in summaries.values() for part in summary["splits"].values() for name in part}
    for name in dict.fromkeys((task["metric"], "perplexity", "bits_per_character")):
        if name in measured:
            for split in task["splits"]:
                values = {model: summary["splits"][split].get(name) for model, summary in summaries.items()}
                found.append(Column(f"{metric_figure(name).title} {split}", metric_figure(name), values))
    return found
