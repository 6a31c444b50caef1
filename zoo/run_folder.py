"""A run is a folder: everything needed to repeat it, and everything that came of it.

============================  ==================================================================
config.json                   model, settings, task, recipe, budget, seed, versions, status
text/                         the kind of task: tokenizers, labels (:mod:`zoo.kinds`)
model.weights.h5              the weights of the best validation loss
checkpoints/                  what a training that was stopped needs to go on (:mod:`zoo.checkpoints`)
tensorboard/                  the same for TensorBoard, if asked for
history.csv                   one line a measurement: step, seconds, tokens, losses
results.json                  training speed and the scores of each evaluated split
============================  ==================================================================
"""

import contextlib
import csv
import json
import os
import shutil
from pathlib import Path

import filelock

from zoo.checkpoints import FOLDER as CHECKPOINTS
from zoo.disk import replacing

CONFIG, TEXT, WEIGHTS, HISTORY, RESULTS = "config.json", "text", "model.weights.h5", "history.csv", "results.json"
LOCK, TENSORBOARD = ".lock", "tensorboard"
HISTORY_COLUMNS = ("step", "seconds", "tokens", "train_loss", "learning_rate", "validation_loss")


class RunError(ValueError):
    """A folder that holds no run, or one that must not be overwritten."""


class BusyError(RunError):
    """Another process writes into the folder."""

    exit_status = 1  # of a program: later it may succeed


def read_config(folder):
    """The contents of a run's ``config.json``.

    Raises:
        RunError: there is none, or not a run's: others, too, call a file so.
    """
    try:
        config = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        problem = f"there is no {CONFIG} in it"
    except OSError as error:
        problem = f"its {CONFIG} cannot be read ({error.strerror})"
    except ValueError as error:
        problem = f"its {CONFIG} is damaged ({error})"
    else:
        if isinstance(config, dict) and {"model", "settings", "kind"} <= set(config):
            return config
        problem = f"its {CONFIG} is not that of a run"
    raise RunError(f"{folder} is not a run: {problem}. 'zoo train' makes one.")


def read_history(folder):
    """The measurements of a run's ``history.csv``: a list of dictionaries of numbers (None: nothing was measured)."""
    with open(Path(folder) / HISTORY, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [{name: float(value) if value else None for name, value in row.items()} for row in rows]


def is_run(folder):
    """Whether a folder holds a run, complete or not."""
    try:
        read_config(folder)
    except RunError:
        return False
    return True


def check_folder(folder, overwrite):
    """Refuses, by a BusyError, a folder that holds a run unless ``overwrite``, and one that holds anything else."""
    if is_run(folder):
        if not overwrite:
            raise RunError(f"{folder} already holds a run. Choose another folder, or say --overwrite (overwrite=True).")
    elif folder.exists() and (not folder.is_dir() or any(path.name != LOCK for path in folder.iterdir())):
        raise RunError(f"{folder} is not an empty folder and holds no run: choose another.")
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not (there.is_dir() and os.access(there, os.W_OK)):  # said before anything is computed
        problem = "may not be written" if there.is_dir() else "is a file"
        raise RunError(f"{folder} cannot be made: {there} {problem}. Choose another folder.")


def check_free(folder):
    """Refuses, by a BusyError, a folder that another process trains into at this moment."""
    if (folder / LOCK).exists():
        with locked(folder):
            pass


def clear_folder(folder):
    """Deletes the run, and nothing else, in a folder that :func:`check_folder` has passed and :func:`locked` holds.

    All but its config, which the next one replaces: whenever the program is killed, the folder is that of a run.
    """
    for name in (CHECKPOINTS, TEXT, WEIGHTS, HISTORY, RESULTS, TENSORBOARD):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder):
    """While this context is active, no other process trains into ``folder``; the system frees the lock of a dead one.

    Raises:
        BusyError: another process does.
        RunError: there cannot be such a folder.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(f"{folder} cannot be made ({error.strerror}): choose another folder.") from error
    try:
        with filelock.FileLock(folder / LOCK, timeout=0):
            yield
    except filelock.Timeout:
        raise BusyError(
            f"another training writes into {folder} at this moment: choose another folder, or wait."
        ) from None


def write_json(path, value):
    """Writes JSON so that a reader sees the old file or the new one, never a part."""
    partial = path.with_suffix(".partial")
    with replacing(path, partial):
        partial.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
