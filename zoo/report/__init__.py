"""``report.html``: a comparison for people, in one file without scripts that needs nothing from anywhere.

The page is written in ``template.html`` and ``style.css`` beside this file; here
its drawings and sentences are prepared. Jinja, and not string formatting, puts
the two together: what models write can hold any character, and Jinja escapes
it by default. Everything comes from ``results.json``, so that a report can be
made again from it: ``write_report(json.loads(...), path)``.
"""

import re
from pathlib import Path

import jinja2
from markupsafe import Markup

from zoo import plots
from zoo.summary import COSTS, METRICS, columns, metric_figure

SAMPLES = 5


def write_report(results, path):
    """Writes the report of a comparison; returns its path.

    Args:
        results: what :func:`zoo.compare` returns.
        path: of the HTML file.
    """
    path = Path(path)
    path.write_text(html(results), encoding="utf-8")
    return path


def html(results):
    """The report as one string."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("zoo", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(linked=linked, language=language, text=as_text, number=lambda n: f"{n:,}")
    tasks = [view(task, f"t{i}") for i, task in enumerate(results["tasks"].values())]
    return environment.get_template("template.html").render(
        tasks=tasks,
        protocol=protocol(results),
        machine=machine_sentence(results["machine"]),
        versions=results["versions"],
        glossary=glossary(tasks),
    )


def view(task, prefix):
    """What the template shows of a task.

    Args:
        task: one of ``results["tasks"]``.
        prefix: makes the ids of its drawings unique in the page.
    """
    names = list(task["models"])
    return {
        "task": task,
        "id": prefix,
        "columns": columns(task),
        "further": further_columns(task),
        "colors": {name: plots.COLORS[i % len(plots.COLORS)] for i, name in enumerate(names)},
        "drawings": drawings(task, prefix),
        "maps": attention_maps(task, prefix),
        "samples": samples(task),
        "budget": budget(task),
    }


def further_columns(task):
    """``(title, {model: text})`` for all that was measured and is not in the main table, signatures included."""
    shown = {task["metric"], "perplexity", "bits_per_character"}
    rows = []
    for split in task["splits"]:
        summaries = {model: entry["summary"]["splits"][split] for model, entry in task["models"].items()}
        for name in sorted({name for summary in summaries.values() for name in summary} - shown):
            figure = metric_figure(name)
            rows.append((f"{figure.title} {split}", {m: figure.show(s.get(name)) for m, s in summaries.items()}))
    return rows


def drawings(task, prefix):
    """``(caption, svg)`` of the learning curves and of the metric by length."""
    histories = {model: entry["runs"][0]["history"] for model, entry in task["models"].items()}
    firsts = [
        next((row["validation_loss"] for row in rows if row["validation_loss"]), None) for rows in histories.values()
    ]
    top = 1.1 * max((value for value in firsts if value is not None), default=0.0) or None
    seed = next(iter(task["models"].values()))["runs"][0]["seed"]
    made = []
    for budget_name, unit in (("step", "steps"), ("seconds", "seconds of training")):
        caption = f"Loss over {unit} (seed {seed}): training thin, validation thick."
        made.append((caption, plots.learning_curves(histories, budget_name, top=top)))
    groups = {model: entry["summary"]["by_length"] for model, entry in task["models"].items()}
    parts = [part for splits in groups.values() for split in splits.values() for part in split]
    if parts:
        metric = task["metric"] if task["metric"] in parts[0] else "nll"
        figure = metric_figure(metric)
        looks = zip(("solid", "dashed", "dotted", "dash-dotted"), task["splits"], strict=False)
        caption = f"{figure.title} by the length of the input; {', '.join(f'{look} {split}' for look, split in looks)}."
        made.append((caption, plots.by_length(groups, figure, metric)))
    return [(caption, svg(figure, f"{prefix}-d{i}", caption)) for i, (caption, figure) in enumerate(made)]


def attention_maps(task, prefix):
    """``(model, layer, number of heads, svg)`` for each model that attends."""
    maps = []
    for i, (model, entry) in enumerate(task["models"].items()):
        if attention := entry["attention"]:
            drawing = plots.attention_map(attention["weights"], attention["queries"], attention["keys"])
            described = (
                f"attention of {model}: rows {' '.join(attention['queries'])}, columns {' '.join(attention['keys'])}"
            )
            maps.append((model, attention["layer"], attention["heads"], svg(drawing, f"{prefix}-a{i}", described)))
    return maps


def svg(figure, prefix, description):
    """A drawing as markup that the template does not escape."""
    return Markup(plots.inline_svg(figure, prefix, description))


def samples(task):
    """The same inputs for all models: ``{"split", "input", "expected", "answers": {model: answer}}``, first seed."""
    first = {model: entry["runs"][0]["splits"] for model, entry in task["models"].items()}
    made = []
    for split in task["splits"]:
        rows = zip(*(splits[split]["samples"] for splits in first.values()), strict=True)
        for row in list(rows)[: SAMPLES if split == task["splits"][0] else 2]:
            answers = {model: sample["answer"] for model, sample in zip(first, row, strict=True)}
            made.append({"split": split, "input": row[0]["input"], "expected": row[0]["expected"], "answers": answers})
    return made


# -- in words -------------------------------------------------------------------------------------------------


def budget(task):
    """The budget of each training of a task."""
    if task["minutes"] is not None:
        return f"{task['minutes']:g} minutes of training"
    return f"{task['steps']:,} steps of {task['batch_size']} examples"


def protocol(results):
    """The protocol of a comparison: a list of sentences."""
    facts, tasks = results["protocol"], results["tasks"].values()
    seeds = ", ".join(map(str, facts["seeds"]))
    once = "with seed" if len(facts["seeds"]) == 1 else "once with each of the seeds"
    sentences = [
        f"Each model is trained {once} {seeds}; a figure is the mean over them, ± the standard deviation (n − 1)."
        if len(facts["seeds"]) > 1
        else f"Each model is trained {once} {seeds}: nothing is known of the spread, and no winner is named.",
        "All models of a task learn from the same examples in the same batches, and the weights kept are those of "
        "the best validation loss.",
        "Each family keeps the training recipe it was published with (learning rate, schedule, label smoothing), "
        + (
            f"but for the learning rate, which is {facts['learning_rate']:g} for all."
            if facts["learning_rate"]
            else "which is listed with its model."
        ),
        "The likelihood is teacher-forced, counts each target token once, padding never, and knows no label "
        "smoothing; the metric of the task is that of the model's own, greedily decoded answers.",
        "One model is called better than another only if the means differ by more than both standard deviations "
        "together; bold figures are better than all others in that sense.",
        "Each model was trained in a process of its own."
        if facts["isolated"]
        else "All were trained in one process, one after another: the peak memory of later models can include what "
        "earlier ones left behind.",
    ]
    if facts["minutes"] is not None:
        sentences.insert(1, "The budget is time: learning-rate schedules that end at the last step were kept constant.")
    for task in tasks:
        sizes = ", ".join(f"{count:,} {split}" for split, count in task["examples"].items())
        sentences.append(f"{task['task']}: {sizes} examples; {budget(task)}; {tokenizers(task)}.")
    return sentences


def tokenizers(task):
    """Which tokenizer, and whether all models had the same vocabulary."""
    sizes = {model: sorted(set(entry["vocabulary"].values())) for model, entry in task["models"].items()}
    shown = {model: " and ".join(f"{count:,}" for count in counts) for model, counts in sizes.items()}
    if len(set(shown.values())) == 1:
        return f"the {task['tokenizer']} tokenizer with {next(iter(shown.values()))} tokens"
    listed = "; ".join(f"{model} {counts}" for model, counts in shown.items())
    return f"the {task['tokenizer']} tokenizer with unequal vocabularies ({listed}): compare perplexities with care"


def machine_sentence(machine):
    """What it was measured on."""
    memory = f", {machine['memory_bytes'] / 2**30:.0f} GiB of memory" if machine["memory_bytes"] else ""
    gpus = f", {', '.join(machine['accelerators'])}" if machine["accelerators"] else ""
    return f"{machine['processor']}, {machine['cores']} cores{memory}{gpus}, {machine['system']}"


def glossary(tasks):
    """``(title, meaning)`` of every column that occurs."""
    used = {column.figure for task in tasks for column in task["columns"]}
    names = {name for task in tasks for entry in task["task"]["models"].values()
             for part in entry["summary"]["splits"].values() for name in part}  # fmt: skip
    used |= {METRICS[name] for name in names if name in METRICS}
    return [(figure.title, figure.glossary) for figure in [*COSTS.values(), *METRICS.values()] if figure in used]


# -- filters of the template ----------------------------------------------------------------------------------


def linked(paper):
    """A paper's reference with a link where it names its arXiv number."""
    escaped = str(Markup.escape(paper))
    return Markup(
        re.sub(r"arXiv:(\d{4}\.\d{4,5}|[a-z-]+/\d{7})", r'<a href="https://arxiv.org/abs/\1">arXiv:\1</a>', escaped)
    )


def language(value):
    """``ko`` for a text with Hangul, else ``en``: browsers choose fonts and voices by it."""
    return "ko" if re.search(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]", as_text(value)) else "en"


def as_text(value):
    """An answer as text: a list of tags with spaces between."""
    return " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
