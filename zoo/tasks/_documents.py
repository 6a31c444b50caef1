"""Documents for pre-training: how they are read, and divided so that each part has several."""

from zoo.datasets.sentences import sentences, unwrapped
from zoo.datasets.splits import THREE_PARTS, divide

FEW = 20  # documents: fewer cannot be dealt out to three parts that each need two


def document(text):
    """An example of the kind "pretraining" from a document's text."""
    return {"sentences": sentences(unwrapped(text))}


def divide_documents(documents, where, note=lambda cut, whole: cut):
    """Documents as examples -> {split: examples}.

    Many are dealt out whole (80, 10 and 10 %). Of few, each is cut: its first 80 % of sentences are for
    training, the next 10 % for validation, the last 10 % for test; so that next sentence prediction finds
    another document in each part.

    Args:
        documents: list of ``{"sentences": [str]}``.
        where: what an error calls the data.
        note: a function that gets a part that was cut, and its document, and returns the part.
    """
    if len(documents) >= FEW:
        parts = divide(documents, [["\n".join(each["sentences"])] for each in documents], where=where)
        if min(map(len, parts.values())) > 1:
            return parts
    parts = {name: [] for name in THREE_PARTS}
    for each in documents:
        count = len(each["sentences"])
        ends = round(0.8 * count), round(0.9 * count)
        for part, begin, end in zip(parts.values(), (0, *ends), (*ends, count), strict=True):
            if begin < end:
                part.append(note({"sentences": each["sentences"][begin:end]}, each))
    return parts
