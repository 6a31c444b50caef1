"""From encoded examples to padded batches: deterministic, of constant size, without a Python loop in the graph.

The order of an epoch depends on nothing but the seed and the number of the
epoch, so that any step of any run can be found again. Every batch has the full
size: the last one of an epoch is filled up with repeated rows of weight zero,
which count nowhere and let replicas share each batch evenly.
"""

import hashlib
import itertools
from dataclasses import dataclass

import numpy as np

POOL = 50  # batches that are sorted by length together: little padding, still well shuffled


@dataclass(frozen=True)
class Columns:
    """Encoded examples, column by column; row i of each list belongs together.

    Args:
        inputs: input name -> list of int32 arrays of shape [T_i] (the inputs of the
            backbone's kind without masks, which follow from the lengths).
        labels: list of arrays: [T_i] for a label at each position, [] for one a text; int32 for
            classes, float32 for numbers. A dictionary of such lists where the model has several outputs.
        weights: list of float32 arrays like ``labels``: 1 where the label counts, else 0.
            A dictionary with the same keys where ``labels`` is one.
        examples: for each row the index of the example it is a part of; None: row i is example i.
    """

    inputs: dict
    labels: list | dict
    weights: list | dict
    examples: list | None = None

    def __len__(self):
        return len(next(iter(self.inputs.values())))

    def lengths(self):
        """The number of tokens of each row, over all inputs together (segments not counted twice)."""
        columns = [column for name, column in self.inputs.items() if name.endswith("token_ids")]
        return np.sum([[len(row) for row in column] for column in columns], axis=0)

    def per_example(self, values, count):
        """Sums a figure of each row, float64 [rows], over the rows of each of ``count`` examples."""
        return values if self.examples is None else np.bincount(self.examples, values, count)


def mask_name(ids_name):
    """``encoder_token_ids`` -> ``encoder_padding_mask``."""
    return ids_name.replace("token_ids", "padding_mask")


def pad(rows, dtype, multiple=1):
    """A list of 1-D (or 0-D) arrays as one dense array [B, T] (or [B]), zeros behind the rows.

    Args:
        multiple: T is rounded up to a multiple of this.
    """
    if rows[0].ndim == 0:
        return np.array(rows, dtype)
    length = -(-max(len(row) for row in rows) // multiple) * multiple
    dense = np.zeros((len(rows), max(length, 1)), dtype)
    for dense_row, row in zip(dense, rows, strict=True):
        dense_row[: len(row)] = row
    return dense


class Batches:
    """Padded batches of some columns, in an order that only seed and epoch decide.

    Args:
        columns: :class:`Columns`, or a function ``epoch -> Columns`` for data that
            is drawn anew in each epoch (windows cut elsewhere, other masks).
        batch_size: rows of each batch.
        seed: decides the order; None keeps the order of the examples (evaluation).
        multiple: sequences are padded to a multiple of this many tokens.
    """

    def __init__(self, columns, batch_size, seed=None, multiple=1):
        self.columns = columns if callable(columns) else lambda epoch: columns
        self.batch_size = batch_size
        self.seed = seed
        self.multiple = multiple
        first = self.columns(0)
        if len(first) == 0:
            raise ValueError("there is not a single example to make a batch of.")
        if not all(any(weight.any() for weight in column) for column in _flat(first.weights)):
            raise ValueError("not a single label counts: all that is asked for lies behind max_length tokens.")

    def __len__(self):
        """Batches of one epoch."""
        return -(-len(self.columns(0)) // self.batch_size)

    def epoch(self, number):
        """Yields ``(inputs, labels, weights, rows)`` of one epoch; ``rows`` are the examples' indices."""
        columns = self.columns(number)
        for rows in self._order(columns, number):
            yield (*self._batch(columns, rows), rows)

    def stream(self, start=0):
        """Yields ``(inputs, labels, weights)`` without end, epoch after epoch, from batch number ``start`` on."""
        for number in itertools.count():
            columns = self.columns(number)
            order = self._order(columns, number)
            for rows in order[start:]:
                yield self._batch(columns, rows)
            start = max(0, start - len(order))

    def longest(self):
        """Tokens of the longest input of the first epoch."""
        return max(len(row) for column in self.columns(0).inputs.values() for row in column)

    def filled(self):
        """The share of places with a token in them if every row were as long as the longest input."""
        columns = self.columns(0)
        inputs = sum(name.endswith("token_ids") for name in columns.inputs)
        return float(columns.lengths().sum()) / (len(columns) * inputs * self.longest())

    def fingerprint(self):
        """A short text that changes when the examples of the first epoch or their order do."""
        columns = self.columns(0)
        digest = hashlib.sha256(repr((self.batch_size, self.seed, self.multiple, sorted(columns.inputs))).encode())
        for column in (*columns.inputs.values(), *_flat(columns.labels), *_flat(columns.weights)):
            for row in column:
                digest.update(np.ascontiguousarray(row).data)
                digest.update(b"|")
        return digest.hexdigest()[:16]

    def _order(self, columns, epoch):
        lengths = columns.lengths()
        if self.seed is None:
            # Longest first: memory runs out at once or never; equal lengths in the order of the examples.
            ordered = np.argsort(-lengths, kind="stable")
            return _chunks(ordered, self.batch_size)
        random = np.random.default_rng((self.seed, epoch))
        shuffled = random.permutation(len(lengths))
        pools = [pool[np.argsort(lengths[pool], kind="stable")] for pool in _chunks(shuffled, POOL * self.batch_size)]
        batches = [batch for pool in pools for batch in _chunks(pool, self.batch_size)]
        return [batches[i] for i in random.permutation(len(batches))]

    def _batch(self, columns, rows):
        filled = np.resize(rows, self.batch_size)
        inputs = {}
        for name, column in columns.inputs.items():
            picked = [column[i] for i in filled]
            inputs[name] = pad(picked, np.int32, self.multiple)
            if name.endswith("token_ids"):
                lengths = np.array([len(row) for row in picked])
                inputs[mask_name(name)] = np.arange(inputs[name].shape[1]) < lengths[:, None]
        labels, weights = (self._pick(column, filled) for column in (columns.labels, columns.weights))
        for weight in _flat(weights):
            weight[len(rows) :] = 0.0
        return inputs, labels, weights

    def _pick(self, column, rows):
        """Some rows of labels or weights, padded."""
        if isinstance(column, dict):
            return {name: self._pick(part, rows) for name, part in column.items()}
        picked = [column[i] for i in rows]
        return pad(picked, np.float32 if picked[0].dtype.kind == "f" else np.int32, self.multiple)


def _flat(columns):
    """The columns of all outputs: of a dictionary its values, else the one there is."""
    return list(columns.values()) if isinstance(columns, dict) else [columns]


def _chunks(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)]
