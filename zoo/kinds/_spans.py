"""Long texts in windows that overlap, and the best stretch of each: what span answering computes beside its model.

Shapes: B texts, W windows of all texts, T places of a window.
"""

from typing import NamedTuple

import tensorflow as tf


class Windows(NamedTuple):
    """Where windows lie.

    Args:
        owner: int32 [W], the text of each window; those of a text follow each other.
        counts: int32 [B], how many windows a text has, at least one.
        places: ragged int64 [W, None], the places of a window's tokens among those of all texts.
    """

    owner: tf.Tensor
    counts: tf.Tensor
    places: tf.RaggedTensor

    def cut(self, rows):
        """Ragged rows of all texts [B, None] -> of all windows [W, None]."""
        return self.places.with_values(tf.gather(rows.values, self.places.values))


def windows(rows, size, stride):
    """Windows of ``size`` tokens that begin every ``stride`` tokens, until the text is read.

    Args:
        rows: ragged [B, None].
        size, stride: int; every stretch of ``size - stride + 1`` tokens lies in one window as a whole.
    """
    lengths = rows.row_lengths()
    counts = 1 + tf.maximum(lengths - size + stride - 1, 0) // stride
    owner = tf.repeat(tf.range(rows.nrows()), counts)
    begins = tf.ragged.range(counts).values * stride
    ends = tf.minimum(begins + size, tf.gather(lengths, owner))
    first = tf.gather(rows.row_starts(), owner)
    return Windows(tf.cast(owner, tf.int32), tf.cast(counts, tf.int32), tf.ragged.range(first + begins, first + ends))


def best_span(log_probabilities, allowed, longest):
    """The most probable stretch of each row.

    Args:
        log_probabilities: float32 [W, 2, T], of each place to be the first one, and the last one.
        allowed: bool [W, T], where a stretch may begin and end.
        longest: int, how many places it may have.

    Returns:
        first, last: int32 [W]; score: float32 [W], the sum of both log-probabilities.
    """
    lowest = tf.float32.min / 4
    starts, ends = tf.unstack(tf.where(allowed[:, None], log_probabilities, lowest), axis=1)
    # For each start the best of the ends that may go with it: no table of all pairs is needed.
    padded = tf.pad(ends, [[0, 0], [0, longest - 1]], constant_values=lowest)
    best_end = tf.nn.max_pool1d(padded[:, :, None], longest, 1, "VALID")[:, :, 0]
    first = tf.argmax(starts + best_end, axis=1, output_type=tf.int32)
    place = tf.range(tf.shape(ends)[1])[None]
    near = (place >= first[:, None]) & (place < first[:, None] + longest)
    last = tf.argmax(tf.where(near, ends, 2 * lowest), axis=1, output_type=tf.int32)
    return first, last, tf.reduce_max(starts + best_end, axis=1)


def best_window(scores, counts):
    """The window with the highest score of each text: float32 [W], int32 [B] -> int32 [B], numbers of windows."""
    table = tf.RaggedTensor.from_row_lengths(scores, counts).to_tensor(tf.float32.min)
    return tf.cumsum(counts, exclusive=True) + tf.argmax(table, axis=1, output_type=tf.int32)


def in_parts(function, inputs, size=32):
    """``function`` over at most ``size`` rows at a time: the windows of a book need not fit into memory at once.

    Args:
        function: a dictionary of tensors [size, ...] -> a tuple of an int32, an int32 and a float32 tensor [size].
        inputs: the dictionary, tensors [W, ...].
    """
    count = tf.shape(next(iter(inputs.values())))[0]
    size = tf.minimum(count, size)
    parts = -(-count // size)
    rows = tf.minimum(tf.range(parts * size), count - 1)  # the last one again, until the last part is full
    signature = (tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.int32), tf.TensorSpec([None], tf.float32))
    found = tf.map_fn(
        lambda part: function({name: tf.gather(rows_of, part) for name, rows_of in inputs.items()}),
        tf.reshape(rows, [parts, size]),
        fn_output_signature=signature,
    )
    return tuple(tf.reshape(column, [-1])[:count] for column in found)
