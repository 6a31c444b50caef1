"""Ragged tensors in linear time.

TensorFlow's own ``boolean_mask``, ``reduce_join`` and ``value_rowids`` lay
every row out at the length of the longest one: one long text among thousands
of short ones would exhaust the memory.

Shapes: B rows, N values in all rows together.
"""

import tensorflow as tf


def row_ids(ragged):
    """The row each value stands in: integers [N]."""
    places = tf.range(ragged.row_splits[-1])
    return tf.searchsorted(ragged.row_splits, places, side="right") - 1


def keep(ragged, condition):
    """Only the values for which ``condition`` [N] is True; rows may become empty, none vanishes."""
    kept = tf.cumsum(tf.cast(condition, tf.int64))
    kept_before = tf.concat([[tf.constant(0, tf.int64)], kept], axis=0)  # [N + 1]
    return tf.RaggedTensor.from_row_splits(
        tf.boolean_mask(ragged.values, condition), tf.gather(kept_before, ragged.row_splits)
    )


def join(ragged, separator=""):
    """Joins the strings of each row: RaggedTensor string [B, N] -> string [B]."""
    return tf.strings.unsorted_segment_join(ragged.values, row_ids(ragged), ragged.nrows(), separator)
