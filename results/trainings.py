"""Trains and scores the runs of an experiment, each once."""

import json
from pathlib import Path

import click
from result_files import HERE, add, file_of

import zoo
from zoo import checkpoints
from zoo.run_folder import RESULTS, is_run, read_config
from zoo.runs import parse_model
from zoo.tasks import find

ASKED_BY_DEFAULT = {"seed": 0, "drawn": None, "prompt_length": None, "text": {}, "precision": "float32"}


class Trainings:
    """What is done already, by the result files or the runs, is not done again.

    Args:
        runs: folder of the runs.
        results: folder of the result files.
        progress: whether to show each training's.
    """

    def __init__(self, runs, results=HERE, progress=True):
        self.runs, self.results, self.progress = Path(runs), Path(results), progress

    def written(self, name, content):
        """The path of a text file beside the runs, which may be their data."""
        self.runs.mkdir(parents=True, exist_ok=True)
        (self.runs / name).write_text(content, encoding="utf-8")
        return self.runs / name

    def run(self, name, model, task, *splits, **options):
        """The folder of a run: trained, and scored on ``splits``; only what of it is not done yet is done now."""
        folder = self.runs / name
        begun = is_run(folder)
        if begun:
            _check(folder, read_config(folder), options, "delete it, or choose another folder by --runs")
        if not begun or read_config(folder)["status"] != "complete":
            if begun and checkpoints.newest(folder):
                run = zoo.resume(folder, progress=self.progress)
            else:
                run = zoo.train(model, task, out=folder, overwrite=True, progress=self.progress, **options)
            if run.config["status"] != "complete":
                raise click.ClickException(f"{folder} was stopped; the same command goes on from there.")
        else:
            run = folder
        for split in splits:
            if split not in json.loads((folder / RESULTS).read_text(encoding="utf-8"))["splits"]:
                figures = zoo.evaluate(run, split)
                click.echo(f"{folder}, {split}: {figures['metric']} {figures[figures['metric']]:.3f}")
        return folder

    def learn(self, name, model, task, *splits, init=None, **options):
        """A run whose figures on ``splits`` (the test split, if none is named) are kept in a result file.

        Args:
            init: a function that returns the folder of the run to start from. Only where something is to be trained
                it is asked: it may have to be trained first.
        """
        splits = splits or ("test",)
        path = file_of(_planned(model, task, init, options), self.results)
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            _check(path, kept, options, "delete it, and the same command makes it anew")
            if set(splits) <= set(kept["splits"]):
                click.echo(f"{path} is there: not trained again")
                return
        if init:
            options["init"] = init()
        click.echo(f"added {add(self.run(name, model, task, *splits, **options), self.results)}")


def _planned(model, task, init, options):
    """What of the configuration of a run tells its result file, before it is trained."""
    family, preset, _ = parse_model(model)
    recipe = {"frozen": False} | options.get("recipe", {})
    planned = {"model": family.registered_name, "preset": preset, "task": find(task).name, "init": init}
    planned |= {"recipe": recipe, "drawn": options.get("examples"), "seed": options.get("seed", 0)}
    return planned | {"prompt_length": options.get("prompt_length")}


def _check(place, made, options, advice):
    """Refuses what was made with other options: its figures would be said to be those of these."""
    asked = ASKED_BY_DEFAULT | {"drawn" if name == "examples" else name: value for name, value in options.items()}
    asked["init"] = str(options["init"]) if options.get("init") else None
    names = ["steps", "batch_size", "seed", "drawn", "prompt_length", "text", "precision", "evaluate_every"]
    names += ["init"] if place.is_dir() else []  # a result file does not tell the folder; its name tells that there was
    # Old result files do not tell of the text side.
    pairs = {name: (made[name], asked[name]) for name in names if name in asked and name in made}
    recipe = asked.get("recipe", {}) | ({"learning_rate": asked["learning_rate"]} if "learning_rate" in asked else {})
    for group, values in (("settings", asked.get("settings", {})), ("recipe", recipe)):
        pairs |= {name: (made[group].get(name), value) for name, value in values.items()}
    other = ", ".join(f"{name} {was} (now {now})" for name, (was, now) in pairs.items() if was != now)
    if other:
        raise click.ClickException(f"{place} was made with {other}: {advice}.")
