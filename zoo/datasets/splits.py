"""Cuts data into parts that share no sentence, the same on every machine; draws some examples of many.

The part of an example follows from a checksum of its content alone: order and
size of the file do not matter, and an example stays in its part when the file
grows.
"""

import hashlib
import random
from bisect import bisect_right
from itertools import accumulate, chain

from zoo.datasets import DataError

THREE_PARTS = {"train": 0.8, "validation": 0.1, "test": 0.1}


def divide(examples, contents, shares=THREE_PARTS, labels=None, where="the data"):
    """Divides examples into parts; those that share a text stand in one part.

    Examples are joined into groups: two that have a text in common, and so on
    along the chain (one English sentence with three French translations, one of
    which translates a second English sentence). A group goes where its smallest
    text's checksum sends it. If that leaves a part of a tiny data set empty, the
    groups with the highest checksums fill the later parts.

    Args:
        examples: a list.
        contents: for each example, its texts: no text will occur in two parts
            (case and white space do not make texts different).
        shares: name of the part -> fraction; the first one is for training.
        labels: for each example, its labels; one that would be missing from the
            first part goes there, with its group: no model can know it otherwise.
        where: what the error calls the data.

    Returns:
        a dictionary: name of the part -> examples, in the order given.

    Raises:
        DataError: too few different examples to give each part one.
    """
    groups = sorted(_groups(contents).items())  # [(point in [0, 1), indices), ...]
    parts = _by_point(groups, shares)
    if not all(parts.values()) and len(groups) >= len(shares):
        parts = _fill_all(groups, shares)
    if labels is not None:
        _teach_all(parts, labels)
    empty = [name for name, members in parts.items() if not members]
    if empty and len(groups) < len(shares):
        raise DataError(
            f"{where}: {len(groups)} different example(s) are too few to make {', '.join(shares)} of them. Give more, "
            "or a folder with files of these names."
        )
    if empty:
        raise DataError(
            f"{where}: nothing is left for {empty[0]}, for of each label one example at least is needed in "
            f"{next(iter(shares))}. Give more examples of each, or fewer labels."
        )
    return {name: [examples[i] for i in sorted(chain.from_iterable(members))] for name, members in parts.items()}


def alike(text):
    """What two texts have in common that differ by case and white space only."""
    return " ".join(text.casefold().split())


def draw(examples, number, seed):
    """``number`` of the examples, in their order; None, or more than there are, draws all.

    The same seed draws the same, and a smaller number some of those of a larger one.
    """
    if number is None or number >= len(examples):
        return examples
    order = list(range(len(examples)))
    random.Random(seed).shuffle(order)
    return [examples[i] for i in sorted(order[:number])]


def _groups(contents):
    """Joins examples that share a text: {point of the group in [0, 1): indices of its examples}."""
    parent = {}

    def root(text):
        while parent.setdefault(text, text) != text:
            parent[text] = parent[parent[text]]  # halves the path for the next search
            text = parent[text]
        return text

    contents = [list(map(alike, texts)) for texts in contents]
    for first, *others in contents:
        for other in others:
            one, two = sorted((root(first), root(other)))
            parent[two] = one  # the smallest text represents the group, so order does not matter
    groups = {}
    for i, (first, *_) in enumerate(contents):
        groups.setdefault(_point(root(first)), []).append(i)
    return groups


def _point(text):
    """A checksum of the text as a number in [0, 1)."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:6]) / 2**48


def _by_point(groups, shares):
    """Each group to the part in whose interval its point lies."""
    parts = {name: [] for name in shares}
    ends = list(accumulate(shares.values()))[:-1]  # the last interval ends at 1, whatever rounding says
    for point, members in groups:
        parts[list(shares)[bisect_right(ends, point)]].append(members)
    return parts


def _fill_all(groups, shares):
    """One group to each later part, all others to the first."""
    first, *later = shares
    cut = len(groups) - len(later)
    parts = {name: [members] for name, (_, members) in zip(later, groups[cut:], strict=True)}
    return {first: [members for _, members in groups[:cut]], **parts}


def _teach_all(parts, labels):
    """Moves groups with a label that the first part lacks into the first part."""
    train, *later = parts.values()
    known = {label for members in train for i in members for label in labels[i]}
    for part in later:
        for members in list(part):
            found = {label for i in members for label in labels[i]}
            if not found <= known:
                known |= found
                part.remove(members)
                train.append(members)
