"""The blocks a Transformer is a stack of.

Each sublayer adds something to the residual stream x [B, T, D]. Where the
normalisation stands is the one decision that divides the papers:

- ``norm_first=False`` (post-norm; Vaswani 2017, GPT-1, BERT): x = norm(x + sublayer(x));
- ``norm_first=True`` (pre-norm; GPT-2, Xiong et al. 2020, arXiv:2002.04745): x = x + sublayer(norm(x)),
  which trains without warm-up; the model then normalises once more at its end.

Shapes: B batch, T target or query length, S source or key length, D hidden_dim, F intermediate_dim.
Masks: attention_mask [B, T, S], True = may attend (see :mod:`zoo.layers.masks`).
"""

import keras
from keras import ops

from zoo.layers.attention import MultiHeadAttention, write_memory
from zoo.layers.feed_forward import FeedForward
from zoo.layers.masks import past_mask
from zoo.layers.saving import Layer


class EncoderBlock(Layer):
    """Self-attention, then a feed-forward layer.

    Args:
        num_heads: int.
        hidden_dim: int, D.
        intermediate_dim: int, F.
        dropout: float, rate on attention weights and on what each sublayer adds.
        activation: see :class:`FeedForward`.
        norm_first: bool, pre-norm instead of post-norm.
        epsilon: float, of the normalisation.
        kernel_initializer: name or instance of a Keras initializer; Glorot's by default.
        residual_initializer: the same for the last matrix of each sublayer, if it should differ (GPT-2).
    """

    def __init__(
        self,
        num_heads,
        hidden_dim,
        intermediate_dim,
        dropout=0.0,
        activation="relu",
        norm_first=False,
        epsilon=1e-6,
        kernel_initializer=None,
        residual_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.norm_first = norm_first
        initializers = (kernel_initializer, residual_initializer)
        self.attention = MultiHeadAttention(num_heads, hidden_dim, dropout, *initializers, name="attention")
        self.feed_forward = FeedForward(hidden_dim, intermediate_dim, activation, *initializers)
        self.attention_norm = keras.layers.LayerNormalization(epsilon=epsilon)
        self.feed_forward_norm = keras.layers.LayerNormalization(epsilon=epsilon)
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, x_shape, attention_mask_shape=None):
        for layer in (self.attention, self.attention_norm, self.feed_forward, self.feed_forward_norm):
            layer.build(x_shape)

    def call(self, x, attention_mask=None):
        """Args: x [B, T, D]; attention_mask [B, T, T]. Returns: [B, T, D]."""
        if self.norm_first:
            x = x + self.dropout(self.attention(self.attention_norm(x), attention_mask=attention_mask))
            x = x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        else:
            x = self.attention_norm(x + self.dropout(self.attention(x, attention_mask=attention_mask)))
            x = self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))
        return x


class DecoderBlock(Layer):
    """Self-attention to the past, attention to a source where there is one, then a feed-forward layer.

    ``call`` reads whole sequences; ``step`` reads the next tokens of each row and keeps
    the keys and values of the past in a cache. Both walk the same residual stream.

    Args:
        num_heads: int, H.
        hidden_dim: int, D.
        intermediate_dim: int, F.
        dropout: float, rate on attention weights and on what each sublayer adds.
        activation: see :class:`FeedForward`.
        norm_first: bool, pre-norm instead of post-norm.
        epsilon: float, of the normalisation.
        cross_attention: bool, whether there is a source to attend to.
        kernel_initializer: name or instance of a Keras initializer; Glorot's by default.
        residual_initializer: the same for the last matrix of each sublayer, if it should differ (GPT-2).
    """

    def __init__(
        self,
        num_heads,
        hidden_dim,
        intermediate_dim,
        dropout=0.0,
        activation="relu",
        norm_first=False,
        epsilon=1e-6,
        cross_attention=False,
        kernel_initializer=None,
        residual_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.norm_first = norm_first
        initializers = (kernel_initializer, residual_initializer)
        self.self_attention = MultiHeadAttention(num_heads, hidden_dim, dropout, *initializers, name="self_attention")
        self.self_attention_norm = keras.layers.LayerNormalization(epsilon=epsilon)
        self.cross_attention = None
        if cross_attention:
            self.cross_attention = MultiHeadAttention(
                num_heads, hidden_dim, dropout, *initializers, name="cross_attention"
            )
            self.cross_attention_norm = keras.layers.LayerNormalization(epsilon=epsilon)
        self.feed_forward = FeedForward(hidden_dim, intermediate_dim, activation, *initializers)
        self.feed_forward_norm = keras.layers.LayerNormalization(epsilon=epsilon)
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, x_shape, attention_mask_shape=None, source_shape=None, source_mask_shape=None):
        for layer in (self.self_attention, self.self_attention_norm, self.feed_forward, self.feed_forward_norm):
            layer.build(x_shape)
        if self.cross_attention is not None:
            self.cross_attention.build(x_shape, source_shape)
            self.cross_attention_norm.build(x_shape)

    def call(self, x, attention_mask=None, source=None, source_mask=None):
        """Reads whole sequences.

        Args:
            x: [B, T, D].
            attention_mask: [B, T, T], True = may attend; usually :func:`zoo.layers.masks.causal_mask`.
            source: [B, S, D], the encoded source, with ``cross_attention`` only.
            source_mask: [B, 1, S], True = a real source token.

        Returns:
            [B, T, D].
        """
        return self.walk(
            x,
            lambda x: self.self_attention(x, attention_mask=attention_mask),
            lambda x: self.cross_attention(x, source, attention_mask=source_mask),
        )

    def start(self, batch_size, length, source=None):
        """The cache before the first token.

        Args:
            batch_size: int or scalar tensor, B.
            length: int, how many tokens will be read at most.
            source: [B, S, D], the encoded source, with ``cross_attention`` only.

        Returns:
            a dictionary of memories: the "past", empty, and the "source", complete.
        """
        cache = {"past": self.self_attention.empty_memory(batch_size, length)}
        if self.cross_attention is not None:
            cache["source"] = self.cross_attention.memory(source)
        return cache

    def step(self, x, cache, position, source_mask=None):
        """Reads the next tokens of each row: one that was just written, or a prompt.

        Args:
            x: [B, T, D].
            cache: what :meth:`start` or the last step returned.
            position: [B], int, the place of the first of the tokens, counted from 0.
            source_mask: [B, 1, S], True = a real source token.

        Returns:
            [B, T, D] and the next cache.
        """
        cache = dict(cache)

        def attend_to_past(x):
            cache["past"] = write_memory(cache["past"], self.self_attention.memory(x), position)
            length = ops.shape(cache["past"]["key"])[2]
            return self.self_attention.attend(x, cache["past"], past_mask(position, length, ops.shape(x)[1]))

        def attend_to_source(x):
            return self.cross_attention.attend(x, cache["source"], source_mask)

        return self.walk(x, attend_to_past, attend_to_source), cache

    def walk(self, x, attend_to_past, attend_to_source):
        """The residual stream; the two arguments say how attention is done."""
        if self.norm_first:
            x = x + self.dropout(attend_to_past(self.self_attention_norm(x)))
            if self.cross_attention is not None:
                x = x + self.dropout(attend_to_source(self.cross_attention_norm(x)))
            x = x + self.dropout(self.feed_forward(self.feed_forward_norm(x)))
        else:
            x = self.self_attention_norm(x + self.dropout(attend_to_past(x)))
            if self.cross_attention is not None:
                x = self.cross_attention_norm(x + self.dropout(attend_to_source(x)))
            x = self.feed_forward_norm(x + self.dropout(self.feed_forward(x)))
        return x
