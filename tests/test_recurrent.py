"""Recurrent layers against plain NumPy loops over the equations of the papers, one row and one token at a time."""

import keras
import numpy as np
import pytest
from keras import ops

from zoo.layers.cells import GRUCell, LSTMCell, SimpleCell, make_cell
from zoo.layers.recurrent import BidirectionalStack, RecurrentLayer, RecurrentStack
from zoo.models.birnn import BiRNN, BiRNNConfig
from zoo.models.rnn import RNN, RNNConfig
from zoo.registry import UnknownNameError

B, T, D_IN, D = 4, 6, 3, 5
LENGTHS = [6, 2, 4, 1]
CELLS = ["vanilla", "lstm", "gru"]
TOLERANCE = 1e-5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def blocks(matrix, count):
    return np.split(matrix.astype("float64"), count, axis=-1)


def numpy_step(cell, x, state):
    """One token of one row, x [D_in], state list of [D]: the equations gate by gate."""
    weights = [np.array(w) for w in cell.weights]
    hidden = state[0]
    if isinstance(cell, SimpleCell):
        kernel, bias, recurrent = weights
        return [np.tanh(x @ kernel + hidden @ recurrent + bias)]
    if isinstance(cell, LSTMCell):
        gates = zip(*(blocks(w, 4) for w in weights), strict=True)
        i, f, g, o = (x @ kernel + hidden @ recurrent + bias for kernel, bias, recurrent in gates)
        memory = sigmoid(f) * state[1] + sigmoid(i) * np.tanh(g)
        return [sigmoid(o) * np.tanh(memory), memory]
    (kr, kz, kn), (br, bz, bn), (ur, uz, un), (cr, cz, cn) = (blocks(w, 3) for w in weights)
    reset = sigmoid(x @ kr + br + hidden @ ur + cr)
    update = sigmoid(x @ kz + bz + hidden @ uz + cz)
    candidate = np.tanh(x @ kn + bn + reset * (hidden @ un + cn))
    return [(1 - update) * candidate + update * hidden]


def numpy_run(layer, x, length, state=None):
    """Outputs [length, D] of one row without any padding, and the final state."""
    state = state or [np.zeros(D)] * layer.cell.num_states
    outputs = np.zeros((length, D))
    for t in reversed(range(length)) if layer.backwards else range(length):
        state = numpy_step(layer.cell, x[t], state)
        outputs[t] = state[0]
    return outputs, state


def randomized(layer, *inputs):
    """Builds the layer and draws all weights, biases too: zeros would hide a bias in the wrong place."""
    layer(*inputs)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape, scale=0.7) for w in layer.weights])
    return layer


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(B, T, D_IN)).astype("float32")


@pytest.fixture
def padding_mask():
    return np.arange(T) < np.array(LENGTHS)[:, None]


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("name", CELLS)
def test_a_layer_computes_the_equations_and_stops_at_padding(name, backwards, x, padding_mask):
    layer = randomized(RecurrentLayer(make_cell(name, D), backwards), x, padding_mask)
    x[~padding_mask] = 1e3  # what stands in padding must not matter
    outputs, final = layer(x, padding_mask)
    for row, length in enumerate(LENGTHS):
        expected, expected_final = numpy_run(layer, x[row], length)
        np.testing.assert_allclose(outputs[row, :length], expected, atol=TOLERANCE)
        for state, expected_state in zip(final, expected_final, strict=True):
            np.testing.assert_allclose(state[row], expected_state, atol=TOLERANCE)


def test_padding_may_stand_in_front(x):
    layer = randomized(RecurrentLayer(GRUCell(D)), x)
    mask = np.arange(T) >= 4
    _, [final] = layer(x[:1], mask[None])
    _, [expected] = numpy_run(layer, x[0, 4:], 2)
    np.testing.assert_allclose(final[0], expected, atol=TOLERANCE)


