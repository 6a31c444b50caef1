"""``zoo train`` and ``zoo compare`` from the command to the end: complete, stopped by Ctrl-C, gone wrong."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import get_args, get_type_hints

from tests.command_line import document, zoo
from zoo.comparison import protocol
from zoo.optimization import Recipe
from zoo.trainer import DivergedError


def test_a_loss_that_is_no_number_stops_with_its_step(tmp_path):
    done = zoo(
        "train", "gpt", "copy", "--set", "num_layers=1", "--set", "hidden_dim=16", "--steps", "50", "--learning-rate",
        "1e30", "--recipe", "clip_norm=0", "--recipe", "warmup_steps=0", "--batch-size", "8", "--out", tmp_path / "run",
    )  # fmt: skip
    assert done.exit_code == 3  # neither 1 nor 2: a scheduler need not repeat it
    last = done.stderr.splitlines()[-1]
    assert last.startswith("zoo: the loss is") and "at step" in last
    assert "Traceback" not in done.stderr
    assert json.loads((tmp_path / "run" / "config.json").read_text())["status"] == "failed"


def test_too_little_memory_is_one_line(tmp_path, monkeypatch):
    # 512 TB of position vectors are more than a process of a 64-bit system can address.
    for module in ("arguments", "training"):
        monkeypatch.setattr(f"zoo.{module}.check_weights", lambda *args, **options: None)
    absurd = ("--set", "max_sequence_length=1000000000000", "--set", "hidden_dim=128")
    done = zoo("train", "gpt", "copy", *absurd, "--steps", "1", "--out", tmp_path / "run")
    assert done.exit_code == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("zoo: there is not enough memory for an array of shape[1000000000000,128].")
    assert "--set" in last
    assert "Traceback" not in done.stderr


def test_control_c_leaves_a_run_that_can_be_evaluated(tmp_path):
    out = tmp_path / "run"
    command = ["train", "ngram", "copy", "--steps", "3000", "--out", str(out), "--json"]
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    with subprocess.Popen(
        [sys.executable, "-m", "zoo.cli", *command],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and process.poll() is None and _lines(out / "history.csv") < 3:
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, stderr
    trained = json.loads(stdout)  # and nothing but the document, though this is a program of its own
    assert (trained["status"], trained["resumable"]) == ("interrupted", True)
    assert trained["training"]["steps"] > 0
    assert "Traceback" not in stderr and "oneDNN" not in stderr and "cuda" not in stderr.lower()
    assert "reading the examples of copy" in stderr and "making the vocabulary" in stderr and " inf" not in stderr
    figures = document(zoo("evaluate", out, "--json"))
    assert figures["nll"] > 0

    done = zoo("train", "--resume", out, "--json")
    assert f"going on from step {trained['training']['steps']:,}; the budget is 3,000 steps" in done.stderr
    resumed = document(done)
    assert (resumed["status"], resumed["training"]["steps"]) == ("complete", 3000)


def test_help_says_what_a_recipe_can_hold():
    said = " ".join(zoo("train", "--help").stdout.split())
    for field in dataclasses.fields(Recipe):
        assert field.name in said, field.name
    for schedule in get_args(get_type_hints(Recipe)["schedule"]):
        assert schedule in said, schedule
    assert "--recipe ema=" in said and "--recipe patience=" in said and "--recipe schedule=" in said


def test_to_resume_is_advised_only_where_a_checkpoint_is(tmp_path, monkeypatch):
    """A second Ctrl-C does not wait for the end of the step, so none is written."""

    def interrupted(trainer, most_steps):
        raise KeyboardInterrupt

    monkeypatch.setattr("zoo.trainer.Trainer.advance", interrupted)
    done = zoo("train", "ngram", "copy", "--out", tmp_path / "run")
    assert done.exit_code == 130
    assert "--resume" not in done.stdout
    assert f"--init {tmp_path / 'run'}" in done.stdout


def _lines(path):
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_compare(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ("compare", "copy", "--models", "ngram,rnn", "--seeds", "0,1", "--steps", "2", "--no-isolate")
    comparison = document(zoo(*command, "--json"))
    assert list(comparison["tasks"]["copy"]["models"]) == ["ngram", "rnn"]
    assert comparison["report"] == str(Path("runs", "comparison-copy", "report.html"))
    assert Path(comparison["report"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    again = zoo(*command)  # the runs are there already: only the tables are made
    assert again.exit_code == 0
    for text in ("ngram", "rnn", "exact match", "Report: runs"):
        assert text in again.stdout


def test_a_model_that_fails_is_named(tmp_path, monkeypatch):
    def train(*asked, **settings):
        raise DivergedError("the loss is nan at step 2.")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(protocol, "train", train)
    done = zoo("compare", "copy", "--models", "ngram,rnn", "--seeds", "0", "--no-isolate")
    assert done.exit_code == 3
    assert "Stopped by an error: 0 of 2 runs are finished." in " ".join(done.stderr.split())
    assert done.stderr.splitlines()[-1] == "zoo: the loss is nan at step 2. This was ngram on copy."


def test_how_much_of_a_model_learns_is_told_where_not_all_of_it_does(tmp_path):
    command = ("train", "bag_of_words", "tiny-sentiment", "--steps", "1", "--out")
    # 41 words of 64 numbers, and a head for two labels: 2 * 64 weights and 2 biases.
    told = " ".join(zoo(*command, tmp_path / "head", "--recipe", "frozen=true").stdout.split())
    assert "parameters 2.75 k of which learn 130" in told
    assert "of which learn" not in zoo(*command, tmp_path / "all").stdout
