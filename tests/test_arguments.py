"""What cannot be is refused before it costs anything: names and settings first, then the folder, then the data."""

import json

import pytest

import zoo
from tests.command_line import zoo as command
from zoo.registry import TASKS, UnknownNameError
from zoo.run_folder import RunError, locked
from zoo.settings import SettingError

# Family, task, arguments -> what is said. None of it needs an example.
WRONG = {
    "a setting": ("gpt", "copy", {"settings": {"num_layer": 3}}, "Did you mean 'num_layers'"),
    "a setting's type": ("gpt", "copy", {"settings": {"num_layers": "three"}}, "takes a value of type int"),
    "heads": ("gpt", "copy", {"settings": {"num_heads": 7}}, "hidden_dim 128 cannot be split into 7 heads"),
    # 32 tokens of each side, [END] behind both: 66, of which the model sees all.
    "a short sequence": ("gpt", "copy", {"settings": {"max_sequence_length": 65}}, "must be at least 66"),
    "a short pair": ("bert", "tiny-inference", {"settings": {"max_sequence_length": 3}}, "must be at least"),
    "a vocabulary": ("gpt", "copy", {"settings": {"vocabulary_size": 9}}, "--text vocabulary_size=N"),
    "too large": ("gpt", "copy", {"settings": {"hidden_dim": 10**6}}, "hidden_dim=1000000 needs"),
    "a recipe": ("gpt", "copy", {"recipe": {"schedule": "cosin"}}, "Did you mean 'cosine'"),
    "a rate": ("gpt", "copy", {"learning_rate": -1}, "learning_rate must be positive"),
    "a text setting": ("gpt", "copy", {"text": {"max_lenght": 9}}, "Did you mean 'max_length'"),
    "a tokenizer": ("gpt", "copy", {"text": {"tokenizer": "bytes"}}, "Did you mean 'byte'"),
    "few bytes": ("gpt", "copy", {"text": {"tokenizer": "byte", "vocabulary_size": 99}}, "at least 261"),
    "masks": ("bert", "tiny-pretraining", {"text": {"masking_rate": 2}}, "masking_rate must lie between 0 and 1"),
    "a text to predict": ("bert", "tiny-sentiment", {"text": {"language_modelling": 0.5}}, "for decoders"),
    "an end": ("gpt", "copy", {"minutes": 1, "recipe": {"schedule": "cosine"}}, "'cosine' ends at the last step"),
    "budgets": ("gpt", "copy", {"steps": 1, "epochs": 1}, "give one budget"),
    "a batch": ("gpt", "copy", {"batch_size": 9, "accumulation": 2}, "choose a multiple of 2"),
    "a loop": ("rnn", "copy", {"compile": "on"}, "rnn runs a loop over time"),
    "a precision": ("gpt", "copy", {"precision": "float3"}, "Did you mean 'float32'"),
    "a kind": ("bert", "copy", {}, "takes models of kind encoder_decoder or decoder"),
    "no prompt": ("bert", "tiny-sentiment", {"prompt_length": 3}, "bert is of kind 'encoder'"),
    "nothing to stand before": ("gpt", "copy", {"prompt_length": 3}, "--init RUN (init=RUN)"),
}


@pytest.fixture
def unread(monkeypatch):
    """Whoever reads an example of a task that is made here fails."""

    def read(self, split):
        raise AssertionError("examples were read")

    for name in ("copy", "tiny-sentiment", "tiny-inference", "tiny-pretraining"):
        monkeypatch.setattr(TASKS.get(name), "examples", read)


@pytest.fixture
def taken(tmp_path):
    """A folder that holds a run of which nothing but the config is left."""
    (tmp_path / "config.json").write_text(json.dumps({"model": "gpt", "settings": {}, "kind": "text-to-text"}))
    return tmp_path


@pytest.mark.parametrize("name", WRONG)
def test_what_needs_no_data_is_told_before_the_folder_and_before_any_are_read(name, unread, taken):
    family, task, arguments, message = WRONG[name]
    with pytest.raises((UnknownNameError, SettingError, RunError, ValueError)) as error:
        zoo.train(family, task, out=taken, progress=False, **arguments)
    assert message in str(error.value)


def test_the_folder_is_told_before_any_data_are_read(unread, taken):
    with pytest.raises(RunError, match=r"already holds a run.* say --overwrite \(overwrite=True\)"):
        zoo.train("gpt", "copy", out=taken, progress=False)
    with locked(taken), pytest.raises(RunError, match="another training writes into"):
        zoo.train("gpt", "copy", out=taken, overwrite=True, progress=False)
    (taken / ".lock").unlink(missing_ok=True)
    with pytest.raises(AssertionError, match="examples were read"):
        zoo.train("gpt", "copy", out=taken, overwrite=True, progress=False)
    assert [path.name for path in taken.iterdir()] == ["config.json"]


def test_a_head_without_weights_of_its_own_costs_no_older_run(taken):
    (taken / "history.csv").touch()
    with pytest.raises(SettingError, match="frozen=true leaves nothing to learn"):
        zoo.train("gpt", "copy", recipe={"frozen": True}, out=taken, overwrite=True, progress=False, steps=1)
    assert (taken / "history.csv").exists()


def test_a_wrong_variant_is_told_before_tensorflow_is_there(monkeypatch):
    monkeypatch.setattr("zoo.quiet.load_tensorflow", lambda: pytest.fail("TensorFlow was loaded"))
    for args in (("train", "gpt", "tiny-translation:de-en"), ("compare", "tiny-translation:de-en")):
        done = command(*args)
        assert done.exit_code == 2 and "'de-en'" in done.stderr and "en-ko" in done.stderr, done.stderr


def test_a_run_is_proposed_only_where_one_is_near(tmp_path, monkeypatch):
    """Of paths only what they do not share counts: all runs lie in a folder of the same long name."""
    near = tmp_path / "runs" / "tiny-translation-en-ko" / "transformer-tiny-seed0"
    near.mkdir(parents=True)
    (near / "config.json").write_text(json.dumps({"model": "gpt", "settings": {}, "kind": "text-to-text"}))
    monkeypatch.chdir(tmp_path)
    for given, found in (
        ("runs/tiny-translation-en-ko/transformer-tiny-seed1", True),
        ("runs/tiny-translation/transformer-tiny-seed0", True),
        (str(near.with_name("transformr-tiny-seed0")), True),
        ("transformer-tiny-seed0", True),
        ("mine", False),
        ("runs/tiny-translation-en-ko/mine", False),
        (str(tmp_path / "runs" / "mine"), False),
    ):
        done = command("evaluate", given)
        assert done.exit_code == 2 and ("Did you mean" in done.stderr) == found, done.stderr
        assert not found or f"{near.name}?" in done.stderr
