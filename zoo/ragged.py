"""Rows of unequal length in the graph: joined, padded, and taken out of it as values of Python."""

import numpy as np
import tensorflow as tf

from zoo.packing import mask_name


def frame(*parts):
    """Joins ragged id rows [B, None] and single special ids into one ragged tensor [B, None]."""
    rows = next(part for part in parts if not isinstance(part, int))
    batch_size = rows.nrows()
    joined = [tf.fill([batch_size, 1], part) if isinstance(part, int) else part for part in parts]
    return tf.concat([tf.cast(part, tf.int32) for part in joined], axis=1)


def dense(ragged_inputs):
    """Ragged inputs as the padded inputs of a backbone, with a padding mask for each row of ids."""
    inputs = {}
    for name, rows in ragged_inputs.items():
        inputs[name] = rows.to_tensor()
        if name.endswith("token_ids"):
            inputs[mask_name(name)] = tf.sequence_mask(rows.row_lengths(), tf.shape(inputs[name])[1])
    return inputs


def in_chunks(function, texts, size=4096):
    """Applies an in-graph function ``string [B] -> ragged [B, None]`` to a long list; returns a list of arrays."""
    rows = []
    for first in range(0, len(texts), size):
        ragged = function(tf.constant(texts[first : first + size], tf.string))
        rows += np.split(ragged.values.numpy(), ragged.row_splits.numpy()[1:-1])
    return rows


def plain(tensor):
    """A tensor [B, ...] as a list of B Python values; strings decoded."""
    rows = tensor.to_list() if isinstance(tensor, tf.RaggedTensor) else tensor.numpy().tolist()
    return _decoded(rows)


def _decoded(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    return value