@pytest.mark.parametrize("name", CELLS)
def test_a_sequence_can_be_read_in_two_pieces(name, x):
    stack = randomized(RecurrentStack(name, 2, D), x)
    whole, final = stack(x)
    first, state = stack(x[:, :2])
    second, state = stack(x[:, 2:], initial_state=state)
    np.testing.assert_allclose(whole, np.concatenate([first, second], axis=1), atol=1e-6)
    keras.tree.map_structure(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), final, state)


@pytest.mark.parametrize("name", CELLS)
def test_a_stack_feeds_each_layer_to_the_next(name, x, padding_mask):
    stack = randomized(RecurrentStack(name, 3, D), x, padding_mask)
    outputs, final = stack(x, padding_mask)
    for row, length in enumerate(LENGTHS):
        expected = x[row]
        for layer, state in zip(stack.recurrent_layers, final, strict=True):
            expected, expected_state = numpy_run(layer, expected, length)
            np.testing.assert_allclose(state[0][row], expected_state[0], atol=TOLERANCE)
        np.testing.assert_allclose(outputs[row, :length], expected, atol=TOLERANCE)


@pytest.mark.parametrize("name", CELLS)
def test_a_bidirectional_stack_reads_from_both_real_ends(name, x, padding_mask):
    stack = randomized(BidirectionalStack(name, 2, D), x, padding_mask)
    outputs, final = stack(x, padding_mask)
    for row, length in enumerate(LENGTHS):
        expected = x[row]
        for forward, backward, states in zip(stack.forward_layers, stack.backward_layers, final, strict=True):
            left, left_state = numpy_run(forward, expected, length)
            right, right_state = numpy_run(backward, expected, length)
            np.testing.assert_allclose(states[0][0][row], left_state[0], atol=TOLERANCE)
            np.testing.assert_allclose(states[1][0][row], right_state[0], atol=TOLERANCE)
            expected = np.concatenate([left, right], axis=-1)
        np.testing.assert_allclose(outputs[row, :length], expected, atol=TOLERANCE)


@pytest.mark.parametrize("name", CELLS)
def test_stepping_equals_the_whole(name, x):
    stack = randomized(RecurrentStack(name, 2, D, dropout=0.5), x)
    whole, _ = stack(x)
    state = stack.zero_state(B)
    for t in range(T):
        output, state = stack.step(x[:, t], state)
        np.testing.assert_allclose(output, whole[:, t], atol=1e-6)


def test_the_lstm_and_the_gru_are_those_of_keras(x, padding_mask):
    """Keras orders the GRU's gates update, reset, candidate; ours are reset, update, candidate, as PyTorch's."""
    ours = randomized(RecurrentLayer(LSTMCell(D)), x, padding_mask)
    kernel, bias, recurrent = ours.get_weights()
    theirs = keras.layers.LSTM(D, return_sequences=True)
    theirs(x)
    theirs.set_weights([kernel, recurrent, bias])
    np.testing.assert_allclose(ours(x, padding_mask)[0], theirs(x, mask=padding_mask), atol=TOLERANCE)

    ours = randomized(RecurrentLayer(GRUCell(D)), x, padding_mask)
    kernel, bias, recurrent, recurrent_bias = (
        np.concatenate([w[..., D : 2 * D], w[..., :D], w[..., 2 * D :]], axis=-1) for w in ours.get_weights()
    )
    theirs = keras.layers.GRU(D, return_sequences=True, reset_after=True)
    theirs(x)
    theirs.set_weights([kernel, recurrent, np.stack([bias, recurrent_bias])])
    np.testing.assert_allclose(ours(x, padding_mask)[0], theirs(x, mask=padding_mask), atol=TOLERANCE)


def test_only_the_forget_gate_starts_open(x):
    layer = RecurrentLayer(LSTMCell(D))
    layer(x)
    np.testing.assert_array_equal(layer.cell.input_projection.bias, [0.0] * D + [1.0] * D + [0.0] * 2 * D)


