"""``zoo.resume``: goes on with a training that was stopped or killed."""

import contextlib

import keras

from zoo.checkpoints import Checkpoint
from zoo.datasets.splits import draw
from zoo.run_folder import RunError, locked, read_config
from zoo.runs import Run, computing_in
from zoo.strategies import is_chief, make_strategy
from zoo.training import carry_out


def resume(folder, *, strategy="none", progress=True):
    """Goes on with a training that was stopped or killed, from its last checkpoint, as if it had never ended.

    Its settings are those of the run; only the devices may be others.

    Args:
        folder: the run's.
        strategy: as for :func:`train`.
        progress: whether to show a progress bar.

    Returns:
        A :class:`zoo.runs.Run`.

    Raises:
        RunError: the folder holds no run, or one that is complete.
        zoo.checkpoints.CheckpointError: there is no checkpoint, it is damaged, or its data has changed.
    """
    strategy = make_strategy(strategy)
    chief = is_chief(strategy)
    read_config(folder)  # a folder that is no run is not touched
    with locked(folder) if chief else contextlib.nullcontext():
        config = read_config(folder)
        if config["status"] == "complete":
            raise RunError(
                f"{folder} is complete: there is nothing to resume. To train its weights further: "
                f"'zoo train {config['model']} {config['task']} --init {folder} --out ANOTHER'."
            )
        checkpoint = Checkpoint.load(folder)
        keras.utils.set_random_seed(config["seed"])
        with strategy.scope(), computing_in(config["precision"]):
            run = Run.load(folder)
        if chief:
            run.config["status"] = "running"
            run.save_config()
        learned = draw(run.task.examples("train"), config.get("drawn"), config["seed"])
        batches = run.kind.batches(learned, config["batch_size"], config["seed"])
        carry_out(run, strategy, batches, checkpoint, progress)
    return run
