"""What can be refused before TensorFlow is there, which takes seconds: unknown names, folders that hold no run."""

import difflib
from pathlib import Path

import click

from zoo.registry import MODELS, TASKS, unknown_name


def check_names(models=(), tasks=()):
    """Refuses unknown models and tasks.

    Raises:
        UnknownNameError: lists what is possible.
    """
    for what, registry, given in (("model", MODELS, models), ("task", TASKS, tasks)):
        for name in given:
            base = name.partition(":")[0]
            if base not in registry.names():
                raise unknown_name(what, base, registry.names())


def run_config(folder):
    """The contents of a run's ``config.json``.

    Raises:
        click.UsageError: the folder holds no run; names the nearest that does.
    """
    from zoo.run_folder import RunError, read_config

    try:
        return read_config(folder)
    except RunError as error:
        near = _nearest(Path(folder))
        raise click.UsageError(f"{error} Did you mean {near}?" if near else str(error)) from error


def _nearest(folder):
    """The run, if any, whose path is most like the one given, among its neighbours and below ``runs/``."""
    from zoo.run_folder import CONFIG, is_run

    parent = next(parent for parent in [*folder.parents, Path()] if parent.is_dir())
    configs = [*parent.glob(f"*/{CONFIG}"), *parent.glob(f"*/*/{CONFIG}"), *Path("runs").glob(f"*/*/{CONFIG}")]
    found = sorted({str(config.parent) for config in configs if is_run(config.parent)})
    return next(iter(difflib.get_close_matches(str(folder), found, n=1, cutoff=0.0)), None)
