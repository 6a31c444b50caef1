"""What the finished runs of a comparison say, read from their folders: every figure, once."""

import json
from pathlib import Path

from zoo.comparison.explanation import idea
from zoo.comparison.ranking import generalization, ranking
from zoo.comparison.summary import summarize
from zoo.registry import KINDS
from zoo.run_folder import CONFIG, RESULTS, read_history
from zoo.runs import parse_model

MARKER = "comparison.json"
POINTS = 150  # of a learning curve, at most, in results.json


def folder_name(name):
    """A name as part of a path: no colon, which Windows does not allow."""
    return name.replace(":", "-")


def run_folder(out, request):
    """Where the run of a request is stored."""
    return Path(out) / folder_name(request["task"]) / folder_name(request["model"]) / f"seed{request['seed']}"


def splits(task):
    """The splits that are reported: the test splits, or validation where the task has no other."""
    return [split for split in task.splits if split.startswith("test")] or ["validation"]


def collect(task, models, seeds, out, examples, isolated):
    """All figures of one task; the peak of memory only where the models were ``isolated`` from one another."""
    entries = {}
    for model in models:
        family, preset, _ = parse_model(model)
        runs = [read_run(out, {"task": task.name, "model": model, "seed": seed}) for seed in seeds]
        markers = [run.pop("marker") for run in runs]
        if not isolated:
            for run in runs:
                run["training"].pop("peak_memory_bytes")
        entries[model] = {
            "family": family.registered_name,
            "preset": preset,
            "paper": family.paper,
            "idea": idea(family),
            "vocabulary": markers[0]["vocabulary"],
            "attention": next((marker["attention"] for marker in markers if marker["attention"]), None),
            "runs": runs,
            "summary": summarize(runs),
        }
    first = next(iter(entries.values()))["runs"][0]
    metric = next(iter(first["splits"].values()))["metric"]
    collected = {
        "task": task.name,
        "kind": task.kind,
        "metric": metric,
        "higher_is_better": KINDS.get(task.kind).higher_is_better,
        "description": idea(type(task), whole=not task.takes_data),  # else it tells of formats of files
        "citation": task.citation,
        "tokenizer": task.tokenizer,
        "steps": first["steps"],
        "minutes": first["minutes"],
        "batch_size": first["batch_size"],
        "splits": splits(task),
        "examples": examples,
        "models": entries,
    }
    collected["ranking"] = [ranking(collected, split) for split in splits(task)]
    loss = generalization(collected)
    return {**collected, "ranking": collected["ranking"] + ([loss] if loss else [])}


def read_run(out, request):
    """What a finished run says of itself, read from its files without building its model."""
    folder = run_folder(out, request)
    config, figures, marker = (
        json.loads((folder / name).read_text(encoding="utf-8")) for name in (CONFIG, RESULTS, MARKER)
    )
    kept = ("seed", "parameters", "steps", "minutes", "batch_size", "recipe", "settings")
    return {
        "folder": folder.relative_to(out).as_posix(),
        **{name: config[name] for name in kept},
        "training": figures["training"],
        "splits": figures["splits"],
        "history": thin(read_history(folder)),
        "marker": marker,
    }


def thin(history):
    """A learning curve of at most about ``POINTS`` points; every measured validation loss stays."""
    stride = -(-len(history) // POINTS)
    return [row for i, row in enumerate(history) if i % stride == 0 or row["validation_loss"] is not None]
