"""Rows of different lengths in one array, from which a padded batch is picked all at once.

What is picked from where is said once (:func:`pick`), for NumPy and for a
graph: to make batches in Python takes longer than the step of a small model, so
in training the graph picks for itself (:mod:`zoo.pipeline`).
"""

import functools
from typing import NamedTuple

import numpy as np


class Rows(NamedTuple):
    """A list of arrays of shape [T_i] as one array.

    Args:
        values: a zero, which padding points at, then the arrays one after the other.
        starts, lengths: int64 [N], where each of them begins in ``values``, and T_i.
    """

    values: np.ndarray
    starts: np.ndarray
    lengths: np.ndarray


class Beside(NamedTuple):
    """A list of arrays that lie where the tokens lie which they belong to: labels at each position.

    Args:
        values: as those of :class:`Rows`.
    """

    values: np.ndarray


def pack(rows, dtype):
    """A list of arrays as :class:`Rows`; a list of single numbers (0-D arrays) as an array [N]."""
    if rows[0].ndim == 0:
        return np.array(rows, dtype)
    lengths = np.array([len(row) for row in rows], np.int64)
    values = np.concatenate([np.zeros(1, dtype), *rows], dtype=dtype, casting="unsafe")
    return Rows(values, 1 + np.cumsum(lengths) - lengths, lengths)


def pack_columns(inputs, labels, weights):
    """The parts of :class:`zoo.batching.Columns` with each list packed; labels of all positions as :class:`Beside`.

    Raises:
        ValueError: weights are not as long as their labels, or segments not as long as their tokens.
    """
    inputs = {name: pack(rows, np.int32) for name, rows in inputs.items()}
    labels = each(lambda rows: pack(rows, np.float32 if rows[0].dtype.kind == "f" else np.int32), labels)
    weights = each(lambda rows: pack(rows, np.float32), weights)
    each(lambda of_labels, of_weights: _check_lengths("weights", of_weights, "labels", of_labels), labels, weights)
    for name, column in inputs.items():
        _check_lengths(name, column, _lies_with(name, inputs), inputs[_lies_with(name, inputs)])
    # A place is looked up once for all that lies there, which for the smallest models takes as long as their step.
    tokens = inputs[_labelled(inputs)]
    beside = each(lambda column: Beside(column.values) if _lie_alike(column, tokens) else column, labels)
    return inputs, beside, weights


def pick(packed, rows, counts, multiple=1, ops=np):
    """Some rows as a padded batch.

    Args:
        packed: inputs, labels and weights from :func:`pack_columns`.
        rows: int64 [B], their numbers.
        counts: float32 [B], 1 for rows that count, 0 for fillers, whose weights become zero.
        multiple: int, sequences are padded to a multiple of this many tokens.
        ops: NumPy, or the ``take, max, maximum, arange, where`` of a graph.

    Returns:
        inputs with a padding mask for each row of ids; labels; weights: [B, T] each, [B] for single numbers.
    """
    inputs, labels, weights = packed
    places = functools.cache(lambda name: _places(inputs[name], rows, multiple, ops))
    picked = {}
    for name, column in inputs.items():
        place, is_real = places(_lies_with(name, inputs))
        picked[name] = ops.take(_values(column), place)
        if name.endswith("token_ids"):
            picked[mask_name(name)] = is_real

    def target(of_labels, of_weights):
        if isinstance(of_labels, Beside):
            place, _ = places(_labelled(inputs))
        else:
            place, _ = _places(of_labels, rows, multiple, ops)
        count = counts[:, None] if isinstance(of_labels, Rows | Beside) else counts
        return ops.take(_values(of_labels), place), ops.take(_values(of_weights), place) * count

    targets = each(target, labels, weights)
    return picked, each(lambda pair: pair[0], targets), each(lambda pair: pair[1], targets)


def pad(rows, dtype, multiple=1):
    """A list of 1-D (or 0-D) arrays as one dense array [B, T] (or [B]), zeros behind the rows.

    Args:
        multiple: T is rounded up to a multiple of this.
    """
    packed = pack(rows, dtype)
    place, _ = _places(packed, np.arange(len(rows)), multiple, np)
    return np.take(_values(packed), place)


def mask_name(ids_name):
    """``encoder_token_ids`` -> ``encoder_padding_mask``."""
    return ids_name.replace("token_ids", "padding_mask")


def each(function, *parts):
    """A function of each output's columns: of all in dictionaries with the same keys, or of the ones there are."""
    if isinstance(parts[0], dict):
        return {name: function(*(part[name] for part in parts)) for name in parts[0]}
    return function(*parts)


def _places(column, rows, multiple, ops):
    """Where the values of some rows lie, int64 [B, T], and which of these places are no padding, bool [B, T].

    For single numbers int64 [B], and None.
    """
    if not isinstance(column, Rows):
        return rows, None
    starts, lengths = (ops.take(array, rows)[:, None] for array in (column.starts, column.lengths))
    width = ops.maximum(ops.max(lengths), 1)
    if multiple > 1:
        width = -(-width // multiple) * multiple
    positions = ops.arange(width)
    is_real = positions < lengths
    return ops.where(is_real, starts + positions, 0), is_real


def _values(column):
    return column.values if isinstance(column, Rows | Beside) else column


def _lies_with(name, inputs):
    """The input whose places are also those of input ``name``: segments lie as their tokens do."""
    return "token_ids" if name == "segment_ids" and "token_ids" in inputs else name


def _labelled(inputs):
    """The input whose tokens have the labels, where each token has one."""
    return next(name for name in ("decoder_token_ids", "token_ids") if name in inputs)


def _lie_alike(column, other):
    lengths, others = (part.lengths if isinstance(part, Rows) else np.shape(part) for part in (column, other))
    return np.array_equal(lengths, others)


def _check_lengths(name, column, other_name, other):
    if not _lie_alike(column, other):
        raise ValueError(f"each row of {name} must be as long as that of {other_name}.")
