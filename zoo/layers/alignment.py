"""How well does what the decoder is about to write match each place of the source? Scores and their weights.

Shapes: B batch, S source length, D hidden_dim of the decoder, M size of a memory
vector (an encoder output). A score layer has two parts: ``keys(memory)``, which
does not depend on the decoder and is computed once for a source, and
``call(query, keys)``, computed at every step.
"""

from keras import ops

from zoo.layers.dense import Dense
from zoo.layers.saving import Layer
from zoo.registry import unknown_name


class AdditiveScore(Layer):
    """Bahdanau 2015, appendix A.1.2: ``score = v . tanh(W query + U memory)``.

    (``keras.layers.AdditiveAttention`` is not this: it has no W and no U.)

    Args:
        hidden_dim: int, A, size of the space in which both are compared.
    """

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.query_projection = Dense(hidden_dim)  # W, with the bias for both
        self.memory_projection = Dense(hidden_dim, use_bias=False)  # U
        self.direction = Dense(1, use_bias=False)  # v

    def build(self, query_shape, keys_shape):
        self.query_projection.build(query_shape)
        self.direction.build(keys_shape)

    def keys(self, memory):
        """``memory`` [B, S, M] -> U memory [B, S, A]."""
        return self.memory_projection(memory)

    def call(self, query, keys):
        """``query`` [B, D], ``keys`` [B, S, A] -> scores [B, S]."""
        together = ops.tanh(ops.expand_dims(self.query_projection(query), 1) + keys)  # [B, S, A]
        return ops.squeeze(self.direction(together), -1)


class DotScore(Layer):
    """Luong 2015, section 3.1, "dot": ``score = query . memory``; no weights.

    The memory must be as large as the query.
    """

    def build(self, query_shape, keys_shape):
        """No weights: the query meets the keys as they are."""

    def keys(self, memory):
        """``memory`` [B, S, D], as it is."""
        return memory

    def call(self, query, keys):
        """``query`` [B, D], ``keys`` [B, S, D] -> scores [B, S]."""
        return ops.einsum("bd,bsd->bs", query, keys)


class GeneralScore(DotScore):
    """Luong 2015, section 3.1, "general": ``score = query . (W memory)``.

    Args:
        hidden_dim: int, D, size of the query.
    """

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.memory_projection = Dense(hidden_dim, use_bias=False)

    def keys(self, memory):
        """``memory`` [B, S, M] -> W memory [B, S, D]."""
        return self.memory_projection(memory)


def make_score(name, hidden_dim):
    """The score called ``name``: "additive", "dot" or "general".

    Raises:
        UnknownNameError: lists the scores.
    """
    if name == "dot":
        return DotScore()
    scores = {"additive": AdditiveScore, "general": GeneralScore}
    if name not in scores:
        raise unknown_name("score", name, [*scores, "dot"])
    return scores[name](hidden_dim)


def attend(scores, memory, padding_mask):
    """Scores become weights, weights average the memory.

    Args:
        scores: [B, S].
        memory: [B, S, M].
        padding_mask: [B, S], True = a real token, may be attended to.

    Returns:
        The context [B, M] and the weights [B, S], which sum to one over the real tokens.
    """
    # In float32, whatever the layers compute in. Finite, so that a source of nothing but padding gives no NaN.
    scores = ops.where(padding_mask, ops.cast(scores, "float32"), -1e9)
    weights = ops.cast(ops.softmax(scores, axis=-1), memory.dtype)
    return ops.einsum("bs,bsm->bm", weights, memory), weights
