"""The command line when something is wrong: one line that says what, and an exit status of its sort."""

import json
from concurrent.futures import Future
from unittest.mock import Mock

import pytest

from tests import command_line
from zoo.checkpoints import CheckpointError
from zoo.disk import NotWrittenError
from zoo.learning import WorkerLostError
from zoo.registry import MODELS, UnknownNameError
from zoo.run_folder import BusyError
from zoo.strategies import NoWorkersError
from zoo.trainer import DivergedError


@pytest.fixture
def zoo(tmp_path, tmp_path_factory, monkeypatch):
    """Calls a command in an empty folder: ``zoo("list", "--json")``."""
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.chdir(tmp_path)
    return command_line.zoo


# Arguments -> what the line must contain: what was given, what is possible or nearest.
MISTAKES = [
    (["lst"], ["'lst'", "Did you mean 'list'", "evaluate"]),
    (["list", "nothing-like-it"], ["'nothing-like-it'", "transformer"]),
    (["show", "transformr"], ["'transformr'", "Did you mean 'transformer'", "seq2seq"]),
    (["show", "gpt", "--preset", "gpt2-smal"], ["'gpt2-smal'", "Did you mean 'gpt2-small'", "tiny"]),
    (["train", "gtp", "copy"], ["'gtp'", "Did you mean 'gpt'"]),
    (["train", "gpt", "cpy"], ["'cpy'", "Did you mean 'copy'", "shakespeare"]),
    (["train", "gpt", "tiny-translation:de-en"], ["'de-en'", "en-ko"]),
    (["train", "gpt:tinny", "copy"], ["'tinny'", "Did you mean 'tiny'"]),
    (["train", "gpt", "copy", "--set", "num_layer=3"], ["'num_layer'", "Did you mean 'num_layers'", "hidden_dim"]),
    (["train", "gpt", "copy", "--set", "num_layers=three"], ["num_layers", "int", "'three'"]),
    (["train", "gpt", "copy", "--set", "num_heads=7"], ["7", "hidden_dim"]),
    (["train", "gpt", "copy", "--set", "num_layers"], ["'num_layers'", "name=value"]),
    (["train", "gpt", "copy", "--recipe", "schedule=cosin"], ["'cosin'", "Did you mean 'cosine'", "linear"]),
    (["train", "gpt", "copy", "--steps", "0"], ["--steps", "0", "x>=1"]),
    (["train", "gpt", "copy", "--step", "1"], ["--step", "--steps"]),
    (["train", "gpt", "copy", "--steps", "1", "--minutes", "1"], ["--steps", "--minutes", "one budget"]),
    (["train", "gpt", "copy", "--epochs", "nan"], ["epochs", "nan", "finite"]),
    (["train", "gpt", "copy", "--epochs", "inf"], ["epochs", "inf", "finite"]),
    (["train", "gpt", "copy", "--seed", "-1"], ["seed", "-1", "4294967295"]),
    (["train", "gpt:tiny", "copy", "--preset", "gpt1"], ["'tiny'", "'gpt1'", "choose one"]),
    (["train", "ngram", "copy", "--out", "bad.tsv/run"], ["bad.tsv/run cannot be made", "is a file"]),
    (["train", "ngram", "copy", "--out", "/proc/run"], ["/proc/run cannot be made"]),
    (["train", "gpt", "copy", "--set", "max_sequence_length=3"], ["max_sequence_length", "at least", "not 3"]),
    (["train", "gpt", "translation", "--data", ""], ["data", "''"]),
    (["train", "gpt", "copy", "--strategy", "mirrored", "--devices", "CPU:0,CPU:0"], ["CPU:0,", "once"]),
    (["train", "gpt", "copy", "--strategy", "mirored"], ["'mirored'", "mirrored"]),
    (["train", "gpt"], ["TASK"]),
    (["train"], ["MODEL", "--resume"]),
    (["train", "--resume", "nowhere"], ["nowhere is not a run"]),
    (["train", "--resume", "nowhere", "--steps", "9"], ["--resume", "--steps"]),
    (["train", "gpt", "copy", "--resume", "nowhere"], ["--resume", "'gpt'"]),
    (["train", "gpt", "copy", "--strategy", "mirrored", "--devices", "GPU:77"], ["GPU:77", "CPU:0"]),
    (["train", "gpt", "copy", "--devices", "GPU:0"], ["devices", "mirrored"]),
    (["train", "gpt", "copy", "--strategy", "multi-worker"], ["--workers", "TF_CONFIG"]),
    (["train", "gpt", "copy", "--strategy", "multi-worker", "--workers", "a:1,b:1"], ["worker", "2 workers"]),
    (["train", "gpt", "copy", "--accumulation", "3", "--batch-size", "4"], ["batch size 4", "multiple of 3"]),
    (["train", "bert", "copy"], ["bert", "encoder", "text-to-text"]),
    (["train", "gpt", "copy", "--data", "a.tsv"], ["copy", "translation"]),
    (["train", "gpt", "translation"], ["translation", "--data"]),
    (["train", "gpt", "translation", "--data", "a.tsv"], ["a.tsv", "no such file"]),
    (["train", "gpt", "translation", "--data", "bad.tsv"], ["bad.tsv:2"]),
    (["train", "gpt:", "copy"], ["unknown preset of model gpt"]),
    (["train", "gpt", "copy:"], ["unknown variant of task copy"]),
    (["train", "gpt", "copy", "--init", "nowhere"], ["nowhere is no folder here", "Hugging Face hub"]),
    (["train", "gpt", "copy", "--out", "full"], ["full", "not an empty folder"]),
    (["evaluate", "nowhere"], ["nowhere is not a run", "zoo train"]),
    (["predict", "full"], ["full is not a run", "no config.json"]),
    (["predict", "other", "a text"], ["other is not a run", "its config.json is not that of a run"]),
    (["evaluate", "half"], ["half is not a run", "its config.json is damaged"]),
    (["attend", "nowhere", "text", "--out", "a.png"], ["nowhere is not a run"]),
    (["attend", "nowhere", "text", "--out", "a.png", "--head", "x"], ["--head", "'x'", "all"]),
    (["export", "nowhere", "out"], ["nowhere is not a run"]),
    (["compare", "cpy"], ["'cpy'", "Did you mean 'copy'"]),
    (["compare", "copy", "--models", "gpt,transfomer"], ["'transfomer'", "Did you mean 'transformer'"]),
    (["compare", "copy", "--seeds", "a"], ["--seeds", "'a'", "int"]),
    (["compare", "copy", "--models", ","], ["--models", "','", "nothing"]),
    (["compare", "copy", "--models", "bert"], ["bert", "encoder"]),
]


