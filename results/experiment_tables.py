"""The tables of the experiments (:mod:`experiments`) as Markdown, from their result files."""

from result_files import TableError, read_all
from result_tables import in_markdown, measured_on

from zoo.comparison.summary import METRICS, mean_sd


def labels_table(names, folder):
    """Tasks learned from some of their examples: a line for each model and start, a column for each number of them."""
    runs = read_all(folder, "*/*.json")
    runs = [run for run in runs if run.get("task") in names and "test" in run.get("splits", ())]
    if {run["task"] for run in runs} != set(names):
        raise TableError(f"not all of {', '.join(names)} have runs in {folder}: add them, 'make_tables.py --add RUN'.")
    numbers = sorted({run["examples"] for run in runs})
    groups = {}
    for run in runs:
        start = "pre-trained" if run["init"] else "random weights"
        groups.setdefault((names.index(run["task"]), start, f"{run['model']}:{run['preset']}"), []).append(run)
    heading = ["task", "metric", "model", "start", *[f"{number:,}" for number in numbers]]
    lines = [heading, ["---"] * 4 + ["---:"] * len(numbers)]
    for (task, start, model), group in sorted(groups.items()):
        name = group[0]["splits"]["test"]["metric"]
        by_number = {run["examples"]: [] for run in group}
        for run in group:
            by_number[run["examples"]].append(run["splits"]["test"][name])
        shown = [METRICS[name].show(mean_sd(by_number.get(number, []))) for number in numbers]
        lines.append([names[task], METRICS[name].title, model, start, *shown])
    table = in_markdown(lines)
    budgets, seeds = (", ".join(f"{x:,}" for x in sorted({run[key] for run in runs})) for key in ("steps", "seed"))
    note = (
        "The columns of numbers: the metric on the test split after learning from so many examples, mean and standard "
        f"deviation over the seeds {seeds} (where there are several); steps of a training: {budgets}."
    )
    return f"{table}\n\n{note} {measured_on(runs[0])}"


def tuning_table(names, folder):
    """Runs that went on from a pre-trained one: a line for each part of the model that was trained."""
    runs = [run for run in read_all(folder, "*/*.json") if run["task"] in names]
    if {run["task"] for run in runs} != set(names):
        raise TableError(f"not all of {', '.join(names)} have runs in {folder}: 'python results/experiments.py'.")
    groups = {}
    for run in runs:
        trained = f"a prompt of {run['prompt_length']} vectors" if run["prompt_length"] else "all weights"
        trained = "the head" if run["recipe"]["frozen"] else trained
        key = names.index(run["task"]), -run["trained_parameters"], f"{run['model']}:{run['preset']}", trained
        groups.setdefault(key, []).append(run)
    lines = [["task", "model", "trained", "trained weights", "of", "metric", "test"], ["---"] * 3 + ["---:"] * 4]
    lines[1][5] = "---"
    for (task, weights, model, trained), group in sorted(groups.items()):
        name = group[0]["splits"]["test"]["metric"]
        score = mean_sd([run["splits"]["test"][name] for run in group])
        sizes = [f"{-weights:,}", f"{group[0]['parameters']:,}"]
        lines.append([names[task], model, trained, *sizes, METRICS[name].title, METRICS[name].show(score)])
    budgets, seeds = (", ".join(f"{x:,}" for x in sorted({run[key] for run in runs})) for key in ("steps", "seed"))
    note = f"Mean and standard deviation over the seeds {seeds}; steps of a training: {budgets}."
    return f"{in_markdown(lines)}\n\n{note} {measured_on(runs[0])}"


def pretraining_table(folder):
    """Runs that fill blanks: a line for each model and split, with what it knows of masked tokens and what follows."""
    runs = [run for run in read_all(folder, "*/*.json") if run.get("kind") == "pretraining"]
    if not runs:
        raise TableError(f"no run of pre-training in {folder}: 'python results/experiments.py pretraining'.")
    shares = ("masked_accuracy", "next_accuracy")
    heading = ["task", "model", "parameters", "steps", "split", "nats a masked token"]
    heading += [METRICS[name].title for name in shares]
    lines = [heading, ["---", "---", "---:", "---:", "---", "---:", "---:", "---:"]]
    for group in _grouped(runs):
        first = group[0]
        for split in first["splits"]:
            figures = [run["splits"][split] for run in group]
            cells = [METRICS["nll"].show(mean_sd([each["masked_nll"] for each in figures]))]
            cells += [METRICS[name].show(mean_sd([each.get(name) for each in figures])) for name in shares]
            sizes = [f"{first['parameters']:,}", f"{first['steps']:,}"]
            lines.append([first["task"], _model(first), *sizes, split, *cells])
    return f"{in_markdown(lines)}\n\n{_seeds(runs)} {measured_on(runs[0])}"


def fine_tuning_table(folder):
    """Runs on real corpora: a line for each task and model, with the metric that ranks the task."""
    runs = read_all(folder, "*/*.json")
    if not runs:
        raise TableError(f"no result files in {folder}: 'python results/experiments.py fine-tuning'.")
    lines = [["task", "metric", "model", "parameters", "steps", "epochs", "test"], ["---"] * 3 + ["---:"] * 4]
    for group in _grouped(runs):
        first = group[0]
        name = first["splits"]["test"]["metric"]
        score = METRICS[name].show(mean_sd([run["splits"]["test"][name] for run in group]))
        epochs = f"{first['steps'] * first['batch_size'] / first['examples']:.1f}"
        sizes = [f"{first['parameters']:,}", f"{first['steps']:,}", epochs]
        lines.append([first["task"], METRICS[name].title, _model(first), *sizes, score])
    return f"{in_markdown(lines)}\n\nFrom random weights. {_seeds(runs)} {measured_on(runs[0])}"


def _grouped(runs):
    """Lists of the runs that differ by their seed alone, by task and model."""
    groups = {}
    for run in sorted(runs, key=lambda run: (run["task"], run["model"], run["preset"], run["seed"])):
        groups.setdefault((run["task"], _model(run)), []).append(run)
    return list(groups.values())


def _model(run):
    return f"{run['model']}:{run['preset']}"


def _seeds(runs):
    seeds = sorted({run["seed"] for run in runs})
    return f"Seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}."
