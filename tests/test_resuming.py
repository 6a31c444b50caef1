"""Nothing is lost: a training that was killed, at any moment, ends as if it had never been."""

import dataclasses
import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial

import keras
import numpy as np
import pytest

import zoo
from zoo import checkpoints
from zoo.checkpoints import CheckpointError
from zoo.disk import NotWrittenError
from zoo.run_folder import BusyError, RunError, locked

# Dropout, so that the random seeds matter; several epochs, the last batch of each not full.
SETTINGS = {
    "settings": {"num_layers": 1, "hidden_dim": 32},
    "batch_size": 8,
    "steps": 30,
    "evaluate_every": 10,
    "progress": False,
}

KILLED = """
import os, signal, sys
import zoo
from zoo import checkpoints
when, data, out, settings = sys.argv[1], sys.argv[2], sys.argv[3], eval(sys.argv[4])
save, replace = checkpoints.Checkpoint.save, os.fsync
def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)
def saved(self, folder):
    if self.journal.step >= 16 and when == "in the middle of writing":
        os.fsync = die
    save(self, folder)
    if self.journal.step >= 16 and when == "after a checkpoint":
        die()
checkpoints.Checkpoint.save = saved
if when == "before anything but its settings was written":
    from zoo.kinds import Kind
    Kind.save = die
if when == "between two checkpoints":
    from zoo.trainer import Trainer
    advance = Trainer.advance
    Trainer.advance = lambda self, steps: die() if self.step == 21 else advance(self, 1)
zoo.train("gpt", "classification", data=data, out=out, checkpoint_steps=4, **settings)
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    lines = [f"{'good fine ' * (n % 5 + 1)}{n % 7} day\t{'even' if n % 2 else 'odd'}" for n in range(28)]
    for split in ("train", "validation", "test"):
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """A training that was never interrupted, with checkpoints at the same steps."""
    return train(data, tmp_path_factory.mktemp("whole") / "run", checkpoint_steps=4)


def train(data, out, **changes):
    return zoo.train("gpt", "classification", data=str(data), out=out, **{**SETTINGS, **changes})


def stop_at(monkeypatch, step):
    """Makes the training stop as Ctrl-C does, after ``step`` steps."""
    from zoo.trainer import Trainer

    advance = Trainer.advance

    def advance_or_stop(trainer, steps):
        figures = advance(trainer, min(steps, max(1, step - trainer.step)))
        if trainer.step == step:
            signal.raise_signal(signal.SIGTERM)
        return figures

    monkeypatch.setattr(Trainer, "advance", advance_or_stop)


def change(file, words):
    """Replaces words of a file."""
    swapped = re.sub("|".join(map(re.escape, words)), lambda found: words[found[0]], file.read_text(encoding="utf-8"))
    file.write_text(swapped, encoding="utf-8")


def change_config(run, **changes):
    """Changes a run's config.json as an editor would."""
    path = run.folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def assert_equal_runs(one, other):
    for a, b in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    histories = [[{**row, "seconds": None} for row in run.history()] for run in (one, other)]
    assert histories[0] == histories[1]
    figures = [run.results()["training"] for run in (one, other)]
    for name in ("steps", "tokens", "best_step", "best_validation_loss"):
        assert figures[0][name] == figures[1][name]


