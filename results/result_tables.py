"""Result files as Markdown: a function for each kind of table; :mod:`make_tables` says which there are."""

import json
import re

from result_files import TableError, read_all

from zoo.comparison.summary import METRICS, Column, columns, mean_sd, signatures, summarize


def comparison_table(task):
    """A task of a comparison: its table and its ranking."""
    budget = f"{task['minutes']:g} minutes" if task["minutes"] is not None else f"{task['steps']:,} steps"
    sentences = "\n".join(f"- {sentence}" for sentence in task["ranking"])
    table = markdown(list(task["models"]), columns(task))
    return f"{table}\n\nBudget of each model: {budget}.{_signed(task)}\n\n{sentences}"


def latencies_table(races):
    """How long a request takes, and how many texts a second are answered, by an export and by its run."""
    lines = [["requests", "export: median, p99", "run: median, p99", "export, texts/s", "run, texts/s", "export / run"]]
    lines.append(["---", *["---:"] * 5])
    for race in sorted(races, key=lambda race: _natural(race["title"])):
        times = [
            f"{1000 * race['latencies'][each]['median']:.1f}, {1000 * race['latencies'][each]['p99']:.1f} ms"
            for each in ("zoo", "run")
        ]
        rates = [_rate(race["rates"][each]) for each in ("zoo", "run")]
        title = race["title"].partition(", by the export")[0]
        lines.append([title, *times, *rates, f"{race['ratios']['run']['median']:.2f}"])
    table = in_markdown(lines)
    return f"{table}\n\n{measured_on(races[0])}"


def races_table(races):
    """The races: the zoo's units a second over those of each peer; bold where a goal is reached."""
    heading = ["work", "peer", "zoo / peer", "range", "by processor time", "goal", "zoo, units/s", "loss: zoo, peer"]
    lines = [heading, ["---", "---", *["---:"] * 6]]
    for race in races:
        for peer, ratio in sorted(race["ratios"].items()):
            goal = race["goals"].get(peer)
            median = f"{ratio['median']:.2f}"
            reached = f"**{median}**" if goal and ratio["median"] >= goal else median
            spread, cpu = f"{ratio['low']:.2f} to {ratio['high']:.2f}", race["cpu_ratios"][peer]["median"]
            rate = f"{_rate(race['rates']['zoo'])} {race['unit']}"
            wanted = f"{goal:g}" if goal else "–"
            lines.append([race["title"], peer, reached, spread, f"{cpu:.2f}", wanted, rate, _losses(race, peer)])
    table = in_markdown(lines)
    rounds = sorted({race["rounds"] for race in races})
    note = (
        f"Medians of {' or '.join(map(str, rounds))} rounds in turn; bold: the goal is reached. Losses: the mean of "
        "the last quarter of all steps, on the same batches, from other random weights."
    )
    return f"{table}\n\n{note} {measured_on(races[0])}"


