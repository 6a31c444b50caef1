"""From encoded examples to padded batches: deterministic, of constant size, without a loop over rows.

The order of an epoch depends on nothing but the seed and the number of the
epoch, so that any step of any run can be found again. Every batch has the full
size: the last one of an epoch is filled up with repeated rows of weight zero,
which count nowhere and let replicas share each batch evenly.
"""

import functools
import hashlib
import itertools
from dataclasses import dataclass

import numpy as np

from zoo.packing import each, pack_columns, pick

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

    @functools.cached_property
    def packed(self):
        """Inputs, labels and weights as :func:`zoo.packing.pick` reads them."""
        return pack_columns(self.inputs, self.labels, self.weights)

    def lengths(self):
        """The number of tokens of each row, over all inputs together (segments not counted twice)."""
        inputs, _, _ = self.packed
        return sum(column.lengths for name, column in inputs.items() if name.endswith("token_ids"))

    def row(self, number):
        """Row ``number`` alone, as :class:`Columns`."""
        parts = (each(lambda column: [column[number]], part) for part in (self.inputs, self.labels, self.weights))
        return Columns(*parts)

    def per_example(self, values, count):
        """Sums a figure of each row, float64 [rows], over the rows of each of ``count`` examples."""
        return values if self.examples is None else np.bincount(self.examples, values, count)


class Batches:
    """Padded batches of some columns, in an order that only seed and epoch decide.

    Args:
        columns: :class:`Columns`, or a function ``epoch -> Columns`` for data that
            is drawn anew in each epoch (windows cut elsewhere, other masks).
        batch_size: rows of each batch.
        seed: decides the order; None keeps the order of the examples (evaluation).
        multiple: sequences are padded to a multiple of this many tokens.
    """

    finish = None  # a method (number, inputs, labels, weights) -> the last three, run in training's graph on a batch

    def __init__(self, columns, batch_size, seed=None, multiple=1):
        # The same epoch is asked for by its length, its fingerprint and its batches.
        self.columns = functools.lru_cache(maxsize=1)(columns) if callable(columns) else lambda epoch: columns
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
            yield (*pick(columns.packed, *self._filled(rows), self.multiple), rows)

    def stream(self, start=0):
        """Yields ``(inputs, labels, weights)`` without end, epoch after epoch, from batch number ``start`` on."""
        for packed, rows, counts in self.plan(start):
            for of_batch in zip(rows, counts, strict=True):
                yield pick(packed, *of_batch, self.multiple)

    def plan(self, start=0):
        """What :meth:`stream` picks in each epoch, without end.

        Yields:
            :attr:`Columns.packed`; int64 [batches, B], the rows of each batch; float32 [batches, B], 1 for rows that
            count and 0 for fillers.
        """
        for number in itertools.count():
            columns = self.columns(number)
            order = self._order(columns, number)
            if start < len(order):
                rows, counts = zip(*map(self._filled, order[start:]), strict=True)
                yield columns.packed, np.stack(rows), np.stack(counts)
            start = max(0, start - len(order))

    def longest(self):
        """Tokens of the longest input of the first epoch."""
        inputs, _, _ = self.columns(0).packed
        return int(max(column.lengths.max() for column in inputs.values()))

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
            digest.update(b"".join(row.tobytes() + b"|" for row in column))
        return digest.hexdigest()[:16]

    def _order(self, columns, epoch):
        """The rows of each batch of an epoch; the last ones may make a smaller batch."""
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

    def _filled(self, rows):
        """Rows repeated until they fill a batch, and 1 for those that count."""
        return np.resize(rows, self.batch_size), (np.arange(self.batch_size) < len(rows)).astype(np.float32)


def _flat(columns):
    """The columns in a dictionary, or the one that there is, as a list."""
    return list(columns.values()) if isinstance(columns, dict) else [columns]


def _chunks(items, size):
    return [items[i : i + size] for i in range(0, len(items), size)]
