"""``zoo.compare``: several families on the same tasks under one protocol, and one honest table of it.

Same data, same tokenizer, same seeds and one stated budget for all; each family
keeps its own training recipe. Every training is an ordinary run in a folder of
its own, so that a comparison which was interrupted goes on where it stopped:

==================================  ======================================================
out/<task>/<model>/seed<k>/         a run, see :mod:`zoo.runs`, with a comparison.json:
                                    what was asked for, and what its attention looked like
out/results.json                    every figure, the machine and the versions
out/report.html                     the same for people, see :mod:`zoo.comparison.report`
==================================  ======================================================
"""

import dataclasses
import gc
import json
from pathlib import Path

import tensorflow as tf
from rich.console import Console
from rich.progress import track

from zoo.comparison.collecting import MARKER, collect, folder_name, run_folder, splits
from zoo.comparison.explanation import sample_attention
from zoo.comparison.line_up import assign
from zoo.comparison.processes import noted, run_apart
from zoo.comparison.report import write_report
from zoo.evaluation import evaluate
from zoo.machine import machine
from zoo.run_folder import RunError, write_json
from zoo.runs import parse_model, versions
from zoo.tasks import find
from zoo.training import train


def compare(
    tasks,
    models=None,
    seeds=(0, 1, 2),
    steps=None,
    minutes=None,
    out=None,
    overwrite=False,
    progress=True,
    *,
    examples=None,
    batch_size=None,
    learning_rate=None,
    data=None,
    bad_lines="refuse",
    isolate=False,
    at_once=1,
):
    """Trains models on tasks under one protocol and writes ``results.json`` and ``report.html``.

    >>> results = zoo.compare("tiny-sentiment", models=["birnn", "bert"], seeds=[0], out="mine")
    >>> results["tasks"]["tiny-sentiment:en"]["models"]["birnn"]["summary"]

    Args:
        tasks: name of a task, or a list of names.
        models: one or a list of ``"family"`` or ``"family:preset"``, each used for the tasks it suits. None: the
            families made for the kind of task, in their smallest preset; ``"all"``: every family that can take it.
        seeds: int or a list of them, each model is trained once with each of them.
        steps, minutes: numbers, the budget of one training; at most one, else each task's own ``steps``. Under a
            budget in minutes, learning-rate schedules that would have to know their last step stay constant.
        out: path of a folder; ``runs/comparison-<tasks>`` by default. Runs in it that are finished and were made with
            the same settings are used again.
        overwrite: bool, whether runs in it that were made with other settings may be replaced.
        progress: bool, whether to show what is going on, on standard error.
        examples, batch_size, learning_rate, data, bad_lines: as for :func:`zoo.train`, the same for all models.
        isolate: bool, train each model in a new process of its own. Only then is peak memory reported: in a shared
            process a small model would be charged for what the large ones before it left behind. A script that
            asks for it needs ``if __name__ == "__main__":``, as with all of multiprocessing.
        at_once: int, with ``isolate``, so many models are trained at the same time and share the processor's cores
            evenly: sooner done, but speeds and seconds are those of a part of the machine.

    Returns:
        What ``results.json`` holds, a dictionary: ``protocol``, ``machine``, ``versions``, and for each of the
        ``tasks`` its ``models`` with their ``runs`` and a ``summary`` over the seeds, and a ``ranking`` in words.

    Raises:
        UnknownNameError, SettingError: an unknown name; found before anything is trained.
        DataError: the data are not there, too few, or malformed.
        RunError: ``at_once`` without ``isolate``; a model that suits none of the tasks, or a run in the way.
        zoo.comparison.processes.ProcessError: with ``isolate``, a process did not start or was killed.
    """
    names = [tasks] if isinstance(tasks, str) else list(tasks)
    seeds = [seeds] if isinstance(seeds, int) else list(seeds)
    models = [models] if isinstance(models, str) and models != "all" else models
    if not names or not seeds or len(set(seeds)) < len(seeds):
        raise RunError(f"give at least one task and one seed, each seed once; given: tasks {names}, seeds {seeds}.")
    if steps is not None and minutes is not None:
        raise RunError("give one budget: steps or minutes.")
    if at_once < 1 or (at_once > 1 and not isolate):
        what = "models train side by side in processes of their own only"
        raise RunError(f"at_once={at_once}: {what}: isolate=True, or no --no-isolate.")
    tasks = [find(name, data=data, bad_lines=bad_lines) for name in dict.fromkeys(names)]
    takers = assign(tasks, models)
    out = Path(out or Path("runs") / f"comparison-{'+'.join(folder_name(task.name) for task in tasks)}")
    settings = {
        "minutes": minutes,
        "drawn": examples,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "data": [str(path) for path in ([data] if isinstance(data, str | Path) else data or [])] or None,
        "bad_lines": bad_lines,
        "isolated": isolate,
        "at_once": at_once,
        "versions": versions(),
    }
    sizes = {task.name: {split: len(task.examples(split)) for split in task.splits} for task in tasks}
    for name, of_splits in sizes.items():
        if examples is not None and not 1 <= examples <= of_splits["train"]:
            raise RunError(f"examples={examples} is not possible: task {name} has {of_splits['train']:,} for training.")

    requests = []
    for task in tasks:
        budget = steps or (None if minutes is not None else task.steps)
        for model in takers[task.name]:
            asked = {"task": task.name, "model": model, "steps": budget, **settings, **_as_written(model)}
            requests += [{**asked, "seed": seed} for seed in seeds]
    folders = [run_folder(out, request) for request in requests]
    waiting = [(request, folder) for request, folder in zip(requests, folders, strict=True)
               if not is_finished(folder, request, overwrite)]  # fmt: skip
    _train_all(waiting, len(requests), seeds[0], progress)

    results = {
        "protocol": {"seeds": seeds, "steps": steps, **settings},
        "machine": machine(),
        "versions": settings["versions"],
        "tasks": {
            task.name: collect(task, takers[task.name], seeds, out, sizes[task.name], isolate) for task in tasks
        },
    }
    write_json(out / "results.json", results)
    write_report(results, out / "report.html")
    return results


