"""Checkpoints: all that a training needs to go on as if it had never stopped, in one file each.

``checkpoints/step-00000400.npz`` holds the weights, the optimizer's memory, the random seeds, the best
weights so far and the journal (step, losses, best validation loss). The place in the data follows from
the step. A file is complete or it is not there: it is written under another name and renamed. The two
newest are kept, so that a damaged one costs some minutes and not the run.
"""

import contextlib
import json
import os
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

FOLDER = "checkpoints"
KEPT = 2


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
    """

    journal: Journal
    fingerprints: dict
    state: list
    best: list

    def save(self, folder):
        """Writes the checkpoint into a run's folder; a failure leaves the older ones as they are.

        Raises:
            CheckpointError: it cannot be written (a full disk); says which one is left.
        """
        folder = Path(folder) / FOLDER
        partial = folder / "partial"
        arrays = {f"state.{i:05}": array for i, array in enumerate(self.state)}
        arrays |= {f"best.{i:05}": array for i, array in enumerate(self.best)}
        facts = json.dumps({"journal": asdict(self.journal), "fingerprints": self.fingerprints})
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with open(partial, "wb") as file:
                np.savez(file, facts=facts, **arrays)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(folder / f"step-{self.journal.step:08}.npz")
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            last = newest(folder.parent)
            left = f"{last.name} is left: make room, then 'zoo train --resume {folder.parent}'." if last else ""
            raise CheckpointError(f"no checkpoint could be written into {folder}: {error.strerror}. {left}") from error
        for old in _files(folder.parent)[:-KEPT]:
            old.unlink(missing_ok=True)

    @classmethod
    def load(cls, folder):
        """The newest checkpoint in a run's folder.

        Raises:
            CheckpointError: there is none, or it is damaged.
        """
        file = newest(folder)
        if file is None:
            raise CheckpointError(f"{folder} has no checkpoint to resume from: train anew, with --overwrite.")
        try:
            with open(file, "rb") as stream, np.load(stream, allow_pickle=False) as content:
                facts = json.loads(str(content["facts"]))
                parts = {
                    part: [content[name] for name in sorted(content.files) if name.startswith(f"{part}.")]
                    for part in ("state", "best")
                }
            facts["journal"]["interval"] = tuple(facts["journal"]["interval"])
            return cls(Journal(**facts["journal"]), facts["fingerprints"], **parts)
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            others = len(_files(folder)) > 1
            help = "delete it to resume from the one before" if others else "train anew, with --overwrite"
            raise CheckpointError(f"{file} is damaged ({type(error).__name__}: {error}): {help}.") from error


def newest(folder):
    """The file of the newest checkpoint in a run's folder; None if there is none."""
    return next(iter(reversed(_files(folder))), None)


def _files(folder):
    return sorted((Path(folder) / FOLDER).glob("step-*.npz"))
