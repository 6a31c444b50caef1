"""Pairs of texts for next sentence prediction, packed from the sentences of documents.

As in BERT's paper (Devlin et al. 2018, arXiv:1810.04805, section 3.1 and
appendix A.2): a "sentence" A is a stretch of sentences of a document, B is what
follows it, or in half of the pairs a stretch of another document; together they
fill the window as well as possible. What the paper leaves open is as in the
code that its authors published, with two exceptions: where the text leaves no
choice (a single sentence has no successor), later pairs make up for it, so that
half of all stay true; and a sentence too long for half a window is read in
parts, so that no text is lost.

Without next sentence prediction a window holds one stretch of sentences of one
document (Liu et al. 2019, "RoBERTa", arXiv:1907.11692, section 4.2, DOC-SENTENCES).
"""

from typing import NamedTuple

import numpy as np

IS_NEXT, NOT_NEXT = 0, 1  # as in the published checkpoints
SHORT_SHARE = 0.1  # of the windows are filled to a random length only: what is fine-tuned on will be short, too


class Pair(NamedTuple):
    """Two stretches of tokens, int32 [A] and [B], and whether the second one follows the first.

    ``document`` is the number of the first one's document; ``label`` is IS_NEXT or NOT_NEXT.
    """

    first: np.ndarray
    second: np.ndarray
    label: int
    document: int


class Stretch(NamedTuple):
    """Tokens that follow each other, int32 [T], and the number of their document."""

    tokens: np.ndarray
    document: int


def draw_pairs(documents, room, random):
    """Reads every document once, from its first sentence to its last, in pairs.

    Args:
        documents: list of documents, each a list of sentences, each int32 [T] with T > 0; at least two.
        room: int, how many tokens both parts of a pair may have together.
        random: a ``numpy.random.Generator``.

    Returns:
        A list of :class:`Pair`.

    Raises:
        ValueError: fewer than two documents.
    """
    if len(documents) < 2:
        raise ValueError(
            f"next sentence prediction takes half of its pairs from two documents, and there is {len(documents)}: "
            "give at least two, in files of their own or with blank lines between them; or leave next sentence "
            "prediction out (next_sentence=false)."
        )
    documents = [_parts(sentences, max(room // 2, 1)) for sentences in documents]
    pairs, owed = [], 0
    for number, sentences in enumerate(documents):
        begin = 0
        while begin < len(sentences):
            wanted = room if random.random() >= SHORT_SHARE else int(random.integers(2, room, endpoint=True))
            end = _filled(sentences, begin, wanted)
            has_choice = end - begin > 1
            middle = int(random.integers(begin + 1, end)) if has_choice else end
            first = np.concatenate(sentences[begin:middle])
            follows = has_choice and (owed > 0 or random.random() < 0.5)
            owed += (not has_choice) - (follows and owed > 0)
            if follows:
                second, begin = np.concatenate(sentences[middle:end]), end
            else:
                second, begin = _elsewhere(documents, number, wanted - len(first), random), middle
            pairs.append(Pair(*cut(first, second, room, random), IS_NEXT if follows else NOT_NEXT, number))
    return pairs


def check_successors(documents, room):
    """Raises ValueError where no sentence follows another, arguments as for :func:`draw_pairs`."""
    if all(len(_parts(sentences, max(room // 2, 1))) < 2 for sentences in documents):
        raise ValueError(
            "next sentence prediction needs sentences that follow another, and no document has two: put more text into "
            "a document, or leave next sentence prediction out (next_sentence=false)."
        )


def stretches(documents, room):
    """Reads every document once, in windows of whole sentences; a sentence too long for a window is read in parts.

    Args:
        documents: as for :func:`draw_pairs`; one is enough.
        room: int, how many tokens a stretch may have.

    Returns:
        A list of :class:`Stretch`.
    """
    found = []
    for number, sentences in enumerate(documents):
        window = []
        for sentence in _parts(sentences, room):
            if window and sum(map(len, window)) + len(sentence) > room:
                found.append(Stretch(np.concatenate(window), number))
                window = []
            window.append(sentence)
        found.append(Stretch(np.concatenate(window), number))
    return found


def cut(first, second, room, random):
    """A pair with at most ``room`` tokens: the longer part loses tokens, each at its beginning or its end by chance."""
    over = max(len(first) + len(second) - room, 0)
    # Token by token the longer part is cut, until both are equal; then they take turns, the second one first.
    sizes = [len(first), len(second)]
    longer = int(sizes[1] > sizes[0])
    alone = min(over, abs(sizes[0] - sizes[1]))
    sizes[longer] -= alone
    sizes[0] -= (over - alone) // 2
    sizes[1] -= (over - alone + 1) // 2
    parts = []
    for part, size in zip((first, second), sizes, strict=True):
        at_front = int(random.binomial(len(part) - size, 0.5)) if len(part) > size else 0
        parts.append(part[at_front : at_front + size])
    return tuple(parts)


def _parts(sentences, longest):
    """Sentences with at most ``longest`` tokens: longer ones in parts."""
    return [
        sentence[start : start + longest] for sentence in sentences for start in range(0, len(sentence), longest)
    ]


def _filled(sentences, begin, wanted):
    """The end of the stretch of sentences from ``begin`` that has ``wanted`` tokens, or of the document."""
    end, length = begin, 0
    while end < len(sentences) and length < wanted:
        length += len(sentences[end])
        end += 1
    return end


def _elsewhere(documents, number, wanted, random):
    """About ``wanted`` tokens, at least a sentence, from any place of a document other than ``number``."""
    other = documents[(number + int(random.integers(1, len(documents)))) % len(documents)]
    begin = int(random.integers(len(other)))
    return np.concatenate(other[begin : max(_filled(other, begin, wanted), begin + 1)])