def _as_written(model):
    """The preset's settings and the family's recipe as they are in its file: a run made with others is another run."""
    family, _, config = parse_model(model)
    return {"settings": dataclasses.asdict(config), "recipe": dict(family.recipe)}


def is_finished(folder, request, overwrite=False):
    """Whether ``folder`` holds the finished run of exactly this request.

    Raises:
        RunError: it holds one of another request, and ``overwrite`` is not given.
    """
    marker = folder / MARKER
    if not marker.exists():
        return False
    made = json.loads(marker.read_text(encoding="utf-8"))["request"]
    if all(made.get(name) == value for name, value in request.items()):
        return True
    if overwrite:
        return False
    other = ", ".join(
        f"{name} {made.get(name)} (now {request[name]})" for name in request if made.get(name) != request[name]
    )
    raise RunError(f"{folder} was made with {other}. Choose another folder, or say --overwrite (overwrite=True).")


def _train_all(waiting, total, first_seed, progress):
    """Trains and evaluates what is not there yet; isolated models each in a process of its own for all seeds."""
    console = Console(stderr=True, quiet=not progress)
    done = total - len(waiting)
    if done:
        console.print(f"{done} of {total} runs are finished already.")
    jobs = {}
    for number, (request, folder) in enumerate(waiting, done + 1):
        title = f"[{number}/{total}] {request['model']} on {request['task']}, seed {request['seed']}"
        run = request, folder, request["seed"] == first_seed, title
        jobs.setdefault((request["model"], request["task"]), []).append(run)
    settings = waiting[0][0] if waiting else {"isolated": False}
    try:
        if settings["isolated"]:
            tasks, at_once = [] if settings["data"] else sorted({task for _, task in jobs}), settings["at_once"]
            side_by_side = at_once > 1  # bars of several processes would be written over each other: one bar for all
            shown = progress and not side_by_side
            apart = run_apart(
                _run_alone, {" on ".join(job): (runs, at_once, shown) for job, runs in jobs.items()}, tasks, at_once
            )
            bar = {"total": len(jobs), "console": console, "disable": not (progress and side_by_side)}
            for titles in track(apart, "models", **bar):
                if side_by_side:
                    console.print(*[f"{title}: done" for title in titles], sep="\n", markup=False)
        else:
            for job, runs in jobs.items():
                with noted(" on ".join(job)):
                    for run in runs:
                        run_one(*run, progress)
                        gc.collect()
    except (Exception, KeyboardInterrupt) as error:
        what = "Interrupted" if isinstance(error, KeyboardInterrupt) else "Stopped by an error"
        done += sum((folder / MARKER).exists() for _, folder in waiting)
        console.print(f"{what}: {done} of {total} runs are finished. The same command goes on from here.")
        raise


def _run_alone(runs, at_once, progress):
    """The runs of one model in this process, which is one of ``at_once``; returns their titles."""
    if at_once > 1:
        threads = max(1, machine()["cores"] // at_once)
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(threads)
    for run in runs:
        run_one(*run, progress)
    return [title for *_, title in runs]


def run_one(request, folder, with_attention, title, progress):
    """Trains and evaluates one run; the marker file, written last, says that it is finished."""
    Console(stderr=True, quiet=not progress).print(title, markup=False)
    # "5 out of the last 5 calls triggered retracing": no wonder, each model is a new graph.
    tf.get_logger().setLevel("ERROR")
    names = ("steps", "minutes", "batch_size", "learning_rate", "seed", "data", "bad_lines")
    asked = {**{name: request[name] for name in names}, "examples": request["drawn"]}
    # What stands in the way is a part of an earlier run, or may be replaced: is_finished has seen to it.
    run = train(request["model"], request["task"], out=folder, overwrite=True, progress=progress, **asked)
    if run.config["status"] != "complete":
        raise KeyboardInterrupt
    for split in splits(run.task):
        evaluate(run, split)
    record = {
        "request": request,
        "vocabulary": {name: tokenizer.vocabulary_size for name, tokenizer in run.kind.tokenizers.items()},
        "attention": sample_attention(run, run.task.examples(splits(run.task)[0])) if with_attention else None,
    }
    write_json(folder / MARKER, record)
