"""Heads: what turns the hidden states of a backbone into the answer to a question.

Each is called as ``head(hidden_states, padding_mask=None)`` and returns logits
in float32, also where the model computes in bfloat16: a loss needs the digits.

Shapes: B batch, T length, D hidden_dim, V vocabulary, C classes.
Masks: padding_mask [B, T], True = a real token; None = all tokens are real.
"""

import keras
from keras import ops

from zoo.layers.dense import Dense, by_row
from zoo.layers.feed_forward import find_activation
from zoo.layers.saving import Layer
from zoo.registry import unknown_name

POOLINGS = ("first", "last", "mean")


class LanguageModelHead(Layer):
    """Scores every token of the vocabulary as the next one.

    Args:
        vocabulary_size: int, V.
        tied_to: a :class:`zoo.layers.embeddings.TokenEmbedding` whose matrix makes the logits;
            None for weights of the head's own.
        bias: bool, whether each token has a bias; by default only an untied head has one.

    Raises:
        ValueError: if the embedding has another vocabulary, or its vectors another size than the hidden states.
    """

    def __init__(self, vocabulary_size, tied_to=None, bias=None, **kwargs):
        super().__init__(**kwargs)
        if tied_to is not None and tied_to.vocabulary_size != vocabulary_size:
            raise ValueError(
                f"a head for {vocabulary_size} tokens cannot be tied to an embedding of {tied_to.vocabulary_size}: "
                "give both the same vocabulary_size, or tied_to=None."
            )
        self.vocabulary_size = vocabulary_size
        self.has_bias = tied_to is None if bias is None else bias
        self.embedding_dim = tied_to.hidden_dim if tied_to else None
        # Only the method is kept: the matrix belongs to the backbone, the head counts and saves no weight of it.
        self.tied_logits = tied_to.logits if tied_to else None

    def build(self, hidden_states_shape, padding_mask_shape=None):
        hidden_dim = hidden_states_shape[-1]
        if self.tied_logits is None:
            self.kernel = self.add_weight(name="kernel", shape=(hidden_dim, self.vocabulary_size))
        elif hidden_dim != self.embedding_dim:
            raise ValueError(
                f"hidden states of size {hidden_dim} cannot be compared with embeddings of size {self.embedding_dim}: "
                "tie only where both sizes are equal."
            )
        if self.has_bias:
            self.bias = self.add_weight(name="bias", shape=(self.vocabulary_size,), initializer="zeros")

    def call(self, hidden_states, padding_mask=None):
        """Args: hidden_states [B, T, D], or [B, D] of a single step. Returns: [B, T, V] or [B, V]."""
        if self.tied_logits is None:
            logits = by_row(lambda rows: ops.matmul(rows, self.kernel), hidden_states)
        else:
            logits = self.tied_logits(hidden_states)
        if self.has_bias:
            logits = logits + self.bias
        return ops.cast(logits, "float32")


class MaskedLanguageModelHead(Layer):
    """Guesses the masked tokens from both sides (Devlin et al. 2018, BERT, arXiv:1810.04805, section 3.1).

    A dense layer, an activation and a normalisation as in the published checkpoints, then logits with a bias.

    Args:
        vocabulary_size: int, V.
        tied_to: the :class:`zoo.layers.embeddings.TokenEmbedding` of the backbone, or None.
        activation: name, that of the backbone, see :class:`zoo.layers.feed_forward.FeedForward`.
        epsilon: float, of the normalisation.

    Raises:
        UnknownNameError: for another ``activation``.
    """

    def __init__(self, vocabulary_size, tied_to=None, activation="gelu", epsilon=1e-12, **kwargs):
        super().__init__(**kwargs)
        self.activation = find_activation(activation)
        self.norm = keras.layers.LayerNormalization(epsilon=epsilon)
        self.output_head = LanguageModelHead(vocabulary_size, tied_to, bias=True)

    def build(self, hidden_states_shape, padding_mask_shape=None):
        normal = keras.initializers.TruncatedNormal(stddev=0.02)
        self.dense = Dense(hidden_states_shape[-1], self.activation, kernel_initializer=normal)
        self.dense.build(hidden_states_shape)
        self.norm.build(hidden_states_shape)
        self.output_head.build(hidden_states_shape)

    def call(self, hidden_states, padding_mask=None):
        """Args: hidden_states [B, T, D]. Returns: [B, T, V]."""
        return self.output_head(self.norm(self.dense(hidden_states)))


