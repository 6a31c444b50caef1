"""Every public layer goes into the file of a Keras model of one's own, and comes out of it the same."""

import sys

import keras
import numpy as np
import pytest
from keras import ops

import zoo.layers
from tests.processes import finished
from zoo.layers import (
    AdditiveScore,
    BidirectionalStack,
    ClassificationHead,
    DecoderBlock,
    Dense,
    DotScore,
    EncoderBlock,
    FeedForward,
    GeneralScore,
    GRUCell,
    LanguageModelHead,
    LearnedPositions,
    LSTMCell,
    MaskedLanguageModelHead,
    MultiHeadAttention,
    PretrainingHead,
    RecurrentCell,
    RecurrentLayer,
    RecurrentStack,
    RegressionHead,
    SimpleCell,
    SinusoidalPositions,
    SpanHead,
    TokenClassificationHead,
    TokenEmbedding,
    WithLanguageModelling,
)


def random(*shape):
    return np.random.default_rng(sum(shape)).normal(size=shape).astype("float32")


X, SOURCE = random(2, 3, 4), random(2, 5, 4)  # [B, T, D], [B, S, D]
MASK = np.array([[True, True, False], [True, True, True]])  # [B, T]
CAUSAL = np.tril(np.ones((2, 3, 3), bool))
SOURCE_MASK = np.array([[[True] * 4 + [False]], [[True] * 5]])  # [B, 1, S]
IDS = np.array([[1, 6, 0], [2, 2, 5]], "int32")
NORMAL = keras.initializers.RandomNormal(stddev=0.5)

# The layer, with arguments that are not its defaults, and what it is called with.
CALLS = {
    AdditiveScore: (lambda: AdditiveScore(5), random(2, 4), random(2, 3, 5)),
    BidirectionalStack: (lambda: BidirectionalStack("gru", 2, 3, dropout=0.1), X, MASK),
    ClassificationHead: (lambda: ClassificationHead(3, "first", dropout=0.2), X, MASK),
    DecoderBlock: (
        lambda: DecoderBlock(2, 4, 6, 0.1, "gelu_tanh", norm_first=True, epsilon=0.1, cross_attention=True,
                             kernel_initializer=NORMAL, residual_initializer="zeros"),
        X, CAUSAL, SOURCE, SOURCE_MASK,
    ),
    Dense: (lambda: Dense(3, activation="tanh"), X),
    DotScore: (DotScore, random(2, 4), X),
    EncoderBlock: (
        lambda: EncoderBlock(2, 4, 6, 0.1, "gelu", norm_first=True, epsilon=0.1, kernel_initializer=NORMAL), X, CAUSAL,
    ),
    FeedForward: (lambda: FeedForward(4, 6, "gelu", output_initializer=NORMAL), X),
    GeneralScore: (lambda: GeneralScore(4), random(2, 4), X),
    GRUCell: (lambda: RecurrentLayer(GRUCell(3), backwards=True), X, MASK),
    LanguageModelHead: (lambda: LanguageModelHead(7, bias=False), X),
    LearnedPositions: (lambda: LearnedPositions(5, 4, initializer=NORMAL), X),
    LSTMCell: (lambda: RecurrentLayer(LSTMCell(3)), X, MASK),
    MaskedLanguageModelHead: (lambda: MaskedLanguageModelHead(7, activation="relu", epsilon=0.1), X),
    MultiHeadAttention: (lambda: MultiHeadAttention(2, 4, 0.1, kernel_initializer=NORMAL), X, SOURCE, SOURCE_MASK),
    PretrainingHead: (
        lambda: PretrainingHead(7, pooling="mean", activation="relu"), X, MASK, np.array([[0, 1], [2, 0]], "int32"),
    ),
    RecurrentLayer: (lambda: RecurrentLayer(SimpleCell(3), backwards=True), X, MASK),
    RecurrentStack: (lambda: RecurrentStack("lstm", 2, 3, dropout=0.1, backwards=True), X, MASK),
    RegressionHead: (lambda: RegressionHead("last", dropout=0.2), X, MASK),
    SimpleCell: (lambda: RecurrentLayer(SimpleCell(3)), X, MASK),
    SinusoidalPositions: (lambda: SinusoidalPositions(4), X),
    SpanHead: (SpanHead, X, MASK),
    TokenClassificationHead: (lambda: TokenClassificationHead(3, dropout=0.2), X),
    TokenEmbedding: (lambda: TokenEmbedding(7, 4, initializer=NORMAL), IDS),
    WithLanguageModelling: (lambda: WithLanguageModelling(ClassificationHead(3, "last"), 7, weight=0.3), X, MASK),
}  # fmt: skip


