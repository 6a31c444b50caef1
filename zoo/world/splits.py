"""Which meaning belongs to which split, and the loop that fills the splits.

The split is a function of the meaning, not of the text: a sentence, its
translation and everything else that is made of one meaning stay together, and
no meaning of the test data was ever trained on.
"""

import hashlib
import random

TRAIN_SHARE, VALIDATION_SHARE = 80, 10  # percent; the rest is the test split


def split_of(meaning):
    """ "train", "validation" or "test", for anything whose ``repr`` names it.

    Python's own ``hash`` differs from process to process; SHA-256 does not.
    """
    digest = hashlib.sha256(repr(meaning).encode()).digest()
    percent = int.from_bytes(digest[:4], "big") % 100
    if percent < TRAIN_SHARE:
        return "train"
    return "validation" if percent < TRAIN_SHARE + VALIDATION_SHARE else "test"


class Draws(random.Random):
    """Chooses what ``random.Random`` chooses, in less time: most of what is drawn here is a choice."""

    def choice(self, options):
        """One of a sequence of options, of which there is at least one."""
        count = len(options)
        if not count:
            raise IndexError("there is nothing to choose from.")
        bits = count.bit_length()
        index = self.getrandbits(bits)
        while index >= count:
            index = self.getrandbits(bits)
        return options[index]


def draw_splits(name, sizes, draw, draw_long, key=lambda meaning: meaning):
    """Draws different meanings until all splits are full.

    Args:
        name: seeds the generator; same name, same data, on every machine.
        sizes: split -> how many, for "train", "validation", "test" and "test_long".
        draw: function of a ``random.Random`` that returns a meaning, or None to try again.
        draw_long: likewise for "test_long": it must give longer ones than ``draw`` ever does.
        key: function of a meaning, the part of it that must not occur in two splits.

    Returns:
        Dictionary: split -> list of different meanings.
    """
    rng, rng_long = Draws(name), Draws(f"{name}, long")
    splits = {split: {} for split in sizes}  # dictionaries as sets that keep their order
    while any(len(splits[split]) < sizes[split] for split in ("train", "validation", "test")):
        meaning = draw(rng)
        if meaning is not None:
            split = split_of(key(meaning))
            if len(splits[split]) < sizes[split]:
                splits[split][meaning] = None
    while len(splits["test_long"]) < sizes["test_long"]:
        meaning = draw_long(rng_long)
        if meaning is not None:
            splits["test_long"][meaning] = None
    return {split: list(meanings) for split, meanings in splits.items()}
