"""Recurrent encoder-decoders against NumPy loops that read one row and one token at a time, without padding."""

import dataclasses

import keras
import numpy as np
import pytest

from zoo.layers.alignment import attend, make_score
from zoo.layers.attention import recording
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
ATTENTION = ["additive", "dot", "general"]


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


def rows(inputs):
    """Index, source ids and target ids of each row, padding cut off."""
    for row in range(B):
        source = inputs["encoder_token_ids"][row, : SOURCE_LENGTHS[row]]
        yield row, source, inputs["decoder_token_ids"][row, : TARGET_LENGTHS[row]]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def array(x):
    return np.asarray(x, "float64")


def lstm(cell, x, state):
    hidden, memory = state
    kernel, bias, recurrent = (array(w) for w in cell.weights)
    i, f, g, o = np.split(x @ kernel + hidden @ recurrent + bias, 4)
    memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(g)
    return [sigmoid(o) * np.tanh(memory), memory]


def gru(cell, x, hidden, more=0.0):
    """``more``: what reaches the gates besides the input."""
    kernel, bias, recurrent, recurrent_bias = (array(w) for w in cell.weights)
    rx, zx, nx = np.split(x @ kernel + bias + more, 3)
    rh, zh, nh = np.split(hidden @ recurrent + recurrent_bias, 3)
    update = sigmoid(zx + zh)
    return (1 - update) * np.tanh(nx + sigmoid(rx + rh) * nh) + update * hidden


def embed(embedding, token_ids):
    return array(embedding.weights[0])[token_ids]


def test_sutskevers_states_are_handed_over_after_a_reversed_source(inputs):
    model = build("sutskever")
    outputs = model(inputs)
    for row, source, target in rows(inputs):
        states = [[np.zeros(D), np.zeros(D)] for _ in range(2)]

        def read(x, layers, states=states):
            for layer, running in enumerate(layers):
                states[layer] = lstm(running.cell, x, states[layer])
                x = states[layer][0]
            return x

        for x in embed(model.encoder_embedding, source[::-1]):
            read(x, model.encoder.recurrent_layers)
        expected = [read(x, model.decoder.recurrent_layers) for x in embed(model.decoder_embedding, target)]
        np.testing.assert_allclose(outputs[row, : len(target)], expected, atol=1e-5)


def test_chos_context_reaches_every_step_and_the_output(inputs):
    model = build("cho")
    outputs = model(inputs)
    for row, source, target in rows(inputs):
        hidden, expected = np.zeros(D), []
        for x in embed(model.encoder_embedding, source):
            hidden = gru(model.encoder.recurrent_layers[0].cell, x, hidden)
        context = hidden
        for x in embed(model.decoder_embedding, target):
            hidden = gru(model.decoder.recurrent_layers[0].cell, np.concatenate([x, context]), hidden)
            expected.append(np.concatenate([x, hidden, context]))
        np.testing.assert_allclose(outputs[row, : len(target)], expected, atol=1e-5)


def score_by_hand(model, query, memory):
    """The score of one place of the source, as the papers write it."""
    layer = model.decoder.score
    if model.config.score == "additive":
        query_part = query @ array(layer.query_projection.kernel) + array(layer.query_projection.bias)
        together = np.tanh(query_part + memory @ array(layer.memory_projection.kernel))
        return together @ array(layer.direction.kernel)[:, 0]
    if model.config.score == "general":
        return query @ (memory @ array(layer.memory_projection.kernel))
    return query @ (memory[:D] + memory[D:])


@pytest.mark.parametrize("score", ATTENTION)
def test_the_decoder_looks_at_the_source_before_each_step(score, inputs):
    model = build(score)
    with recording() as maps:
        outputs = model(inputs)
    [weights] = maps.values()
    assert weights.shape == (B, 1, T, S)
    for row, source, target in rows(inputs):
        x = embed(model.encoder_embedding, source)
        forward, backward = [np.zeros(D)], [np.zeros(D)]
        for place in range(len(source)):
            forward.append(gru(model.encoder.forward_layers[0].cell, x[place], forward[-1]))
            backward.append(gru(model.encoder.backward_layers[0].cell, x[-1 - place], backward[-1]))
        memory = np.concatenate([forward[1:], backward[:0:-1]], axis=1)
        kernel, bias = (array(w) for w in model.bridge.weights)
        hidden = np.tanh(np.concatenate([forward[-1], backward[-1]]) @ kernel + bias)
        for t, x in enumerate(embed(model.decoder_embedding, target)):
            scores = np.array([score_by_hand(model, hidden, place) for place in memory])
            expected_weights = np.exp(scores) / np.exp(scores).sum()
            context = expected_weights @ memory
            hidden = gru(model.decoder.cell, x, hidden, context @ array(model.decoder.context_projection.kernel))
            np.testing.assert_allclose(weights[row, 0, t, : len(source)], expected_weights, atol=1e-5)
            np.testing.assert_array_equal(weights[row, 0, t, len(source) :], 0.0)
            np.testing.assert_allclose(outputs[row, t], np.concatenate([hidden, context, x]), atol=1e-5)


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


@pytest.mark.parametrize("name", ["sutskever", "additive"])
def test_a_graph_of_unknown_shape_gives_every_weight_a_gradient(name, inputs):
    tf = pytest.importorskip("tensorflow")
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
