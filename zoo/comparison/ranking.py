"""Who is better, at what and by how much, in plain words; and never more than the seeds allow to say."""

from zoo.comparison.summary import exceeds_spread, metric_figure


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
    by = f"On {split}, by {figure.title}{'' if figure.higher_is_better else ' (lower is better)'}:"
    if not others:
        return f"{by} {shown[best]}. There is nothing to compare it with."
    if any(value["sd"] is None for value in figures.values()):
        return f"{by} {', '.join(shown.values())}. One seed shows no spread, so no winner is named."

    def gap(model):
        a, b = figures[best], figures[model]
        difference = figure.number(abs(a["mean"] - b["mean"]))
        return difference, f"{figure.number(a['sd'])} + {figure.number(b['sd'])}"

    level = [model for model in others if not exceeds_spread(figures[best], figures[model], figure)]
    if not level:
        difference, spread = gap(others[0])
        return (
            f"{by} {best} is best, {figure.show(figures[best])} against {figure.show(figures[others[0]])} of "
            f"{others[0]}, the next; the difference of {difference} exceeds the spread of the seeds ({spread})."
        )
    near = [f"{shown[model]} ({difference} against {spread})" for model in level for difference, spread in [gap(model)]]
    text = f"{by} no clear winner. {shown[best]} differs by no more than the spread of the seeds from {_listed(near)}."
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
    longer = "From test to test_long (longer inputs than any in training)"
    return f"{longer} {figure.title} changes by: {', '.join(losses)}."


def _listed(names):
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
