"""Attention: every target place takes a weighted mean of what stands at the source places.

First the mathematics as functions, then :class:`MultiHeadAttention`, which adds
the parameters, then the recording of attention maps.

Shapes: B batch, T target or query length, S source or key length, D hidden_dim,
H heads, E = D / H size of one head. Heads stand before places: what one head
multiplies lies together, else a step of decoding would rearrange the whole memory.
Masks: attention_mask [B, T, S], True = target t may attend to source s; an axis
may have size 1 (see :mod:`zoo.layers.masks`).
"""

import contextlib
import contextvars

import keras
from keras import ops

from zoo.layers.checks import check_heads
from zoo.layers.dense import Dense
from zoo.layers.initializers import fresh
from zoo.layers.saving import Layer


def split_heads(x, num_heads):
    """[B, T, D] -> [B, H, T, E]."""
    heads = ops.reshape(x, (*ops.shape(x)[:2], num_heads, x.shape[-1] // num_heads))
    return ops.transpose(heads, (0, 2, 1, 3))


def merge_heads(x):
    """[B, H, T, E] -> [B, T, D]."""
    heads = ops.transpose(x, (0, 2, 1, 3))  # [B, T, H, E]
    return ops.reshape(heads, (*ops.shape(heads)[:2], x.shape[1] * x.shape[3]))


def attention_weights(query, key, attention_mask=None):
    """How much each target looks at each source: softmax(Q K^T / sqrt(E)), in float32.

    Args:
        query: [B, H, T, E].
        key: [B, H, S, E].
        attention_mask: [B, T, S], True = may attend; None = everything may.

    Returns:
        [B, H, T, S], in the dtype of ``query``; rows over S sum to 1. A row that may attend
        to nothing spreads evenly over all S: finite, and without meaning.
    """
    # The query is scaled before the product: in float16 the unscaled scores could overflow.
    scores = ops.einsum("bhte,bhse->bhts", query * query.shape[-1] ** -0.5, key)  # [B, H, T, S]
    scores = ops.cast(scores, "float32")
    if attention_mask is not None:
        scores = ops.where(attention_mask[:, None], scores, -1e9)
    return ops.cast(ops.softmax(scores, axis=-1), query.dtype)


def weighted_mean(weights, value):
    """Weights [B, H, T, S] and values [B, H, S, E] -> [B, H, T, E]."""
    return ops.einsum("bhts,bhse->bhte", weights, value)


def dot_product_attention(query, key, value, attention_mask=None):
    """Attention(Q, K, V) = softmax(Q K^T / sqrt(E)) V (Vaswani et al. 2017, arXiv:1706.03762, section 3.2.1).

    Args:
        query: [B, H, T, E].
        key: [B, H, S, E].
        value: [B, H, S, E].
        attention_mask: [B, T, S], True = may attend; None = everything may.

    Returns:
        the attended values [B, H, T, E] and the weights [B, H, T, S].
    """
    weights = attention_weights(query, key, attention_mask)
    return weighted_mean(weights, value), weights


class MultiHeadAttention(Layer):
    """Several attentions side by side, each in a space of its own (Vaswani et al. 2017, section 3.2.2).

    ``attention(x)`` attends from x to itself, ``attention(x, context)`` from x to
    another sequence. What can be attended to is called the *memory*: the keys and
    values of the context. Step-wise decoding keeps it between steps::

        memory = attention.empty_memory(batch_size, max_length)
        memory = write_memory(memory, attention.memory(x), position)
        y = attention.attend(x, memory, past_mask(position, max_length))

    Args:
        num_heads: int, H.
        hidden_dim: int, D, divisible by H.
        dropout: float, rate on the attention weights.
        kernel_initializer: name or instance of a Keras initializer.
        output_initializer: the same for the output projection, if it should differ.

    Raises:
        ValueError: if ``hidden_dim`` is not divisible by ``num_heads``.
    """

    def __init__(self, num_heads, hidden_dim, dropout=0.0, kernel_initializer=None, output_initializer=None, **kwargs):
        super().__init__(**kwargs)
        check_heads(num_heads, hidden_dim)
        self.num_heads = num_heads
        self.hidden_dim = hidden_dim
        # Glorot's limit for a square matrix [D, D], of which key and value are two side by side.
        kernel_initializer = kernel_initializer or keras.initializers.VarianceScaling(1.0, "fan_in", "uniform")
        self.query = Dense(hidden_dim, kernel_initializer=fresh(kernel_initializer))
        self.key_value = Dense(2 * hidden_dim, kernel_initializer=fresh(kernel_initializer))
        self.output_projection = Dense(
            hidden_dim, kernel_initializer=fresh(output_initializer or kernel_initializer)
        )
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, x_shape, context_shape=None, attention_mask_shape=None):
        self.query.build(x_shape)
        self.key_value.build(context_shape or x_shape)
        self.output_projection.build((*x_shape[:-1], self.hidden_dim))

    def call(self, x, context=None, attention_mask=None):
        """Attends from ``x`` to ``context``.

        Args:
            x: [B, T, D].
            context: [B, S, D]; None for self-attention.
            attention_mask: [B, T, S], True = may attend.

        Returns:
            [B, T, D].
        """
        return self.attend(x, self.memory(x if context is None else context), attention_mask)

    def memory(self, context):
        """The keys and values of ``context`` [B, S, D]: a dictionary of two tensors [B, H, S, E]."""
        key, value = ops.split(self.key_value(context), 2, axis=-1)
        return {"key": split_heads(key, self.num_heads), "value": split_heads(value, self.num_heads)}

    def attend(self, x, memory, attention_mask=None):
        """Attends from ``x`` [B, T, D] to a memory; returns [B, T, D]."""
        query = split_heads(self.query(x), self.num_heads)
        weights = attention_weights(query, memory["key"], attention_mask)
        record(self.path, weights)
        attended = weighted_mean(self.dropout(weights), memory["value"])
        return self.output_projection(merge_heads(attended))

    def empty_memory(self, batch_size, length):
        """A memory with room for ``length`` tokens, to be filled by :func:`write_memory`."""
        shape = (batch_size, self.num_heads, length, self.hidden_dim // self.num_heads)
        return {"key": ops.zeros(shape, self.compute_dtype), "value": ops.zeros(shape, self.compute_dtype)}


def write_memory(memory, new, position):
    """Puts the keys and values of some tokens into a memory.

    Args:
        memory: dictionary of tensors [B, H, S, E].
        new: dictionary of tensors [B, H, T, E].
        position: [B], int, where in each row the first of them stands.

    Returns:
        the memory with the new values.
    """
    # Not slice_update: TensorFlow compiles it anew for each batch size; nor scatter_update: XLA needs minutes for it.
    places = ops.arange(ops.shape(memory["key"])[2], dtype=position.dtype)[None, :] - position[:, None]  # [B, S]
    if new["key"].shape[2] == 1:  # the usual case, at every step of decoding, needs no product
        is_new = (places == 0)[:, None, :, None]
        return {name: ops.where(is_new, new[name], memory[name]) for name in memory}
    is_here = places[:, :, None] == ops.arange(ops.shape(new["key"])[2], dtype=position.dtype)  # [B, S, T]
    is_new = ops.any(is_here, axis=-1)[:, None, :, None]
    moved = {name: ops.einsum("bst,bhte->bhse", ops.cast(is_here, x.dtype), x) for name, x in new.items()}
    return {name: ops.where(is_new, moved[name], memory[name]) for name in memory}


_RECORD = contextvars.ContextVar("attention_record", default=None)


@contextlib.contextmanager
def recording():
    """Collects the attention weights of every layer that runs inside the ``with`` block.

    Example::

        with recording() as maps:
            model(inputs)  # eagerly: not predict(), which runs a compiled graph
        maps["bert/block_0/attention"]  # [B, H, T, S]

    Yields:
        a dictionary: path of the layer -> NumPy array [B, H, T, S]; row t says
        where target place t looked, and sums to 1 over the S source places.
    """
    maps = {}
    token = _RECORD.set(maps)
    try:
        yield maps
    finally:
        _RECORD.reset(token)


def record(name, weights):
    """Keeps ``weights`` [B, H, T, S] under ``name`` while a :func:`recording` is open; else does nothing.

    Raises:
        RuntimeError: inside a compiled function, where there are no numbers to keep.
    """
    maps = _RECORD.get()
    if maps is None:
        return
    try:
        maps[name] = ops.convert_to_numpy(weights)
    except (NotImplementedError, TypeError) as error:
        raise RuntimeError(
            f"attention of {name!r} cannot be recorded inside a compiled function: call model(inputs) directly."
        ) from error
