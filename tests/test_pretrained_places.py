"""Where published weights are looked for, and what is said of those that are not there, damaged or not asked for."""

import json
import sys

import pytest

import zoo
from tests.pretrained_sources import (
    BERT_CONFIG,
    GPT2_CONFIG,
    of_bert,
    of_google,
    of_gpt,
    refused,
    untrained_run,
    write_google,
    write_huggingface,
)
from zoo import pretrained
from zoo.settings import SettingError


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "source"


@pytest.fixture
def no_network(tmp_path, monkeypatch):
    """An empty cache, and nothing to fill it from."""
    import huggingface_hub

    def download(*args, **options):
        raise ConnectionError("no route to host")

    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)


# -- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pickle", ["pytorch_model.bin", "model.pt", "weights.pkl", "last.ckpt"])
def test_a_pickle_is_refused_with_the_reason(pickle, folder):
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(BERT_CONFIG))
    (folder / pickle).write_bytes(b"never opened")
    (folder / "tf_model.h5").write_bytes(b"of older transformers, no layout that is read")
    with refused(pickle, "a pickle", "runs whatever program", "model.safetensors"):
        pretrained.read(folder)


@pytest.mark.parametrize("config", [None, {"some": "thing"}])
def test_a_folder_of_no_known_layout(config, folder):
    folder.mkdir()
    if config:
        (folder / "config.json").write_text(json.dumps(config))
    with refused("none of the layouts", "model.safetensors", "bert_config.json", "model.weights.h5"):
        pretrained.read(folder)


def test_a_name_that_is_nothing(tmp_path):
    with refused("nowhere is no folder here, and no name"):
        pretrained.read("nowhere")
    (tmp_path / "file").touch()
    with refused("is a file: name the folder"):
        pretrained.read(tmp_path / "file")
    with refused("have no name"):
        pretrained.read("")
    (tmp_path / "weights").mkdir()
    with refused("wieghts is no folder here", f"did you mean {tmp_path / 'weights'}?"):
        pretrained.read(tmp_path / "wieghts")


def test_a_path_of_two_parts_may_be_a_folder_or_a_hub_name(tmp_path, monkeypatch, no_network):
    (tmp_path / "weights" / "bert-base").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with refused("weights/brt-base is either a folder", "did you mean weights/bert-base?", "or a name on the Hugging"):
        pretrained.read("weights/brt-base")
    with refused("google-bert/bert-base-cased is either a folder, but there is none here; or a name on"):
        pretrained.read("google-bert/bert-base-cased")


def test_a_hub_name_without_network_says_what_to_put_where(tmp_path, no_network):
    place = tmp_path / "pretrained" / "google-bert" / "bert-base-uncased"
    with refused("cannot be downloaded", "ConnectionError", "config.json", "model.safetensors", "vocab.txt", place):
        zoo.create("bert", weights="google-bert/bert-base-uncased")
    assert not list(place.parent.iterdir())  # nothing half done is left
    write_huggingface(place, BERT_CONFIG, of_bert())
    assert zoo.create("bert", weights="google-bert/bert-base-uncased").config.hidden_dim == 8


def test_a_hub_name_without_huggingface_hub(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with refused("pip install huggingface_hub"):
        pretrained.read("google-bert/bert-base-uncased")


def test_a_cache_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "file"))
    with pytest.raises(ValueError, match=r"cannot write into the cache .* Set ZOO_CACHE"):
        pretrained.read("google-bert/bert-base-uncased")


# -- files that are missing or damaged ------------------------------------------------------------------------------

HUB_CONFIG = {"registered_name": "keras_hub>BertBackbone"}
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 4000\n"


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        ("{", ("config.json is damaged",)),
        ("[1]", ("config.json is damaged", "no dictionary")),
        (json.dumps(HUB_CONFIG), ("config.json is damaged", "entry config")),
        (json.dumps(HUB_CONFIG | {"config": "x"}), ("config.json is damaged", "entry config")),
    ],
)
def test_damaged_configurations(config, parts, folder):
    folder.mkdir()
    (folder / "config.json").write_text(config)
    with refused(*parts):
        pretrained.read(folder)


def test_weights_that_are_not_there(folder):
    write_huggingface(folder, BERT_CONFIG, of_bert())
    (folder / "model.safetensors").write_text(POINTER)
    with refused("model.safetensors only points to the weights", "git lfs pull"):
        pretrained.read(folder)
    (folder / "model.safetensors").unlink()
    with refused("has a config.json, but no weights: model.safetensors is missing"):
        pretrained.read(folder)
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"a": 5}}')
    with refused("names '5', which is no file"):
        pretrained.read(folder)


def test_damaged_safetensors(folder):
    write_huggingface(folder, BERT_CONFIG, of_bert())
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    with refused("model.safetensors is damaged"):
        pretrained.read(folder)


