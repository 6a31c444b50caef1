"""Vocabularies: what occurs in the training texts, and how often; or what others wrote down."""

from collections import Counter
from pathlib import Path

import tensorflow as tf

from zoo.tokenizers.base import TokenizerFileError


def read_lines(path):
    """The lines of a published vocab.txt or merges.txt: a list of str.

    Only a newline ends a line: vocabularies hold other characters that Python would split at.

    Raises:
        TokenizerFileError: this is not UTF-8.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise TokenizerFileError(f"{path} is not UTF-8 ({error}); get it again.") from error
    return [line.removesuffix("\r") for line in text.rstrip("\n").split("\n")]


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