def _losses(race, peer):
    """What the zoo and a peer have learned in a race, if they learn."""
    curves = [race.get("losses", {}).get(each) for each in ("zoo", peer)]
    if not all(curves):
        return "–"
    # The faster one may have taken more steps: those count that both have taken.
    steps = min(map(len, curves))
    ends = [curve[:steps][-max(1, steps // 4) :] for curve in curves]
    return ", ".join(f"{sum(end) / len(end):.2f}" for end in ends)


def pipeline_table(result):
    """The input pipeline beside training, for each task and model."""
    lines = [["task", "model", "pipeline, tokens/s", "training, tokens/s", "pipeline / training"]]
    lines.append(["---", "---", *["---:"] * 3])
    for task, models in result["tasks"].items():
        for line in models:
            ratio = f"{line['ratio']:.1f}"
            reached = f"**{ratio}**" if line["ratio"] >= result["goal"] else ratio
            lines.append([task, line["model"], f"{line['pipeline']:,.0f}", f"{line['training']:,.0f}", reached])
    note = f"Medians of {result['rounds']} rounds in turn; bold: the goal of {result['goal']} is reached."
    return f"{in_markdown(lines)}\n\n{note} {measured_on(result)}"


def startup_table(result):
    """How soon commands answer."""
    lines = [["command", "seconds", "range", "wanted at most"], ["---", *["---:"] * 3]]
    for command, line in result["commands"].items():
        median = f"{line['median']:.2f}"
        reached = f"**{median}**" if line["median"] <= line["goal"] else median
        lines.append([f"`{command}`", reached, f"{line['low']:.2f} to {line['high']:.2f}", f"{line['goal']:g}"])
    return f"{in_markdown(lines)}\n\nMedians of {result['rounds']} starts, warm. {measured_on(result)}"


def growth_table(result):
    """How time and memory of a training step grow, from the smallest to the largest size."""
    lines = [["model", "grows", "from, to", "seconds a step", "MB a step"], ["---", "---", *["---:"] * 3]]
    groups = {}
    for point in result["points"]:
        groups.setdefault((point["model"], point["grows"]), []).append(point)
    for (model, grows), points in groups.items():
        first, last = points[0], points[-1]
        seconds, megabytes = (
            f"{first[what] * scale:,.{digits}f}, {last[what] * scale:,.{digits}f}"
            for what, scale, digits in (("seconds", 1, 3), ("bytes", 1e-6, 0))
        )
        lines.append([model, grows, f"{first[grows]:,}, {last[grows]:,}", seconds, megabytes])
    return f"{in_markdown(lines)}\n\n{measured_on(result)}"


def _rate(value):
    """Units a second; of less than ten, one decimal counts."""
    return f"{value:,.{0 if value >= 10 else 1}f}"


def runs_table(name, folder):
    """The runs of a task, one line a model, the published figure beside that of the same kind."""
    found = read_all(folder / name, "*.json")
    if not found:
        raise TableError(f"no result files in {folder / name}: add runs with 'make_tables.py --add RUN'.")
    runs = {}
    for run in found:
        runs.setdefault(f"{run['model']}:{run['preset']}", []).append(run)
    published = json.loads((folder / "published.json").read_text(encoding="utf-8")).get(name)
    models = sorted(runs)
    if published:
        models.sort(key=lambda model: list(published["models"]).index(model) if model in published["models"] else 99)
    first = runs[models[0]][0]
    split, figures = next(iter(first["splits"].items()))
    task = {
        "metric": figures["metric"],
        "splits": [split],
        "models": {model: {"summary": summarize(runs[model])} for model in models},
    }
    shown = columns(task, metrics=published["shown"] if published else ())
    if published:
        quoted = {model: mean_sd([published["models"].get(model)]) for model in models}
        column = Column("published", METRICS[published["metric"]], quoted)
        place = next(i for i, c in enumerate(shown) if c.figure == column.figure) + 1
        shown.insert(place, column)
    epochs = {
        m: f"{runs[m][0]['training']['steps'] * runs[m][0]['batch_size'] / runs[m][0]['examples']:.1f}" for m in models
    }
    texts = {"epochs": epochs} if first["examples"] > 1 else {}
    texts["steps"] = {m: f"{runs[m][0]['training']['steps']:,}" for m in models}
    texts["recipe"] = {m: recipe_of(runs[m][0]) for m in models}
    if any(run["precision"] != "float32" for group in runs.values() for run in group):
        texts["precision"] = {m: runs[m][0]["precision"] for m in models}
    table = markdown(models, shown, texts)
    seeds = sorted({run["seed"] for group in runs.values() for run in group})
    note = f"Split: {split}. Seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}.{_signed(task)}"
    notes = [note, measured_on(first)]
    return "\n\n".join([table, " ".join(notes + ([published["source"]] if published else []))])


def shots_table(name, folder):
    """The runs that were asked a task with k examples in the prompt: one line a run, one column for each k."""
    runs = read_all(folder, "*/*.json")
    runs = [run for run in runs if name in run.get("shots", {})]
    if not runs:
        raise TableError(f"no file in {folder} has shots of {name!r}: 'zoo evaluate RUN --shots 0,1,4', then add RUN.")
    asked = [run["shots"][name] for run in runs]
    if len({(each["split"], each["questions"], each["seed"]) for each in asked}) > 1:
        raise TableError(f"not all runs were asked the same questions of {name!r} with the same examples.")
    metric = METRICS[asked[0]["metric"]]
    numbers = sorted({row["shots"] for each in asked for row in each["by_shots"]})
    heading = ["model", "trained on", "parameters", "steps", *map(str, numbers)]
    lines = [heading, ["---", "---", *["---:"] * (len(heading) - 2)]]
    for run in sorted(runs, key=lambda run: (run["task"] != name, run["task"], run["model"])):
        by_shots = run["shots"][name]["by_shots"]
        values = {row["shots"]: mean_sd([row[asked[0]["metric"]]]) for row in by_shots}
        sizes = [f"{run['parameters']:,}", f"{run['training']['steps']:,}"]
        shown = [metric.show(values.get(number)) for number in numbers]
        lines.append([f"{run['model']}:{run['preset']}", run["task"], *sizes, *shown])
    table = in_markdown(lines)
    questions = f"{asked[0]['questions']:,} questions of {name}, split {asked[0]['split']}"
    note = f"The columns of numbers: {metric.title} with so many examples in the prompt, on {questions}."
    return f"{table}\n\n{note} {measured_on(runs[0])}"


def _signed(task):
    """How sacreBLEU was asked, in a few words after a note; nothing of older result files and other metrics."""
    return "".join(f" Signature of {sentence}" for sentence in signatures(task))


def recipe_of(run):
    """How a run was trained, in short."""
    recipe = run["recipe"]
    rate = f"{recipe['learning_rate']:g}"
    return f"batch {run['batch_size']}, {rate} {recipe['schedule']}, warm-up {recipe['warmup_steps']}"


def measured_on(run):
    """The machine and the versions of a run, as a sentence."""
    machine, versions = run["machine"], run["versions"]
    gpus = f", {', '.join(machine['accelerators'])}" if machine["accelerators"] else ""
    where = f"{machine['processor']}, {machine['cores']} core{'s' * (machine['cores'] > 1)}{gpus}"
    return f"Measured on {where}; Keras {versions['keras']}, TensorFlow {versions['tensorflow']}."


def markdown(models, shown, texts=None):
    """A Markdown table: a line for each model, a column for each of ``shown`` and of ``texts``."""
    texts = texts or {}
    lines = [["model", *[column.title for column in shown], *texts], ["---", *["---:"] * (len(shown) + len(texts))]]
    for model in models:
        cells = []
        for column in shown:
            cell = column.figure.show(column.values[model])
            cells.append(f"**{cell}**" if model in column.best() else cell)
        lines.append([model, *cells, *[text[model] for text in texts.values()]])
    return in_markdown(lines)


def in_markdown(lines):
    """Lists of cells, the heading and its rule first, as the lines of a Markdown table."""
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _natural(text):
    """By which texts are sorted so that 8 stands before 32."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]
