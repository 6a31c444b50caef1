"""What an export can be asked besides answers, what becomes of long texts, and where it is written."""

import pytest
import tensorflow as tf

import zoo
from zoo.registry import UnknownNameError
from zoo.saved_model import ExportError


def test_embed_gives_the_encoders_hidden_states(exports):
    export = exports("bert", "tiny-names")
    run = export.run
    text = [record["text"] for record in export.records]
    embed = tf.saved_model.load(str(export.folder)).signatures["embed"]
    said = embed(tf.constant(text))
    inputs = run.kind.inputs_from_ids(run.kind.tokenize(text=tf.constant(text)))
    hidden_states = run.model.backbone(inputs, training=False).numpy()
    for i, length in enumerate(inputs["padding_mask"].numpy().sum(axis=1)):
        row = said["hidden_states"][i].numpy()
        assert row[:length] == pytest.approx(hidden_states[i, :length], abs=1e-5)
        assert not row[length:].any()
        assert said["mean"][i].numpy() == pytest.approx(hidden_states[i, :length].mean(axis=0), abs=1e-5)
        assert (said["token_ids"][i].numpy() >= 0).sum() == length
    assert {len(rows) for rows in embed(tf.zeros([0], tf.string)).values()} == {0}


def test_a_text_too_long_is_cut_or_refused_as_the_export_was_told(exports, tmp_path):
    cuts = exports("bag_of_words", "tiny-inference")
    refuses = tf.saved_model.load(str(zoo.export(cuts.run, tmp_path / "model", too_long="refuse"))).signatures
    most = cuts.run.kind.facts["max_length"]
    word = cuts.records[0]["text"].split()[0]
    texts = {"text": tf.constant([word, word]), "text_pair": tf.constant([word, " ".join([word] * (most + 1))])}
    (short,) = zoo.predict(cuts.run, [{"text": word, "text_pair": " ".join([word] * most)}])
    said = tf.saved_model.load(str(cuts.folder)).signatures["serving_default"](**texts)
    assert said["probabilities"][1].numpy() == pytest.approx(short["probabilities"], abs=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"too long: at most {most} tokens are read"):
        refuses["serving_default"](**texts)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"token_ids is too long"):
        refuses["tokens"](token_ids=tf.ones([1, 500], tf.int32), segment_ids=tf.zeros([1, 500], tf.int32))
    allowed = {name: value[:1] for name, value in texts.items()}
    assert refuses["serving_default"](**allowed)["label"].shape == (1,)
    with pytest.raises(UnknownNameError, match=r"'trim'.*cut, refuse"):
        zoo.export(cuts.run, tmp_path / "model", too_long="trim")


def test_versions_count_up_and_strangers_are_refused(exports, tmp_path):
    run = exports("bag_of_words", "tiny-inference").run
    assert zoo.export(run, tmp_path / "model").name == "1"
    assert zoo.export(run, tmp_path / "model").name == "2"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"notes\.txt"):
        zoo.export(run, tmp_path / "other")
