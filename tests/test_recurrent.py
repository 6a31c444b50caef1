"""What recurrent layers promise; that they compute the equations, PyTorch says (tests/references/recurrent.py)."""

import keras
import numpy as np
import pytest
from keras import ops

from zoo.layers.cells import GRUCell, LSTMCell, make_cell
from zoo.layers.recurrent import RecurrentLayer, RecurrentStack
from zoo.models.birnn import BiRNN, BiRNNConfig
from zoo.models.rnn import RNN, RNNConfig
from zoo.registry import UnknownNameError

B, T, D_IN, D = 4, 6, 3, 5
CELLS = ["vanilla", "lstm", "gru"]


def randomized(layer, *inputs):
    """Builds the layer and draws all weights, biases too: zeros would hide a bias in the wrong place."""
    layer(*inputs)
    rng = np.random.default_rng(1)
    layer.set_weights([rng.normal(size=w.shape, scale=0.7) for w in layer.weights])
    return layer


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(B, T, D_IN)).astype("float32")


def test_padding_may_stand_in_front(x):
    layer = randomized(RecurrentLayer(GRUCell(D)), x)
    outputs, [final] = layer(x, np.tile(np.arange(T) >= 4, (B, 1)))
    alone, [expected] = layer(x[:, 4:])
    np.testing.assert_allclose(outputs[:, 4:], alone, atol=1e-6)
    np.testing.assert_allclose(final, expected, atol=1e-6)


@pytest.mark.parametrize("name", CELLS)
def test_a_sequence_can_be_read_in_two_pieces(name, x):
    stack = randomized(RecurrentStack(name, 2, D), x)
    whole, final = stack(x)
    first, state = stack(x[:, :2])
    second, state = stack(x[:, 2:], initial_state=state)
    np.testing.assert_allclose(whole, np.concatenate([first, second], axis=1), atol=1e-6)
    keras.tree.map_structure(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-6), final, state)


@pytest.mark.parametrize("name", CELLS)
def test_stepping_equals_the_whole(name, x):
    stack = randomized(RecurrentStack(name, 2, D, dropout=0.5), x)
    whole, _ = stack(x)
    state = stack.zero_state(B)
    for t in range(T):
        output, state = stack.step(x[:, t], state)
        np.testing.assert_allclose(output, whole[:, t], atol=1e-6)


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
