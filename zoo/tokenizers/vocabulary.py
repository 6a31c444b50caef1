"""Vocabularies: what occurs in the training texts, and how often."""

from collections import Counter

import tensorflow as tf


def most_frequent(counts, limit, min_frequency=1):
    """The ``limit`` most frequent tokens of a Counter; of equally frequent ones the alphabetically first."""
    ranked = sorted((-count, token) for token, count in counts.items() if count >= min_frequency)
    return [token for _, token in ranked[: max(limit, 0)]]


def count_pieces(texts, split):
    """Counts what ``split`` (string [B] -> RaggedTensor string [B, T]) makes of an iterable of str.

    Returns:
        Counter, str -> int.
    """
    counts = Counter()
    for batch in batches(texts):
        counts.update(split(tf.constant(batch, tf.string, [len(batch)])).flat_values.numpy().tolist())
    return Counter({piece.decode("utf-8"): count for piece, count in counts.items()})


def batches(texts, size=10_000):
    """Lists of at most ``size`` texts: in bulk, the graph's start-up cost disappears."""
    batch = []
    for text in texts:
        batch.append(text)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
