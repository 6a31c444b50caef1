"""The result files in this folder: how they are read, named, and made of runs and comparisons."""

import json
from pathlib import Path

from zoo.run_folder import read_config, read_history

HERE = Path(__file__).parent
KEPT = (
    *("model", "preset", "task", "kind", "settings", "recipe", "text", "steps", "minutes", "batch_size", "examples"),
    *("drawn", "init", "prompt_length", "seed", "parameters", "trained_parameters", "precision", "evaluate_every"),
    *("versions", "machine"),
)


class TableError(ValueError):
    """A table that cannot be made; says what is missing."""


def read_all(folder, pattern):
    """What the files that match a pattern hold, in the order of their names."""
    return [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob(pattern))]


def read_races(folder, timed):
    """The result files of races, those whose requests were timed or those of the others."""
    races = read_all(folder, "*.json")
    races = [race for race in races if "ratios" in race and bool(race["latencies"]) == timed]
    if not races:
        raise TableError(f"no result files in {folder}: 'make bench' writes them.")
    return races


def read_measured(file):
    """A file of ``benchmarks/`` that holds no race."""
    if not file.exists():
        raise TableError(f"no {file}: 'make bench' writes it.")
    return json.loads(file.read_text(encoding="utf-8"))


def find_compared(name, folder):
    """The task ``name`` (with or without variant) of the comparison that holds it."""
    for comparison in read_all(folder / "comparisons", "*.json"):
        for task in comparison["tasks"].values():
            if name in (task["task"], task["task"].partition(":")[0]):
                return task
    raise TableError(f"no comparison in {folder / 'comparisons'} holds the task {name!r}.")


def add(source, folder=HERE):
    """Copies what a run or a comparison found out into ``folder``.

    Returns:
        The path of the new file.
    """
    source, folder = Path(source), Path(folder)
    if not (source / "results.json").exists():
        raise TableError(f"{source} holds no results.json: train and evaluate a run, or compare, first.")
    figures = json.loads((source / "results.json").read_text(encoding="utf-8"))
    if "protocol" in figures:
        path = folder / "comparisons" / f"{'+'.join(_plain(name) for name in figures['tasks'])}.json"
        for task in figures["tasks"].values():
            for entry in task["models"].values():
                entry.pop("attention")
                entry["runs"] = [
                    {key: run[key] for key in ("seed", "training", "recipe", "settings")} for run in entry["runs"]
                ]
    else:
        config = read_config(source)
        if config["status"] != "complete" or not (figures["splits"] or figures.get("shots")):
            raise TableError(
                f"{source} is {config['status']}, evaluated on {list(figures['splits'])}: finish it first."
            )
        path = file_of(config, folder)
        measured = [row for row in read_history(source) if row["validation_loss"] is not None]
        figures = {**{key: config.get(key) for key in KEPT}, **figures, "history": measured}
        if config["init"] and Path(config["init"]).is_absolute():
            figures["init"] = Path(config["init"]).name  # where it lies on this machine is nobody's business
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def file_of(config, folder):
    """The path of the result file of a run, by what its ``config`` says or will say."""
    how = ["pretrained"] if config["init"] else []
    how += ["frozen"] if config["recipe"]["frozen"] else []
    how += [f"prompt{config['prompt_length']}"] if config.get("prompt_length") else []
    how += [str(config["drawn"])] if config.get("drawn") else []
    name = "-".join([config["model"], config["preset"], *how, f"seed{config['seed']}"])
    return Path(folder) / _plain(config["task"]) / f"{name}.json"


def _plain(name):
    return name.replace(":", "-")
