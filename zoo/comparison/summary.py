"""From single figures to a table: how a number is shown, means over seeds, columns.

Nothing here trains or draws: plain dictionaries in, dictionaries and strings
out, so that each rule of the comparison can be checked by hand.
"""

import statistics
from dataclasses import dataclass

MINUS = "−"
SIGNATURE = "_signature"  # how the name of a metric's signature ends (:mod:`zoo.metrics`)


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
        rounded = round(value * self.scale, self.digits) + 0.0  # no minus before a zero
        return f"{rounded:,.{self.digits}f}".replace("-", MINUS)

    def show(self, mean_sd):
        """``mean ± standard deviation``; a dash where nothing was measured, the mean alone for one seed."""
        if mean_sd is None:
            return "–"
        spread = f" ± {self.number(mean_sd['sd'])}" if mean_sd["sd"] is not None else ""
        return self.number(mean_sd["mean"]) + spread


METRICS = {
    "bleu": Figure("BLEU", "sacreBLEU of what the model writes (greedy): matching stretches of words, 0 to 100."),
    "chrf": Figure("chrF", "the same for stretches of characters; fairer to Korean, whose words carry particles."),
    "token_bleu": Figure("token BLEU", "BLEU over the task's own tokens; compare it only where they are the same."),
    "exact_match": Figure("exact match %", "share of the answers that are right as a whole.", 100),
    "accuracy": Figure("accuracy %", "share of the labels that are right.", 100),
    "macro_f1": Figure("macro F1 %", "F1 of each class, averaged; every class counts the same.", 100),
    "f1": Figure("F1 %", "harmonic mean of precision and recall.", 100),
    "precision": Figure("precision %", "share of what was found that is right.", 100),
    "recall": Figure("recall %", "share of what is right that was found.", 100),
    "spearman": Figure("Spearman", "correlation of the ranks: are texts in the right order? From -1 to 1.", digits=3),
    "pearson": Figure("Pearson", "correlation of the numbers themselves, from -1 to 1.", digits=3),
    "rmse": Figure(
        "RMSE", "root of the mean squared error, in the unit of the scores.", digits=3, higher_is_better=False
    ),
    "squared_error": Figure(
        "squared error",
        "mean squared error, in standard deviations of the training scores.",
        digits=3,
        higher_is_better=False,
    ),
    "perplexity": Figure(
        "perplexity",
        "exp of the mean negative log-likelihood of a target token, the right text before it given (teacher forcing), "
        "without label smoothing: among how many equally likely tokens the model hesitates. Lower is better.",
        digits=2,
        higher_is_better=False,
    ),
    "masked_accuracy": Figure("masked accuracy %", "share of the masked tokens that are guessed.", 100),
    "next_accuracy": Figure("next sentence %", "how often it is known whether the second sentence follows.", 100),
    "nll": Figure("nats a token", "mean negative log-likelihood of a target token.", digits=3, higher_is_better=False),
    "bits_per_character": Figure(
        "bits a character",
        "the same likelihood, in bits and for each character: comparable over tokenizers. Lower is better.",
        digits=3,
        higher_is_better=False,
    ),
}  # fmt: skip
COSTS = {
    "parameters": Figure("parameters", "numbers that are learnt, embeddings and head included.", 1, 0, None),
    "tokens_per_second": Figure("tokens/s", "target tokens (a label is one) in a second of training.", digits=0),
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
        "by_length": {split: [{"low", "high", "examples", name: mean_sd}]}, "signatures": {name: text}}``; the last of
        metrics that say how exactly they were computed.
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
        "signatures": {
            name.removesuffix(SIGNATURE): text
            for parts in splits.values()
            for name, text in parts[0].items()
            if name.endswith(SIGNATURE)
        },
    }


def signatures(task):
    """How exactly metrics were computed, where they say it, as sentences; results of older versions say nothing.

    Args:
        task: dictionary with "models" (name -> ``{"summary": ...}``).
    """
    said = [entry["summary"].get("signatures", {}) for entry in task["models"].values()]
    texts = {name: dict.fromkeys(each[name] for each in said if name in each) for each in said for name in each}
    return [f"{metric_figure(name).title}: {' or '.join(of_models)}." for name, of_models in texts.items()]


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


def exceeds_spread(a, b, figure):
    """Whether two means differ by more than the seeds do, and by enough to be seen.

    The intervals mean ± standard deviation must not meet, and the difference must not be
    zero in the digits that are shown. False where one of them rests on a single seed:
    nothing is known of its spread then.

    Args:
        a, b: from :func:`mean_sd`.
        figure: how both are shown, a :class:`Figure`.
    """
    if a["sd"] is None or b["sd"] is None:
        return False
    difference = abs(a["mean"] - b["mean"])
    return difference > a["sd"] + b["sd"] and figure.number(difference) != figure.number(0.0)


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
        clear = all(exceeds_spread(known[ordered[0]], known[model], self.figure) for model in ordered[1:])
        return {ordered[0]} if clear else set()


def columns(task, metrics=()):
    """The columns of a task's table: what it costs, then what it can do on each split.

    Args:
        task: dictionary with "metric", "splits" and "models" (name -> ``{"summary": ...}``).
        metrics: which to show; by default the task's own, perplexity and bits per character.
    """
    summaries = {model: entry["summary"] for model, entry in task["models"].items()}
    exact = {model: {"mean": summary["parameters"], "sd": None, "n": 1} for model, summary in summaries.items()}
    found = [Column("parameters", COSTS["parameters"], exact)]
    for name in list(COSTS)[1:]:
        values = {model: summary["training"][name] for model, summary in summaries.items()}
        if any(values.values()):
            found.append(Column(COSTS[name].title, COSTS[name], values))
    measured = {name for summary in summaries.values() for part in summary["splits"].values() for name in part}
    for name in metrics or dict.fromkeys((task["metric"], "perplexity", "bits_per_character")):
        if name in measured:
            for split in task["splits"]:
                values = {model: summary["splits"][split].get(name) for model, summary in summaries.items()}
                found.append(Column(f"{metric_figure(name).title} {split}", metric_figure(name), values))
    return found