def saved(layer_class, folder):
    """A model around the layer, with random weights, in a file; the model, its inputs and the file."""
    make, *arrays = CALLS[layer_class]
    inputs = [keras.Input(batch_shape=array.shape, dtype=str(array.dtype)) for array in arrays]
    model = keras.Model(inputs, make()(*inputs))
    model.set_weights([random(*weight.shape) for weight in model.weights])
    model.save(folder / "own.keras")
    return model, arrays, folder / "own.keras"


def answers(model, arrays):
    return [ops.convert_to_numpy(each) for each in keras.tree.flatten(model(arrays))]


def test_every_public_layer_is_asked():
    public = [getattr(zoo.layers, name) for name in zoo.layers.__all__]
    layers = {each for each in public if isinstance(each, type) and issubclass(each, keras.layers.Layer)}
    assert layers - {RecurrentCell} == set(CALLS), "the base of the cells has no equations"
    assert {keras.saving.get_registered_name(each) for each in layers} == {f"zoo>{each.__name__}" for each in layers}


@pytest.mark.parametrize("layer_class", CALLS, ids=lambda each: each.__name__)
def test_a_model_that_was_saved_and_loaded_answers_the_same(layer_class, tmp_path):
    model, arrays, path = saved(layer_class, tmp_path)
    loaded = keras.models.load_model(path)
    for answer, before in zip(answers(loaded, arrays), answers(model, arrays), strict=True):
        np.testing.assert_array_equal(answer, before)
    assert loaded.layers[-1].get_config() == model.layers[-1].get_config()
    for weight, before in zip(loaded.get_weights(), model.get_weights(), strict=True):  # also those of training alone
        np.testing.assert_array_equal(weight, before)


def test_a_fresh_process_needs_nothing_but_the_import(tmp_path):
    model, arrays, path = saved(MultiHeadAttention, tmp_path)
    np.savez(tmp_path / "inputs.npz", *arrays)
    program = (
        "import sys, keras, numpy, zoo.layers\n"
        "model = keras.models.load_model(sys.argv[1])\n"
        "answer = model(list(numpy.load(sys.argv[2]).values()))\n"
        "numpy.save(sys.argv[3], keras.ops.convert_to_numpy(answer))\n"
    )
    finished([sys.executable, "-c", program, path, tmp_path / "inputs.npz", tmp_path / "answer.npy"])
    np.testing.assert_array_equal(np.load(tmp_path / "answer.npy"), answers(model, arrays)[0])


def test_a_configuration_keeps_precision_and_name():
    layer = GRUCell(3, dtype="mixed_bfloat16", name="memory", trainable=False)
    again = GRUCell.from_config(layer.get_config())
    assert (again.hidden_dim, again.compute_dtype, again.name, again.trainable) == (3, "bfloat16", "memory", False)


def test_a_subclass_keeps_its_own_arguments_and_those_it_passes_on():
    class Narrow(FeedForward):
        def __init__(self, narrowness, **others):
            super().__init__(8, 8 // narrowness, **others)

    layer = Narrow.from_config(Narrow(4, output_initializer=NORMAL, name="waist").get_config())
    layer.build((2, 3, 8))
    assert (layer.expand.units, layer.contract.kernel_initializer.stddev, layer.name) == (2, 0.5, "waist")


@pytest.mark.parametrize(
    "head",
    [
        lambda embedding: LanguageModelHead(7, embedding, name="writer"),
        lambda embedding: MaskedLanguageModelHead(7, embedding, name="writer"),
        lambda embedding: WithLanguageModelling(SpanHead(), 7, embedding, name="writer"),
    ],
)
def test_a_tied_head_is_not_saved_without_its_tie(head):
    layer = head(TokenEmbedding(7, 4))
    with pytest.raises(NotImplementedError, match=r"'writer' is tied .* use save_weights"):
        layer.get_config()
