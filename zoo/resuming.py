"""``zoo.resume``: goes on with a training that was stopped or killed."""

import contextlib

import keras

from zoo.base import computing_in
from zoo.checkpoints import Checkpoint, newest
from zoo.datasets.splits import draw
from zoo.machine import machine
from zoo.progress import announce
from zoo.run_folder import RunError, is_run, locked, read_config
from zoo.runs import Run, versions
from zoo.strategies import describe, is_chief, make_strategy
from zoo.training import carry_out, train

# What is asked for again, as it is, where a training has to begin anew.
ASKED = (
    *("task", "steps", "minutes", "batch_size", "recipe", "seed", "data", "text", "bad_lines", "init", "prompt_length"),
    *("precision", "accumulation", "evaluate_every", "checkpoint_steps", "checkpoint_minutes", "tensorboard"),
)


def resume(folder, *, strategy="none", progress=True):
    """Goes on with a training that was stopped or killed, from its last checkpoint, as if it had never ended.

    Its settings are those of the run; only the devices may be others. Without a checkpoint it begins anew, which
    comes to the same: all of it follows from its settings and its seed.

    Args:
        folder: the run's.
        strategy: as for :func:`train`.
        progress: whether to show a progress bar.

    Returns:
        A :class:`zoo.runs.Run`.

    Raises:
        RunError: the folder holds no run, or one that is complete.
        zoo.checkpoints.CheckpointError: the checkpoint is damaged, or settings or data have changed since.
    """
    strategy = make_strategy(strategy, progress=progress)
    chief = is_chief(strategy)
    read_config(folder)  # a folder that is no run is not touched
    with locked(folder) if chief else contextlib.nullcontext():
        config = read_config(folder)
        if config["status"] == "complete":
            raise RunError(
                f"{folder} is complete: there is nothing to resume. To train its weights further: "
                f"'zoo train {config['model']} {config['task']} --init {folder} --out ANOTHER'."
            )
        if newest(folder):
            return _go_on(folder, config, strategy, chief, progress)
    return _begin_anew(folder, config, strategy, progress)


def _go_on(folder, config, strategy, chief, progress):
    checkpoint = Checkpoint.load(folder)
    checkpoint.check(config)
    budget = f"{config['steps']:,} steps" if config["steps"] else f"{config['minutes']:g} minutes"
    announce(f"going on from step {checkpoint.journal.step:,}; the budget is {budget}", progress)
    keras.utils.set_random_seed(config["seed"])
    with strategy.scope(), computing_in(config["precision"]):
        run = Run.load(folder)
    run.config |= {"status": "running", "strategy": describe(strategy), "machine": machine(), "versions": versions()}
    if chief:
        run.save_config()
    learned = draw(run.task.examples("train"), config.get("drawn"), config["seed"])
    batches = run.kind.batches(learned, config["batch_size"], config["seed"])
    carry_out(run, strategy, batches, checkpoint, progress)
    return run


def _begin_anew(folder, config, strategy, progress):
    announce(f"{folder} has no checkpoint: the training begins anew", progress)
    # Published weights bring their settings along; only dropout may be another. The size of a vocabulary follows from
    # the data, as it did before.
    published = config.get("init") and not is_run(config["init"])
    settings = {
        name: value
        for name, value in config["settings"].items()
        if name == "dropout" or not (published or name.endswith("vocabulary_size"))
    }
    return train(
        config["model"],
        preset=None if config.get("init") else config["preset"],
        settings=settings,
        examples=config.get("drawn"),
        compile="on" if config["compiled"] else "off",
        out=folder,
        overwrite=True,
        strategy=strategy,
        progress=progress,
        **{name: config[name] for name in ASKED if name in config},
    )
