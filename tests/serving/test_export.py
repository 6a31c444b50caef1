"""What an export can be asked besides answers."""

import pytest
import tensorflow as tf


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
