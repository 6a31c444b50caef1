"""What is said of the user's own examples: how many there are, and what may be wrong with them, but need not be.

Of what may be wrong, each function returns a sentence, or None.
"""

from pathlib import Path

from zoo.datasets.splits import alike

ANSWERS = {"target", "label", "score", "tags", "answers", "starts"}  # keys of an example that a model is not given
MOST = 6  # files that are named


def counted(files, train, validation, test):
    """A line with the names of the files and the number of examples of each part."""
    names = [Path(file).name for file in files]
    names = names if len(names) <= MOST else [*names[:MOST], f"{len(names) - MOST} more"]
    examples = "example" if train == 1 else "examples"
    return f"{', '.join(names)}: {train:,} {examples} for training, {validation:,} for validation, {test:,} for test"


def leaked(parts):
    """Texts of validation and test that are among those of training, too; case and white space aside.

    Args:
        parts: {split: examples}, training first.
    """
    train, *later = parts
    said = []
    for split in later:
        given = [_given(example) for example in parts[split]]
        known = set(given).intersection(map(_given, parts[train]))
        if known:
            said.append(f"{sum(each in known for each in given):,} of {len(given):,} {split} texts")
    if not said:
        return None
    return f"{' and '.join(said)} are also among the training texts: scores on them say little."


def _given(example):
    """All that a model is given of an example, as :func:`zoo.datasets.splits.divide` compares texts."""
    fields = [value for name, value in example.items() if name not in ANSWERS]
    return tuple(alike(" ".join(value) if isinstance(value, list) else value) for value in fields)


def spelled_alike(labels):
    """Labels that differ by case or white space only.

    Args:
        labels: those of all examples.
    """
    spellings = {}
    for label in sorted(set(labels)):
        spellings.setdefault(alike(label), []).append(label)
    several = [" and ".join(map(repr, same)) for same in spellings.values() if len(same) > 1]
    if not several:
        return None
    shown = "; ".join(several)
    return f"labels that differ by case or white space only are learned as different ones: {shown:.300}."


def contradicted(examples):
    """Texts that have several labels, where these are more than one in a hundred.

    Args:
        examples: of a kind with one label each.
    """
    labels = {}
    for example in examples:
        labels.setdefault(_given(example), {}).setdefault(alike(example["label"]), example)
    several = [list(of_text.values()) for of_text in labels.values() if len(of_text) > 1]
    if len(several) <= len(labels) / 100:
        return None
    first, second, *_ = several[0]
    text = " / ".join(first[name] for name in ("text", "text_pair") if name in first)
    return (
        f"{len(several):,} of {len(labels):,} different texts have several labels each, "
        f"such as {text!r:.100}: {first['label']!r:.60} and {second['label']!r:.60}."
    )
