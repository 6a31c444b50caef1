"""A disk that is really full, while a training writes its weights: one clear line, and nothing is lost."""

import os
import subprocess

import numpy as np
import pytest

import zoo
from zoo.disk import NotWrittenError
from zoo.trainer import Trainer

SETTINGS = {"steps": 20, "evaluate_every": 10, "checkpoint_steps": 4, "batch_size": 8, "progress": False}


@pytest.fixture
def disk(tmp_path):
    """A file system of its own with 32 MB, in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no file system can be mounted here: only root may, on Linux")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk):
    """Leaves not a single block."""
    with open(disk / "filling", "wb") as file:
        left = os.statvfs(disk)
        os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize)


def test_a_disk_that_is_full_when_better_weights_are_found_costs_minutes_and_not_the_run(disk, tmp_path, monkeypatch):
    whole = zoo.train("ngram", "copy", out=tmp_path / "whole", **SETTINGS)
    validate, out = Trainer.validate, disk / "run"

    def validate_and_fill(trainer, batches):
        loss = validate(trainer, batches)
        if trainer.step == 20:
            fill(disk)
        return loss

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "validate", validate_and_fill)
        with pytest.raises(NotWrittenError) as caught:
            zoo.train("ngram", "copy", out=out, **SETTINGS)
    # The config cannot be written either; what is told is what went wrong first.
    told = "No space left on device. step-00000016.npz is left: make room, then 'zoo train --resume"
    assert str(caught.value) == f"{out / 'model.weights.h5'} could not be written: {told} {out}'."
    assert not [*out.glob("*partial*")]
    assert zoo.load(out).config["status"] == "running"  # a run that can be used, with the weights of step 10

    (disk / "filling").unlink()
    resumed = zoo.resume(out, progress=False)
    for a, b in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