def killed(when, data, out):
    """The folder of a training in a process of its own that was killed."""
    command = [sys.executable, "-c", KILLED, when, str(data), str(out), repr(SETTINGS)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    return out


@pytest.mark.parametrize("when", ["in the middle of writing", "after a checkpoint", "between two checkpoints"])
def test_a_killed_training_ends_bit_for_bit_like_one_that_never_stopped(when, data, whole, tmp_path):
    out = killed(when, data, tmp_path / "run")
    assert (out / checkpoints.FOLDER / "partial").exists() == (when == "in the middle of writing")
    resumed = zoo.resume(out, progress=False)
    assert_equal_runs(whole, resumed)
    assert resumed.config["status"] == "complete"
    assert not (out / checkpoints.FOLDER).exists()


def test_a_training_killed_before_its_first_checkpoint_begins_anew_and_ends_alike(data, whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, 13)
        measured = train(data, tmp_path / "measured")
    shutil.rmtree(measured.folder / checkpoints.FOLDER)
    for out in (killed("before anything but its settings was written", data, tmp_path / "settings"), measured.folder):
        resumed = zoo.resume(out, progress=False)
        assert_equal_runs(whole, resumed)
        assert {**resumed.config, "checkpoint_steps": 4} == whole.config


def test_sigterm_writes_a_checkpoint_and_leaves_a_run_that_can_be_used(data, whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, 13)
        run = train(data, tmp_path / "run")
    assert run.config["status"] == "interrupted"
    best = run.results()["training"]["best_validation_loss"]
    assert zoo.evaluate(run, "validation")["nll"] == pytest.approx(best, rel=1e-5)
    change_config(run, strategy="mirrored (2 replicas)", machine={})  # as if it had begun elsewhere
    resumed = zoo.resume(run.folder, progress=False)
    assert_equal_runs(whole, resumed)
    assert [resumed.config[name] for name in ("strategy", "machine")] == ["none (1 replica)", whole.config["machine"]]
    with pytest.raises(RunError, match="is complete"):
        zoo.resume(run.folder)


def test_a_full_disk_costs_no_older_checkpoint(data, whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        written, savez = [], np.savez

        def full(file, **arrays):
            written.append(file)
            if len(written) == 3:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            savez(file, **arrays)

        patch.setattr(np, "savez", full)
        with pytest.raises(NotWrittenError, match=r"No space left on device.*step-00000008.npz is left.*--resume"):
            train(data, tmp_path / "run", checkpoint_steps=4)
    assert_equal_runs(whole, zoo.resume(tmp_path / "run", progress=False))


def test_a_damaged_checkpoint_is_named_and_the_one_before_goes_on(data, whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, 13)
        run = train(data, tmp_path / "run", checkpoint_steps=4)
    newest = checkpoints.newest(run.folder)
    assert newest.name == "step-00000013.npz"
    newest.write_bytes(newest.read_bytes()[:-1000])
    with pytest.raises(CheckpointError, match=r"step-00000013.npz is damaged.*delete it to resume from the one before"):
        zoo.resume(run.folder)
    newest.unlink()
    assert_equal_runs(whole, zoo.resume(run.folder, progress=False))


def test_what_precision_and_recipe_remember_goes_on_too(data, tmp_path, monkeypatch):
    """Averaged weights, float16's scale of the loss, batches in parts, and how long a better loss was waited for."""
    # A scale that has a history: at first gradients overflow, later it grows after every third step.
    scaled = partial(keras.optimizers.LossScaleOptimizer, initial_scale=2.0**24, dynamic_growth_steps=3)
    monkeypatch.setattr(keras.optimizers, "LossScaleOptimizer", scaled)
    # What is learned is wrong in the validation split: its loss gets worse.
    folder = shutil.copytree(data, tmp_path / "data")
    change(folder / "validation.tsv", {"even": "odd", "odd": "even"})
    recipe = {"learning_rate": 0.01, "ema": 0.7, "patience": 3}
    chosen = {"steps": 99, "evaluate_every": 4, "precision": "mixed_float16", "accumulation": 2, "recipe": recipe}
    whole = train(folder, tmp_path / "whole", **chosen)
    best_step, steps = (whole.results()["training"][name] for name in ("best_step", "steps"))
    assert (steps, whole.config["status"]) == (best_step + 12, "complete")
    with monkeypatch.context() as patch:
        stop_at(patch, best_step + 9)
        run = train(folder, tmp_path / "run", **chosen)
    checkpoint = checkpoints.Checkpoint.load(run.folder)
    assert (run.config["status"], checkpoint.journal.waited) == ("interrupted", 2)
    assert_equal_runs(whole, zoo.resume(run.folder, progress=False))


def test_changed_data_are_refused(data, tmp_path, monkeypatch):
    folder = shutil.copytree(data, tmp_path / "data")
    with monkeypatch.context() as patch:
        stop_at(patch, 5)
        run = train(folder, tmp_path / "run")
    for split in ("train", "validation"):
        change(folder / f"{split}.tsv", {"good": "fine", "fine": "good"})
        with pytest.raises(CheckpointError, match=rf"split {split}, are not .* until step 5: give it its data"):
            zoo.resume(run.folder)
        change(folder / f"{split}.tsv", {"good": "fine", "fine": "good"})  # back again
    change(folder / "test.tsv", {"good": "fine", "fine": "good"})  # no training looks at it
    assert zoo.resume(run.folder, progress=False).config["status"] == "complete"


def test_changed_settings_are_refused_by_name(data, whole, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, 5)
        run = train(data, tmp_path / "run")
    settings, recipe = run.config["settings"], run.config["recipe"]
    change_config(run, settings={**settings, "num_layers": 2}, recipe={**recipe, "learning_rate": 0.5})
    with pytest.raises(CheckpointError, match=r"until step 5 .*settings.num_layers 1 \(now 2\), recipe.learning_rate "):
        zoo.resume(run.folder)
    change_config(run, settings=settings, recipe=recipe, text={"max_length": 8})
    with pytest.raises(CheckpointError, match=r"text.max_length None \(now 8\)"):
        zoo.resume(run.folder)
    change_config(run, text=run.config["text"])
    kept = checkpoints.Checkpoint.load(run.folder)
    dataclasses.replace(kept, settings={}).check(run.config)  # of a version that kept none: nothing to compare
    dataclasses.replace(kept, state=kept.state[1:]).save(run.folder)
    with pytest.raises(ValueError, match="made for a model or an optimizer of another form"):
        zoo.resume(run.folder, progress=False)
    kept.save(run.folder)
    assert_equal_runs(whole, zoo.resume(run.folder, progress=False))


def test_a_folder_without_a_run_is_not_touched(tmp_path):
    with pytest.raises(RunError, match="is not a run"):
        zoo.resume(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_folders_of_others_are_not_taken_for_runs(data, tmp_path):
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_text("{}", encoding="utf-8")
    with pytest.raises(RunError, match="holds no run"):
        train(data, tmp_path, overwrite=True)
    with pytest.raises(RunError, match="is not a run"):
        zoo.resume(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json", "model.safetensors"]


def test_the_validation_loss_is_measured_at_its_steps_whatever_the_speed(data, tmp_path, monkeypatch):
    monkeypatch.setattr("zoo.trainer.SECONDS_PER_CALL", 1e6)  # as many steps a call as the loop allows
    run = train(data, tmp_path / "run", steps=64, evaluate_every=25)
    measured = [row["step"] for row in run.history() if row["validation_loss"] is not None]
    assert measured == [25, 50, 64]


def test_two_trainings_into_one_folder_are_refused(data, tmp_path):
    with locked(tmp_path / "run"), pytest.raises(BusyError, match="another training writes into"):
        train(data, tmp_path / "run")


def test_a_training_in_another_process_is_seen_and_its_lock_dies_with_it(data, tmp_path):
    holds = "import filelock, sys; lock = filelock.FileLock(sys.argv[1]); lock.acquire(); print('held'); input()"
    (tmp_path / "run").mkdir()
    with subprocess.Popen(
        [sys.executable, "-uc", holds, str(tmp_path / "run" / ".lock")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(BusyError, match="another training writes into"):
            train(data, tmp_path / "run")
        other.kill()
    with locked(tmp_path / "run"):
        pass
