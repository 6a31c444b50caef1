"""What the commands know of a run before TensorFlow is there: its configuration, or that there is none."""

import difflib
import json
from pathlib import Path

import click


def run_config(folder):
    """The contents of a run's ``config.json``.

    Raises:
        click.UsageError: the folder holds no run; names the nearest that does.
    """
    try:
        return json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise click.UsageError(f"{folder} is not a run (no config.json in it). {_nearest(Path(folder))}") from error
    except ValueError as error:
        raise click.UsageError(f"{folder} is not a run: its config.json is damaged ({error}).") from error


def _nearest(folder):
    """A hint at the run whose path is most like the one given, among its neighbours and below ``runs/``."""
    parent = next(parent for parent in [*folder.parents, Path()] if parent.is_dir())
    found = {str(config.parent) for pattern in ("*", "*/*") for config in parent.glob(f"{pattern}/config.json")}
    found |= {str(config.parent) for config in Path("runs").glob("*/*/config.json")}
    near = difflib.get_close_matches(str(folder), sorted(found), n=1, cutoff=0.0)
    return f"Did you mean {near[0]}?" if near else "'zoo train MODEL TASK' makes one."
