"""Attention, masks, positions, embeddings and heads agree with hand calculations and plain loops."""

import math

import keras
import numpy as np
import pytest
from keras import ops

from zoo.layers import (
    ClassificationHead,
    Dense,
    FeedForward,
    LanguageModelHead,
    LearnedPositions,
    MaskedLanguageModelHead,
    MultiHeadAttention,
    SpanHead,
    TokenClassificationHead,
    TokenEmbedding,
    causal_mask,
    combine_masks,
    dot_product_attention,
    fresh,
    padding_to_attention_mask,
    past_mask,
    pool,
    recording,
    sinusoidal_positions,
    write_memory,
)


def random(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def attention_by_loops(query, key, value, may_attend):
    """The definition, one number after the other; [B, H, T, E], [B, H, S, E] twice, [B, T, S] -> [B, H, T, E]."""
    result = np.zeros(query.shape)
    for b, h, t in np.ndindex(*query.shape[:3]):
        sources = [s for s in range(key.shape[2]) if may_attend[b, t, s]]
        scores = [math.exp(query[b, h, t] @ key[b, h, s] / math.sqrt(query.shape[-1])) for s in sources]
        for s, score in zip(sources, scores, strict=True):
            result[b, h, t] += score / sum(scores) * value[b, h, s]
    return result


@pytest.fixture
def bfloat16():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


# Attention


def test_attention_is_its_definition():
    query, key, value = random(2, 2, 3, 4), random(2, 2, 5, 4)[::-1].copy(), random(2, 2, 5, 4)
    may_attend = np.random.default_rng(1).random((2, 3, 5)) < 0.6
    may_attend[:, :, 0] = True
    result, weights = dot_product_attention(query, key, value, may_attend)
    np.testing.assert_allclose(result, attention_by_loops(query, key, value, may_attend), atol=1e-6)
    np.testing.assert_allclose(ops.sum(weights, axis=-1), np.ones((2, 2, 3)), atol=1e-6)
    assert np.all(ops.convert_to_numpy(weights)[~np.repeat(may_attend[:, None], 2, axis=1)] == 0)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_masked_places_weigh_nothing_in_every_precision(dtype):
    # The unscaled score 40 * 40 * 64 is far beyond float16's largest number, 65504.
    query, key = ops.full((1, 1, 1, 64), 40, dtype), ops.full((1, 1, 3, 64), 40, dtype)
    _, weights = dot_product_attention(query, key, key, np.array([[[True, False, True]]]))
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    np.testing.assert_array_equal(ops.convert_to_numpy(ops.cast(weights, "float32")).ravel(), [0.5, 0, 0.5])
    nothing_to_attend, _ = dot_product_attention(query, key, key, np.array([[[False, False, False]]]))
    assert np.all(np.isfinite(ops.convert_to_numpy(ops.cast(nothing_to_attend, "float32"))))


def test_attention_that_cannot_be_split_into_heads_is_refused():
    with pytest.raises(ValueError, match="hidden_dim 6 cannot be split into 4 heads"):
        MultiHeadAttention(num_heads=4, hidden_dim=6)


def test_memory_is_written_where_each_row_stands():
    memory = {"key": np.zeros((2, 1, 3, 1), "float32")}
    new = {"key": np.array([[[[5.0]]], [[[7.0]]]], "float32")}
    written = write_memory(memory, new, position=ops.convert_to_tensor([2, 0]))
    np.testing.assert_array_equal(ops.squeeze(written["key"]), [[0, 0, 5], [7, 0, 0]])
    two = {"key": np.array([5.0, 6.0, 7.0, 8.0], "float32").reshape(2, 1, 2, 1)}
    written = write_memory(memory, two, position=ops.convert_to_tensor([1, 0]))
    np.testing.assert_array_equal(ops.squeeze(written["key"]), [[0, 5, 6], [7, 8, 0]])


def test_recording_keeps_attention_maps_while_it_is_open():
    attention = MultiHeadAttention(num_heads=2, hidden_dim=4, name="looking")
    x = random(3, 5, 4)
    attention(x)
    with recording() as maps:
        attention(x)
    assert list(maps) == ["looking"] and maps["looking"].shape == (3, 2, 5, 5)
    attention(x[:, :2])
    assert maps["looking"].shape == (3, 2, 5, 5), "after the block nothing is recorded"


@pytest.mark.skipif(keras.config.backend() == "torch", reason="predict is not compiled with torch")
def test_recording_in_a_compiled_function_is_refused():
    model = keras.Sequential([MultiHeadAttention(num_heads=2, hidden_dim=4)])
    with recording(), pytest.raises(RuntimeError, match="call model"):
        model.predict(random(3, 5, 4), verbose=0)


# Masks


def test_masks_say_who_may_attend():
    np.testing.assert_array_equal(causal_mask(3), [[[True, False, False], [True, True, False], [True, True, True]]])
    padding_mask = np.array([[True, True], [True, False]])
    np.testing.assert_array_equal(padding_to_attention_mask(padding_mask), [[[True, True]], [[True, False]]])
    np.testing.assert_array_equal(
        past_mask(ops.convert_to_tensor([0, 2]), 3), [[[True, False, False]], [[True, True, True]]]
    )
    two_tokens = [[[True, False, False], [True, True, False]], [[True, True, False], [True, True, True]]]
    np.testing.assert_array_equal(past_mask(ops.convert_to_tensor([0, 1]), 3, 2), two_tokens)
    combined = combine_masks(None, causal_mask(2), padding_to_attention_mask(padding_mask))
    np.testing.assert_array_equal(combined, [[[True, False], [True, True]], [[True, False], [True, False]]])
    assert combine_masks(None, None) is None


# Positions


def test_sinusoidal_positions_are_the_formula_of_the_paper():
    waves = ops.convert_to_numpy(sinusoidal_positions(np.arange(3), 4))
    # PE(p, 0) = sin p, PE(p, 1) = cos p, PE(p, 2) = sin(p / 100), PE(p, 3) = cos(p / 100), since 10000^(2/4) = 100.
    np.testing.assert_allclose(waves[0], [0, 1, 0, 1], atol=1e-6)
    np.testing.assert_allclose(waves[1], [0.8414710, 0.5403023, 0.0099998, 0.9999500], atol=1e-6)
    np.testing.assert_allclose(waves[2], [0.9092974, -0.4161468, 0.0199987, 0.9998000], atol=1e-6)
    with pytest.raises(ValueError, match="even, not 5"):
        sinusoidal_positions(np.arange(3), 5)


def test_learned_positions_have_a_maximum():
    positions = LearnedPositions(4, 2)
    np.testing.assert_array_equal(positions(random(1, 3, 2)), positions.embeddings[:3])
    np.testing.assert_array_equal(positions.at(np.array([3, 0])), ops.take(positions.embeddings, [3, 0], axis=0))
    with pytest.raises(ValueError, match=r"5 tokens is longer than max_sequence_length 4"):
        positions(random(1, 5, 2))


# Embeddings and initialisation


def test_embedding_and_tied_head_use_one_matrix():
    embedding = TokenEmbedding(7, 3)
    matrix = ops.convert_to_numpy(embedding.embeddings)
    np.testing.assert_array_equal(embedding(np.array([[2, 5]])), matrix[None, [2, 5]])
    head = LanguageModelHead(7, tied_to=embedding)
    hidden_states = random(2, 4, 3)
    np.testing.assert_allclose(head(hidden_states), hidden_states @ matrix.T, atol=1e-6)
    np.testing.assert_allclose(head(hidden_states[:, 1]), hidden_states[:, 1] @ matrix.T, atol=1e-6)
    assert head.weights == []
    with pytest.raises(ValueError, match="8 tokens cannot be tied to an embedding of 7"):
        LanguageModelHead(8, tied_to=embedding)
    with pytest.raises(ValueError, match="size 5 cannot be compared with embeddings of size 3"):
        LanguageModelHead(7, tied_to=embedding)(random(2, 4, 5))


def test_layers_that_share_an_initializer_do_not_begin_equal():
    shared = keras.initializers.RandomNormal()
    np.testing.assert_array_equal(shared((2, 2)), shared((2, 2)))  # Keras's trap
    assert not np.array_equal(fresh(shared)((2, 2)), fresh(shared)((2, 2)))


@pytest.mark.parametrize(
    ("activation", "at_one", "at_minus_one"),
    # x * Phi(x) with Phi(1) = 0.8413447; and its approximation 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
    [("relu", 1.0, 0.0), ("gelu", 0.8413447, -0.1586553), ("gelu_tanh", 0.8411920, -0.1588080)],
)
def test_activations_of_the_papers(activation, at_one, at_minus_one):
    feed_forward = FeedForward(1, 1, activation, kernel_initializer="ones")
    result = ops.squeeze(feed_forward(np.array([[[1.0], [-1.0]]])))
    np.testing.assert_allclose(result, [at_one, at_minus_one], atol=2e-6)
    with pytest.raises(ValueError, match="Did you mean 'gelu'"):
        FeedForward(1, 1, "gelo")


# Heads


HIDDEN_STATES = np.array([[[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]], [[5.0, 50.0], [7.0, 70.0], [9.0, 90.0]]], "float32")
PADDING_MASK = np.array([[True, True, False], [True, True, True]])


@pytest.mark.parametrize(
    ("pooling", "expected", "without_mask"),
    [
        ("first", [[1, 10], [5, 50]], [[1, 10], [5, 50]]),
        ("last", [[2, 20], [9, 90]], [[6, 60], [9, 90]]),
        ("mean", [[1.5, 15], [7, 70]], [[3, 30], [7, 70]]),
    ],
)
def test_pooling_leaves_padding_out(pooling, expected, without_mask):
    np.testing.assert_allclose(pool(HIDDEN_STATES, PADDING_MASK, pooling), expected)
    np.testing.assert_allclose(pool(HIDDEN_STATES, None, pooling), without_mask)
    head = ClassificationHead(3, pooling)
    assert head(HIDDEN_STATES, PADDING_MASK).shape == (2, 3)
    assert head.count_params() == 2 * 3 + 3 + (2 * 2 + 2 if pooling == "first" else 0)


def test_a_text_without_tokens_is_pooled_to_zeros():
    for pooling in ("last", "mean"):
        np.testing.assert_array_equal(pool(HIDDEN_STATES, np.zeros((2, 3), bool), pooling), np.zeros((2, 2)))


def test_unknown_pooling_is_refused():
    with pytest.raises(ValueError, match="Possible: first, last, mean"):
        ClassificationHead(3, "middle")


def test_span_head_never_points_at_padding():
    head = SpanHead()
    logits = ops.convert_to_numpy(head(HIDDEN_STATES, PADDING_MASK))
    assert logits.shape == (2, 2, 3)
    np.testing.assert_array_equal(logits < -1e8, np.repeat(~PADDING_MASK[:, None], 2, axis=1))
    kernel = ops.convert_to_numpy(head.weights[0])
    np.testing.assert_allclose(logits[1], (HIDDEN_STATES[1] @ kernel).T, rtol=1e-5)


def test_logits_are_float32_where_the_model_computes_in_bfloat16(bfloat16):
    embedding = TokenEmbedding(7, 2)
    hidden_states = embedding(np.array([[1, 2, 3], [4, 5, 6]]))
    assert keras.backend.standardize_dtype(hidden_states.dtype) == "bfloat16"
    heads = {
        (2, 3, 7): [LanguageModelHead(7), LanguageModelHead(7, embedding), MaskedLanguageModelHead(7, embedding)],
        (2, 4): [ClassificationHead(4, pooling) for pooling in ("first", "last", "mean")],
        (2, 3, 4): [TokenClassificationHead(4)],
        (2, 2, 3): [SpanHead()],
    }
    for shape, of_shape in heads.items():
        for head in of_shape:
            logits = head(hidden_states, PADDING_MASK)
            assert (logits.shape, keras.backend.standardize_dtype(logits.dtype)) == (shape, "float32")


@pytest.mark.parametrize("shape", [(2, 3), (4, 2, 3), (5, 4, 2, 3), (0, 2, 3)])
def test_dense_multiplies_each_vector_whatever_their_arrangement(shape):
    dense = Dense(4, activation="tanh", bias_initializer="ones")
    outputs = ops.convert_to_numpy(dense(random(*shape)))
    kernel, bias = dense.get_weights()
    assert outputs.shape == (*shape[:-1], 4)
    np.testing.assert_allclose(outputs, np.tanh(random(*shape) @ kernel + bias), rtol=1e-5, atol=1e-6)
