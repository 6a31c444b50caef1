"""Checkpoints: all that a training needs to go on as if it had never stopped, in one file each.

``checkpoints/step-00000400.npz`` holds the weights, the optimizer's memory, the random seeds, the best
weights so far and the journal (step, losses, best validation loss). The place in the data follows from
the step. A file is complete or it is not there: it is written under another name and renamed. The two
newest are kept, so that a damaged one costs some minutes and not the run. Killed before its first
checkpoint, a training begins anew: all of it follows from its settings and its seed.
"""

import json
import os
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from zoo.disk import replacing

FOLDER = "checkpoints"
KEPT = 2
# What a run's config says of the numbers that come out. Where the data lie may change: they have fingerprints.
SETTINGS = (
    *("model", "settings", "task", "text", "bad_lines", "kind", "recipe", "steps", "minutes", "batch_size", "drawn"),
    *("accumulation", "compiled", "seed", "prompt_length", "precision", "evaluate_every"),
)


class CheckpointError(ValueError):
    """A checkpoint that cannot be read, or that belongs to another training."""


@dataclass
class Journal:
    """What a training remembers beside its weights.

    Args:
        step, tokens: how far it is.
        seconds: of training, validation excluded.
        timed_seconds, timed_tokens: without each process's first call, which traces the graph.
        interval: nats and target tokens since the last row of the history.
        rows: the history so far, as dictionaries of texts.
        best, best_step: the best validation loss and its step; None and 0 before the first measurement.
        waited: measurements since the best one.
    """

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    timed_seconds: float = 0.0
    timed_tokens: int = 0
    interval: tuple = (0.0, 0.0)
    rows: list = field(default_factory=list)
    best: float | None = None
    best_step: int = 0
    waited: int = 0


@dataclass
class Checkpoint:
    """The state of a training at one step.

    Args:
        journal: :class:`Journal`.
        fingerprints: of the data, split -> :meth:`zoo.batching.Batches.fingerprint`.
        state: list of arrays, :meth:`zoo.trainer.Trainer.state`.
        best: list of arrays, the weights of the best validation loss; empty before the first measurement.
        settings: those of the run's config that the numbers depend on, name -> value.
    """

    journal: Journal
    fingerprints: dict
    state: list
    best: list
    settings: dict = field(default_factory=dict)

    def save(self, folder):
        """Writes the checkpoint into a run's folder; a failure leaves the older ones as they are.

        Raises:
            NotWrittenError: there is no room for it, for example.
        """
        folder = Path(folder) / FOLDER
        partial = folder / "partial"
        arrays = {f"state.{i:05}": array for i, array in enumerate(self.state)}
        arrays |= {f"best.{i:05}": array for i, array in enumerate(self.best)}
        facts = {"journal": asdict(self.journal), "fingerprints": self.fingerprints, "settings": self.settings}
        with replacing(folder / f"step-{self.journal.step:08}.npz", partial):
            folder.mkdir(parents=True, exist_ok=True)
            with open(partial, "wb") as file:
                np.savez(file, facts=json.dumps(facts), **arrays)
                file.flush()
                os.fsync(file.fileno())
        for old in _files(folder.parent)[:-KEPT]:
            old.unlink(missing_ok=True)

    @classmethod
    def load(cls, folder):
        """The newest checkpoint in a run's folder.

        Raises:
            CheckpointError: it is damaged.
        """
        file = newest(folder)
        try:
            with open(file, "rb") as stream, np.load(stream, allow_pickle=False) as content:
                facts = json.loads(str(content["facts"]))
                parts = {
                    part: [content[name] for name in sorted(content.files) if name.startswith(f"{part}.")]
                    for part in ("state", "best")
                }
            facts["journal"]["interval"] = tuple(facts["journal"]["interval"])
            return cls(Journal(**facts["journal"]), facts["fingerprints"], **parts, settings=facts.get("settings", {}))
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            before = "the one before" if len(_files(folder)) > 1 else "the beginning"
            raise CheckpointError(
                f"{file} is damaged ({type(error).__name__}: {error}): delete it to resume from {before}."
            ) from error

    def check(self, config):
        """Refuses, by a CheckpointError, the config of a run whose settings are no longer those of the checkpoint."""
        if not self.settings:  # of an older version, which kept none
            return
        now, before = _flat(config), _flat(self.settings)
        changed = [name for name in before | now if now.get(name) != before.get(name)]
        if changed:
            told = ", ".join(f"{name} {before.get(name)!r} (now {now.get(name)!r})" for name in changed)
            raise CheckpointError(
                f"until step {self.journal.step} the training had other settings than config.json says: {told}. "
                "Put them back, or train anew with --overwrite (overwrite=True)."
            )


def settings_of(config):
    """The part of a run's config that the numbers depend on, as it is read back from a file."""
    return json.loads(json.dumps({name: config.get(name) for name in SETTINGS}))


def newest(folder):
    """The file of the newest checkpoint in a run's folder; None if there is none."""
    return next(iter(reversed(_files(folder))), None)


def _flat(config):
    """``{"recipe": {"ema": 0.5}}`` -> ``{"recipe.ema": 0.5}``; of :data:`SETTINGS` alone."""
    flat = {}
    for name, value in settings_of(config).items():
        flat |= {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _files(folder):
    return sorted((Path(folder) / FOLDER).glob("step-*.npz"))