class ClassificationHead(Layer):
    """Puts a whole text into one of C classes: pool to one vector, then a linear layer.

    With ``pooling="first"`` the vector passes BERT's *pooler*, a dense tanh
    layer. It lives here and not in the backbone, because models that tag or
    find spans have no use for it.

    Args:
        num_classes: int, C.
        pooling: "first" token, "last" real token, or "mean" of the real tokens.
        dropout: float, rate on the pooled vector.

    Raises:
        UnknownNameError: for another ``pooling``.
    """

    def __init__(self, num_classes, pooling="mean", dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        if pooling not in POOLINGS:
            raise unknown_name("pooling", pooling, POOLINGS)
        self.pooling = pooling
        self.dropout = keras.layers.Dropout(dropout)
        self.classifier = Dense(num_classes)

    def build(self, hidden_states_shape, padding_mask_shape=None):
        pooled_shape = (hidden_states_shape[0], hidden_states_shape[-1])
        if self.pooling == "first":
            self.pooler = Dense(hidden_states_shape[-1], activation="tanh")
            self.pooler.build(pooled_shape)
        self.classifier.build(pooled_shape)

    def call(self, hidden_states, padding_mask=None):
        """Args: hidden_states [B, T, D]. Returns: [B, C]."""
        pooled = pool(hidden_states, padding_mask, self.pooling)
        if self.pooling == "first":
            pooled = self.pooler(pooled)
        return ops.cast(self.classifier(self.dropout(pooled)), "float32")


class RegressionHead(ClassificationHead):
    """Gives a whole text a number: the head of classification with one output.

    Args:
        pooling, dropout: as for :class:`ClassificationHead`.
    """

    def __init__(self, pooling="mean", dropout=0.1, **kwargs):
        super().__init__(1, pooling, dropout, **kwargs)

    def call(self, hidden_states, padding_mask=None):
        """Args: hidden_states [B, T, D]. Returns: [B]."""
        return super().call(hidden_states, padding_mask)[:, 0]


class TokenClassificationHead(Layer):
    """Gives each token one of C tags.

    Args:
        num_classes: int, C.
        dropout: float, rate on the hidden states.
    """

    def __init__(self, num_classes, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.dropout = keras.layers.Dropout(dropout)
        self.classifier = Dense(num_classes)

    def build(self, hidden_states_shape, padding_mask_shape=None):
        self.classifier.build(hidden_states_shape)

    def call(self, hidden_states, padding_mask=None):
        """Args: hidden_states [B, T, D]. Returns: [B, T, C]."""
        return ops.cast(self.classifier(self.dropout(hidden_states)), "float32")


class SpanHead(Layer):
    """Points at the first and the last token of an answer (Devlin et al. 2018, BERT, arXiv:1810.04805, section 4.2)."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.classifier = Dense(2)

    def build(self, hidden_states_shape, padding_mask_shape=None):
        self.classifier.build(hidden_states_shape)

    def call(self, hidden_states, padding_mask=None):
        """Args: hidden_states [B, T, D].

        Returns:
            [B, 2, T]: scores of each place to be the start and to be the end; padding scores -1e9.
        """
        logits = ops.cast(self.classifier(hidden_states), "float32")
        logits = ops.transpose(logits, (0, 2, 1))  # [B, 2, T]
        if padding_mask is not None:
            logits = ops.where(padding_mask[:, None, :], logits, -1e9)
        return logits


def pool(hidden_states, padding_mask, pooling):
    """One vector for each text.

    Args:
        hidden_states: [B, T, D].
        padding_mask: [B, T], True = a real token; None = all are real.
        pooling: "first", "last" (the last *real* token) or "mean" (over the real tokens).

    Returns:
        [B, D]; zeros for a text without a real token, where pooling is "last" or "mean".
    """
    if pooling == "first":
        return hidden_states[:, 0]
    if padding_mask is None:
        padding_mask = ops.ones_like(hidden_states[:, :, 0], dtype="bool")
    lengths = ops.sum(ops.cast(padding_mask, "int32"), axis=1, keepdims=True)  # [B, 1]
    if pooling == "last":
        places = ops.arange(ops.shape(hidden_states)[1], dtype="int32")  # [T]
        return _sum_where(places == lengths - 1, hidden_states)
    count = ops.cast(ops.maximum(lengths, 1), hidden_states.dtype)
    return _sum_where(padding_mask, hidden_states) / count


def _sum_where(chosen, hidden_states):
    """Sum over the chosen places: [B, T], [B, T, D] -> [B, D]."""
    return ops.einsum("bt,btd->bd", ops.cast(chosen, hidden_states.dtype), hidden_states)
