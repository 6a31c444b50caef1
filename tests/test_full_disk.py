"""A disk that is full while a training writes: one clear line, and nothing is lost."""

import builtins
import errno
import io
import os
import subprocess

import numpy as np
import pytest

import zoo
from zoo.disk import NotWrittenError
from zoo.runs import Run
from zoo.trainer import Trainer

SETTINGS = {"steps": 20, "evaluate_every": 10, "batch_size": 8, "progress": False}


class RealDisk:
    """A file system of its own with 32 MB, in memory; only root may mount one, on Linux."""

    def __init__(self, folder):
        self.folder = folder
        command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", folder]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("no file system can be mounted here: only root may, on Linux")

    def fill(self):
        """Leaves not a single block."""
        with open(self.folder / "filling", "wb") as file:
            left = os.statvfs(self.folder)
            os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize)

    def empty(self):
        (self.folder / "filling").unlink()

    def close(self):
        subprocess.run(["umount", "--lazy", self.folder], check=True)


def no_space(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullFile(io.FileIO):
    write = no_space


class SimulatedDisk:
    """A folder whose files can be made and not written, once it is full: what Python is told on a real disk."""

    def __init__(self, folder):
        self.folder, self.patch = folder, pytest.MonkeyPatch()

    def fill(self):
        def open_on_full(path, mode="r", *args, **options):
            if not {"w", "a"} & set(mode) or self.folder not in (self.folder / path).parents:
                return opened(path, mode, *args, **options)
            file = io.BufferedWriter(FullFile(path, mode.replace("b", "")))
            return file if "b" in mode else io.TextIOWrapper(file, options.get("encoding"))

        opened = io.open
        for place in (io, builtins):
            self.patch.setattr(place, "open", open_on_full)
        self.patch.setattr(os, "posix_fallocate", no_space, raising=False)

    def empty(self):
        self.patch.undo()

    close = empty


@pytest.fixture(params=[RealDisk, SimulatedDisk])
def disk(request, tmp_path):
    (tmp_path / "disk").mkdir()
    disk = request.param(tmp_path / "disk")
    yield disk
    disk.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The same training on a disk that has room."""
    return zoo.train("ngram", "copy", out=tmp_path_factory.mktemp("whole"), **SETTINGS)


def test_a_disk_that_is_full_when_better_weights_are_found_costs_minutes_and_not_the_run(disk, whole, monkeypatch):
    validate, out = Trainer.validate, disk.folder / "run"

    def validate_and_fill(trainer, batches):
        loss = validate(trainer, batches)
        if trainer.step == 20:
            disk.fill()
        return loss

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "validate", validate_and_fill)
        with pytest.raises(NotWrittenError) as caught:
            zoo.train("ngram", "copy", out=out, checkpoint_steps=4, **SETTINGS)
    # The config cannot be written either; what is told is what went wrong first.
    assert str(caught.value) == (
        f"{out / 'model.weights.h5'} could not be written: No space left on device. step-00000016.npz is left: make "
        f"room, then 'zoo train --resume {out}' (in Python zoo.resume) goes on."
    )
    assert not [*out.glob("*partial*")]
    assert zoo.load(out).config["status"] == "running"  # a run that can be used, with the weights of step 10
    assert_resumes_to_the_weights_of(whole, disk)


@pytest.mark.parametrize(
    ("writes", "file", "checkpoint_steps", "left", "how"),
    [
        ("save_weights", "model.weights.h5", 8, "step-00000016.npz is left", ""),
        ("record", "results.json", 8, "step-00000016.npz is left", ""),
        ("save_config", "config.json", None, "No checkpoint was written yet", ", from the beginning"),
    ],
)
def test_a_disk_that_is_full_when_the_last_files_are_written_costs_no_more(
    writes, file, checkpoint_steps, left, how, disk, whole, monkeypatch
):
    write, out = getattr(Run, writes), disk.folder / "run"

    def fill_and_write(run, *args):
        if run.config["status"] == "complete":
            disk.fill()
        write(run, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Run, writes, fill_and_write)
        with pytest.raises(NotWrittenError) as caught:
            zoo.train("ngram", "copy", out=out, checkpoint_steps=checkpoint_steps, **SETTINGS)
    assert str(caught.value) == (
        f"{out / file} could not be written: No space left on device. {left}: make room, then "
        f"'zoo train --resume {out}' (in Python zoo.resume) goes on{how}."
    )
    assert_resumes_to_the_weights_of(whole, disk)


def assert_resumes_to_the_weights_of(whole, disk):
    disk.empty()
    resumed = zoo.resume(disk.folder / "run", progress=False)
    assert resumed.config["status"] == "complete"
    for a, b in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
