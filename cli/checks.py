"""What can be refused before TensorFlow is there, which takes seconds: unknown names, folders that hold no run."""

import difflib
import os
from pathlib import Path

import click

from zoo.registry import MODELS, TASKS, unknown_name

NEAR = 0.6  # difflib's own idea of a good match


def check_names(models=(), tasks=()):
    """Refuses unknown models, tasks and variants of tasks.

    Raises:
        UnknownNameError, DataError: says what is possible.
    """
    from zoo.tasks import find

    for what, registry, given in (("model", MODELS, models), ("task", TASKS, tasks)):
        for name in given:
            base = name.partition(":")[0]
            if base not in registry.names():
                raise unknown_name(what, base, registry.names())
    for name in tasks:
        find(name)


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
    """The run whose path is most like the one given, among its neighbours and below ``runs/``; None if none is near."""
    from zoo.run_folder import CONFIG, is_run

    parent = next(parent for parent in [*folder.parents, Path()] if parent.is_dir())
    configs = [*parent.glob(f"*/{CONFIG}"), *parent.glob(f"*/*/{CONFIG}"), *Path("runs").glob(f"*/*/{CONFIG}")]
    # What both have in front of their names says nothing about how near they are.
    found = {os.path.relpath(config.parent, parent): config.parent for config in configs if is_run(config.parent)}
    near = difflib.get_close_matches(os.path.relpath(folder, parent), sorted(found), n=1, cutoff=NEAR)
    return found[near[0]] if near else None
