"""Where a token stands: attention by itself sees a set of tokens, not a sequence.

Shapes: B batch, T length, D hidden_dim.
"""

import math

from keras import ops

from zoo.layers.checks import check_length
from zoo.layers.initializers import fresh
from zoo.layers.saving import Layer


def sinusoidal_positions(positions, hidden_dim):
    """Fixed positions made of waves (Vaswani et al. 2017, arXiv:1706.03762, section 3.5)::

        PE(position, 2i)     = sin(position / 10000^(2i / D))
        PE(position, 2i + 1) = cos(position / 10000^(2i / D))

    The wavelengths grow from 2 pi to 10000 * 2 pi, so that the first pairs tell
    neighbours apart and the last pairs tell regions apart.

    Args:
        positions: int tensor of any shape, counted from 0.
        hidden_dim: int, D, even.

    Returns:
        [shape of positions, D], float32.

    Raises:
        ValueError: for an odd ``hidden_dim``.
    """
    if hidden_dim % 2:
        raise ValueError(f"sines and cosines come in pairs: hidden_dim must be even, not {hidden_dim}.")
    pairs = ops.arange(hidden_dim // 2, dtype="float32")
    frequencies = ops.exp(pairs * (-2.0 * math.log(10000.0) / hidden_dim))  # [D/2]
    angles = ops.cast(positions, "float32")[..., None] * frequencies  # [..., D/2]
    waves = ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)  # [..., D/2, 2]
    return ops.reshape(waves, (*ops.shape(positions), hidden_dim))  # sin, cos, sin, cos, ...


class SinusoidalPositions(Layer):
    """:func:`sinusoidal_positions` as a layer; it has no weights, and by itself no maximum.

    Args:
        hidden_dim: int, D, even.
    """

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim

    def call(self, x):
        """Args: x [B, T, D]. Returns: [T, D], to be added to x."""
        return self.at(ops.arange(ops.shape(x)[1], dtype="int32"))

    def at(self, position):
        """Args: position [any shape], int, counted from 0. Returns: [any shape, D]."""
        return ops.cast(sinusoidal_positions(position, self.hidden_dim), self.compute_dtype)


class LearnedPositions(Layer):
    """One learned vector for each position up to a maximum (Gehring et al. 2017, arXiv:1705.03122; GPT, BERT).

    Args:
        max_sequence_length: int, the number of positions.
        hidden_dim: int, D.
        initializer: name or instance of a Keras initializer.

    Raises:
        ValueError: when called on a longer sequence (of a length that is known before the model runs).
    """

    def __init__(self, max_sequence_length, hidden_dim, initializer="uniform", **kwargs):
        super().__init__(**kwargs)
        self.max_sequence_length = max_sequence_length
        self.embeddings = self.add_weight(
            name="embeddings", shape=(max_sequence_length, hidden_dim), initializer=fresh(initializer)
        )

    def call(self, x):
        """Args: x [B, T, D]. Returns: [T, D], to be added to x."""
        length = ops.shape(x)[1]
        check_length(length, self.max_sequence_length)
        return self.at(ops.arange(length, dtype="int32"))

    def at(self, position):
        """Args: position [any shape], int, counted from 0. Returns: [any shape, D]."""
        return ops.cast(ops.take(self.embeddings, position, axis=0), self.compute_dtype)
