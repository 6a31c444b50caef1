"""What may be wrong with the user's own examples, but need not be: a sentence for each, or None."""

from zoo.datasets.splits import alike

ANSWERS = {"target", "label", "score", "tags", "answers", "starts"}  # keys of an example that a model is not given


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
