"""Which meaning belongs to which split, and the loop that fills a split.

The split is a function of the meaning, not of the text: a sentence, its
translation and everything else that is made of one meaning stay together, and
no meaning of the test data was ever trained on.
"""

import hashlib
import random

TRAIN_SHARE, VALIDATION_SHARE = 80, 10  # percent; the rest is the test split


def split_of(meaning):
    """"train", "validation" or "test", for anything whose ``repr`` names it.

    Python's own ``hash`` differs from process to process; SHA-256 does not.
    """
    digest = hashlib.sha256(repr(meaning).encode()).digest()
    percent = int.from_bytes(digest[:4], "big") % 100
    if percent < TRAIN_SHARE:
        return "train"
    return "validation" if percent < TRAIN_SHARE + VALIDATION_SHARE else "test"


def collect(name, split, size, draw, key=lambda meaning: meaning):
    """Draws different meanings until a split is full.

    Args:
        name: seeds the generator together with ``split``; same name, same data, on every machine.
        split: "train", "validation", "test" or "test_long". What is drawn for
            the last one must be longer than anything drawn for the others.
        size: int, how many.
        draw: function of a ``random.Random`` that returns a meaning, or None to try again.
        key: function of a meaning, the part of it that must not occur in two splits.

    Returns:
        A list of ``size`` different meanings.
    """
    rng = random.Random(f"{name}/{split}")
    meanings = {}  # a dictionary keeps the order, a set does not
    while len(meanings) < size:
        meaning = draw(rng)
        if meaning is not None and (split == "test_long" or split_of(key(meaning)) == split):
            meanings[meaning] = None
    return list(meanings)
