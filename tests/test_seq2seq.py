"""What recurrent encoder-decoders promise; their equations are compared in tests/references."""

import dataclasses

import keras
import numpy as np
import pytest

from zoo.layers.alignment import attend, make_score
from zoo.models.attention_seq2seq import AttentionSeq2Seq, AttentionSeq2SeqConfig
from zoo.models.seq2seq import Seq2Seq, Seq2SeqConfig
from zoo.registry import UnknownNameError

B, S, T, V = 3, 6, 5, 11
SOURCE_LENGTHS, TARGET_LENGTHS = [6, 2, 4], [5, 4, 2]
D, E = 4, 3
CONFIGS = {
    "sutskever": Seq2SeqConfig(V, V, num_layers=2, hidden_dim=D, embedding_dim=E, reverse_source=True),
    "cho": Seq2SeqConfig(V, V, hidden_dim=D, embedding_dim=E, cell="gru", context_at_every_step=True),
    **{
        score: AttentionSeq2SeqConfig(V, V, hidden_dim=D, embedding_dim=E, score=score)
        for score in ("additive", "dot", "general")
    },
}


def build(name):
    config = CONFIGS[name]
    model = (Seq2Seq if isinstance(config, Seq2SeqConfig) else AttentionSeq2Seq)(config)
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(size=w.shape, scale=0.6) for w in model.weights])
    return model


@pytest.fixture
def inputs():
    rng = np.random.default_rng(0)
    return {
        "encoder_token_ids": rng.integers(0, V, (B, S)).astype("int32"),
        "encoder_padding_mask": np.arange(S) < np.array(SOURCE_LENGTHS)[:, None],
        "decoder_token_ids": rng.integers(0, V, (B, T)).astype("int32"),
        "decoder_padding_mask": np.arange(T) < np.array(TARGET_LENGTHS)[:, None],
    }


@pytest.mark.parametrize("name", CONFIGS)
def test_padding_changes_nothing(name, inputs):
    model = build(name)
    before = np.array(model(inputs))
    longer = {key: np.pad(value, [(0, 0), (0, 3)]) for key, value in inputs.items()}
    for side in ("encoder", "decoder"):
        longer[f"{side}_token_ids"] = np.where(longer[f"{side}_padding_mask"], longer[f"{side}_token_ids"], V - 1)
    after = np.array(model(longer))
    real = inputs["decoder_padding_mask"]
    np.testing.assert_allclose(after[:, :T][real], before[real], atol=1e-6)


@pytest.mark.parametrize("name", CONFIGS)
def test_stepping_equals_the_whole_and_rows_can_be_picked(name, inputs):
    model = build(name)
    whole = np.array(model(inputs))
    assert whole.shape == (B, T, model.hidden_dim)
    state = model.start({key: inputs[key] for key in ("encoder_token_ids", "encoder_padding_mask")}, T)
    assert {leaf.shape[0] for leaf in keras.tree.flatten(state)} == {B}
    order = [2, 0, 1]  # as beam search does
    state = keras.tree.map_structure(lambda x: keras.ops.take(x, np.array(order), axis=0), state)
    for t in range(T):
        output, state = model.step(inputs["decoder_token_ids"][order, t], state)
        np.testing.assert_allclose(output, whole[order, t], atol=1e-6)


@pytest.mark.tensorflow("it is about a tf.function")
@pytest.mark.parametrize("name", ["sutskever", "additive"])
def test_a_graph_of_unknown_shape_gives_every_weight_a_gradient(name, inputs):
    import tensorflow as tf

    model = build(name)
    signature = {key: tf.TensorSpec([None, None], "bool" if "mask" in key else "int32") for key in inputs}

    @tf.function(input_signature=[signature])
    def gradients(inputs):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(inputs, training=True)))
        return [tf.convert_to_tensor(g) for g in tape.gradient(loss, [w.value for w in model.trainable_weights])]

    for weight, gradient in zip(model.trainable_weights, gradients(inputs), strict=True):
        assert np.abs(gradient).max() > 0, weight.path


@pytest.mark.parametrize(
    ("family", "preset", "published"),
    [
        # bentrevett/pytorch-seq2seq 1, 2 and 3. PyTorch's LSTM has a second, redundant bias: 4 layers of 4 x 512.
        (Seq2Seq, "multi30k-lstm", 13_898_501 - 4 * 4 * 512),
        (Seq2Seq, "multi30k-gru", 14_219_781),
        (AttentionSeq2Seq, "multi30k", 20_518_405),
    ],
)
def test_the_published_models_have_their_published_size(family, preset, published):
    model = family(family.presets[preset])
    output_layer = (model.hidden_dim + 1) * model.config.decoder_vocabulary_size
    assert model.count_params() + output_layer == published


def test_attention_leaves_padding_out_even_where_nothing_else_is():
    memory = np.array([[[1.0], [2.0], [6.0]], [[1.0], [2.0], [6.0]]], "float32")
    mask = np.array([[True, True, False], [False, False, False]])
    context, weights = attend(np.log([[1.0, 3.0, 9.0]] * 2).astype("float32"), memory, mask)
    np.testing.assert_allclose(weights[0], [0.25, 0.75, 0.0], atol=1e-6)
    np.testing.assert_allclose(context[0], [1.75], atol=1e-6)
    assert np.isfinite(context).all()


def test_unknown_scores_and_impossible_sizes_are_refused():
    with pytest.raises(UnknownNameError, match=r"'adition'.*Did you mean 'additive'"):
        make_score("adition", D)
    for name in ("cho", "dot"):
        with pytest.raises(ValueError, match="must be at least 1, not 0"):
            dataclasses.replace(CONFIGS[name], embedding_dim=0)
        with pytest.raises(ValueError, match="from 0 to below 1, not 1"):
            dataclasses.replace(CONFIGS[name], dropout=1.0)