def test_dropout_acts_between_layers_and_only_in_training(x):
    single, double = RecurrentStack("gru", 1, D, dropout=0.9), RecurrentStack("gru", 2, D, dropout=0.9)
    np.testing.assert_array_equal(single(x, training=True)[0], single(x)[0])
    np.testing.assert_array_equal(double(x)[0], double(x)[0])
    assert np.abs(double(x, training=True)[0] - double(x)[0]).max() > 0.01


def test_an_unknown_cell_is_refused_with_those_that_exist():
    with pytest.raises(UnknownNameError, match=r"'lstn'.*Did you mean 'lstm'.*gru, lstm, vanilla"):
        make_cell("lstn", D)


@pytest.mark.parametrize("name", CELLS)
def test_a_language_model_steps_as_it_reads(name):
    model = RNN(RNNConfig(vocabulary_size=11, num_layers=2, hidden_dim=D, cell=name))
    token_ids = np.random.default_rng(0).integers(0, 11, (B, T))
    whole = model({"token_ids": token_ids, "padding_mask": np.ones((B, T), bool)})
    assert whole.shape == (B, T, D) == (B, T, model.hidden_dim)
    state = model.start({"token_ids": token_ids}, T)
    for t in range(T):
        output, state = model.step(token_ids[:, t], state)
        np.testing.assert_allclose(output, whole[:, t], atol=1e-6)


def test_the_language_models_have_the_sizes_they_claim():
    def parameters(preset):  # with an output layer of its own
        model = RNN(RNN.presets[preset])
        return model.count_params() + (model.hidden_dim + 1) * model.config.vocabulary_size

    # Each of GPT's 4 blocks: 12 D^2 matrices, 13 D biases and norms; tokens, places, the last norm.
    gpt = 4 * (12 * 128**2 + 13 * 128) + 70 * 128 + 64 * 128 + 2 * 128
    assert parameters("shakespeare-lstm") == pytest.approx(gpt, rel=0.01)
    assert parameters("shakespeare-gru") == pytest.approx(gpt, rel=0.01)
    # Zaremba's medium model: embedding, two layers of four gates, softmax.
    assert parameters("zaremba2014-medium") == 10_000 * 650 + 2 * 4 * (2 * 650**2 + 650) + 651 * 10_000


def test_the_bidirectional_encoder_sees_both_sides_segments_and_no_padding():
    model = BiRNN(BiRNNConfig(vocabulary_size=11, num_layers=2, hidden_dim=D, embedding_dim=4))
    token_ids = np.random.default_rng(0).integers(0, 11, (1, 4))
    segment_ids = np.array([[0, 0, 1, 1]])

    def read(token_ids, segment_ids, length):
        mask = np.arange(token_ids.shape[1]) < length
        outputs = model({"token_ids": token_ids, "segment_ids": segment_ids, "padding_mask": mask[None]})
        return ops.convert_to_numpy(outputs)[:, :length]

    alone = read(token_ids, segment_ids, 4)
    assert alone.shape == (1, 4, model.hidden_dim)
    padded = read(np.pad(token_ids, [(0, 0), (0, 3)], constant_values=7), np.pad(segment_ids, [(0, 0), (0, 3)]), 4)
    np.testing.assert_allclose(padded, alone, atol=1e-6)
    for place, neighbour in ((0, 3), (3, 0)):
        changed = token_ids.copy()
        changed[0, neighbour] = (changed[0, neighbour] + 1) % 11
        assert np.abs(read(changed, segment_ids, 4)[0, place] - alone[0, place]).max() > 1e-5
    assert np.abs(read(token_ids, np.zeros_like(segment_ids), 4) - alone).max() > 1e-4


@pytest.mark.parametrize(("config", "settings"), [(RNNConfig, {"num_layers": 0}), (BiRNNConfig, {"hidden_dim": 0})])
def test_sizes_below_one_are_refused(config, settings):
    with pytest.raises(ValueError, match="must be at least 1, not 0"):
        config(**settings)
    with pytest.raises(ValueError, match="from 0 to below 1, not 1"):
        config(dropout=1.0)