@pytest.mark.parametrize(("args", "pieces"), MISTAKES, ids=[" ".join(args) for args, _ in MISTAKES])
def test_a_mistake_is_answered_in_one_line(zoo, tmp_path, args, pieces):
    (tmp_path / "bad.tsv").write_text("a\tb\nonly one column\n", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    for folder, config in (("other", '{"model_type": "bert"}'), ("half", '{"model": "be')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text(config, encoding="utf-8")
    done = zoo(*args)
    assert done.exit_code == 2
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if not line.endswith(" ...")]  # signs of life
    assert len(said) == 1 and "Traceback" not in said[0], said
    for piece in pieces:
        assert piece in said[0]
    # What could not begin leaves nothing behind.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.tsv", "full", "half", "other"]


def test_standard_input_that_is_not_utf8_is_refused_with_its_line(zoo, tmp_path):
    config = {"model": "gpt", "settings": {}, "task": "copy", "kind": "text-to-text"}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    done = zoo("predict", ".", input="a\n정말\n".encode("cp949"))
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "standard input:2" in line and "UTF-8" in line


def test_a_mistake_of_ours_keeps_its_traceback(zoo, monkeypatch):
    def broken():
        return int("this ValueError is no message for users")

    monkeypatch.setattr(MODELS, "names", broken)
    with pytest.raises(ValueError):
        zoo("show", "gpt", catch_exceptions=False)


def test_a_mistake_told_by_another_process_is_one_line_too(zoo, monkeypatch):
    """As in ``zoo compare``, which trains each model in a process of its own."""

    def elsewhere():
        future = Future()
        future.set_exception(UnknownNameError("it is told elsewhere."))
        return future.result()

    monkeypatch.setattr(MODELS, "names", elsewhere)
    done = zoo("show", "gpt")
    assert (done.exit_code, done.stderr) == (2, "zoo: it is told elsewhere.\n")


def test_an_error_of_the_system_names_the_file(zoo, monkeypatch):
    def full():
        raise OSError(28, "No space left on device", "runs/mine/history.csv")

    monkeypatch.setattr(MODELS, "names", full)
    done = zoo("show", "gpt")
    assert (done.exit_code, done.stderr) == (1, "zoo: runs/mine/history.csv: No space left on device\n")


def test_what_went_wrong_on_the_way_has_another_status_than_what_was_asked_wrongly(zoo, monkeypatch):
    on_the_way = (NotWrittenError, WorkerLostError, NoWorkersError, BusyError)
    for error, status in (*((error, 1) for error in on_the_way), (CheckpointError, 2), (DivergedError, 3)):
        monkeypatch.setattr(MODELS, "names", Mock(side_effect=error("it is told.")))
        done = zoo("show", "gpt")
        assert (done.exit_code, done.stderr) == (status, "zoo: it is told.\n")
