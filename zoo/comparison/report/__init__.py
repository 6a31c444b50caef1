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
from zoo.comparison.report.words import budget, glossary, machine_sentence, protocol
from zoo.comparison.summary import columns, metric_figure

SAMPLES = 5
SHORT = 20  # letters: answers as short as labels stand in one table


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
        loader=jinja2.PackageLoader("zoo.comparison", "report"),
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
        "short": all(len(as_text(sample["expected"])) <= SHORT for sample in samples(task)),
        "budget": budget(task),
    }


def further_columns(task):
    """``(title, {model: text})`` for all that was measured and is not in the main table."""
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
        title = figure.title[0].upper() + figure.title[1:]
        looks = zip(("solid", "dashed", "dotted", "dash-dotted"), task["splits"], strict=False)
        caption = f"{title} by the length of the input; {', '.join(f'{look} {split}' for look, split in looks)}."
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