@pytest.mark.parametrize("part", ["index", "data-00000-of-00001"])
def test_damaged_checkpoints_of_tensorflow(part, folder):
    write_google(folder, BERT_CONFIG, of_google())
    file = folder / f"bert_model.ckpt.{part}"
    file.write_bytes(file.read_bytes()[:100])
    with refused("bert_model.ckpt is damaged", "get it again"):
        pretrained.read(folder)
    file.unlink()
    with refused("bert_model.ckpt"):
        pretrained.read(folder)


def test_damaged_hdf5(folder):
    folder.mkdir()
    sizes = {"vocabulary_size": 40, "num_layers": 2, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 32}
    sizes |= {"max_sequence_length": 16, "num_segments": 2, "dropout": 0.1}
    (folder / "config.json").write_text(json.dumps(HUB_CONFIG | {"config": sizes}))
    with refused("model.weights.h5 is missing."):
        pretrained.read(folder)
    (folder / "model.weights.h5").write_bytes(b"no HDF5")
    with refused("model.weights.h5 is damaged"):
        pretrained.read(folder)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"model": {"type": "Unigram"}}, "a Unigram with pre-tokenizer None"),
        ({"model": {"vocab": {"a": 0}}, "normalizer": "x"}, "not as the tokenizers library writes it"),
        ({"model": {"merges": [1]}, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False}}, "TypeError"),
    ],
)
def test_weights_without_a_tokenizer_that_can_be_understood_are_still_weights(content, reason, folder):
    write_huggingface(folder, BERT_CONFIG, of_bert(), vocabulary=None)
    (folder / "tokenizer.json").write_text(json.dumps(content))
    found = pretrained.read(folder)
    assert found.tokenizer is None
    assert reason in found.no_tokenizer
    (folder / "tokenizer.json").write_text("{")
    with refused("tokenizer.json is damaged", "get it again"):
        pretrained.read(folder)


# -- what is asked for ----------------------------------------------------------------------------------------------


def test_settings_that_contradict_the_source(folder):
    write_huggingface(folder, BERT_CONFIG, of_bert())
    with refused("hidden_dim 8, not 16", "dropout"):
        zoo.create("bert", weights=folder, hidden_dim=16)
    with refused("vocabulary_size 40, not 30522"):
        zoo.create("bert:base", weights=folder)
    assert zoo.create("bert", weights=folder, hidden_dim=8, dropout=0.0).config.dropout == 0.0


@pytest.mark.parametrize(("rate", "problem"), [("abc", "type float, not 'abc'"), (2, "from 0 to below 1, not 2")])
def test_a_dropout_that_is_no_rate(rate, problem, folder, tmp_path):
    write_huggingface(folder, BERT_CONFIG, of_bert())
    with pytest.raises(SettingError, match=problem):
        zoo.create("bert", weights=folder, dropout=rate)
    with pytest.raises(SettingError, match=problem):
        zoo.train("bert", "tiny-sentiment", init=folder, settings={"dropout": rate}, out=tmp_path / "run")


def test_another_family(folder):
    write_huggingface(folder, GPT2_CONFIG, of_gpt())
    for family in ("bert", "rnn"):
        with refused("holds weights of 'gpt'", family, "take 'gpt', or other weights"):
            zoo.create(family, weights=folder)


def test_a_training_needs_tokenizer_positions_and_no_preset(folder, tmp_path):
    def start(**options):
        zoo.train("bert", "tiny-sentiment", init=source, steps=1, progress=False, out=tmp_path / "run", **options)

    source = write_huggingface(folder / "mute", BERT_CONFIG, of_bert(), vocabulary=None)
    with refused("no tokenizer that the zoo can read", "vocab.txt"):
        start()
    source = write_huggingface(folder / "short", BERT_CONFIG, of_bert())
    with refused("the task would read 66 tokens", "know 16 positions"):
        start()
    with refused("the preset 'mini' was asked for"):
        start(preset="mini")
    with refused("nowhere is no folder here"):
        zoo.train("bert", "tiny-sentiment", init="nowhere", out=tmp_path / "run")
    source = write_huggingface(folder / "cut", BERT_CONFIG | {"vocab_size": 168}, of_bert(vocabulary_size=168))
    with refused("embeddings for 168 tokens, but a tokenizer of 40", "not whole, or belongs to other", "[unused0]"):
        start()
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_converted(tmp_path):
    run = untrained_run("gpt", "tiny-sentiment", tmp_path / "classifier")
    with refused("classifies with a gpt", "no bias"):
        zoo.convert(run, tmp_path / "converted")
    with refused("'ngram', which has no counterpart"):
        zoo.convert(untrained_run("ngram", "copy", tmp_path / "ngram"), tmp_path / "converted")
    with pytest.raises(ValueError, match="unknown format 'onnx'"):
        zoo.convert(run, tmp_path / "converted", format="onnx")
    with refused("holds something else"):
        zoo.convert(run, run.folder, overwrite=True)
    assert (run.folder / "config.json").exists()
    (tmp_path / "file").touch()
    with refused("cannot write into", "file", "choose another folder"):
        zoo.convert(untrained_run("gpt", "copy", tmp_path / "copy"), tmp_path / "file" / "converted")
