"""Entity F1 against the rules of conlleval, SQuAD's scores against those of its script, each told again here."""

import math
import re
import string

import numpy as np
import pytest

from zoo import metrics

TAGS = ["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "I-ORG"]


def conlleval(references, hypotheses):
    """The counts of the CoNLL-2000 script, read tag by tag as it does: {type: [right, expected, found]}."""

    def part(tag):
        return ("O", "") if tag == "O" else tuple(tag.split("-", 1))

    def starts(before, tag):
        (chunk_before, type_before), (chunk, kind) = part(before), part(tag)
        return chunk == "B" or (chunk == "I" and (chunk_before == "O" or type_before != kind))

    def ends(tag, after):
        (chunk, kind), (chunk_after, type_after) = part(tag), part(after)
        return chunk != "O" and (chunk_after in "BO" or kind != type_after)

    counts = {}

    def count(kind, column):
        counts.setdefault(kind, [0, 0, 0])[column] += 1

    for right, found in zip(references, hypotheses, strict=True):
        both_since = None  # the type of an entity that began at the same place in both, and still goes on in both
        right, found = [*right, "O"], [*found, "O"]  # an entity ends with its text
        before = "O", "O"
        for tags in zip(right, found, strict=True):
            over = [ends(before[i], tags[i]) for i in (0, 1)]
            if both_since and all(over):
                count(both_since, 0)
            if any(over):
                both_since = None
            new = [starts(before[i], tags[i]) for i in (0, 1)]
            for i in (0, 1):
                if new[i]:
                    count(part(tags[i])[1], i + 1)
            if any(new):
                kinds = [part(tag)[1] for tag in tags]
                both_since = kinds[0] if all(new) and kinds[0] == kinds[1] else None
            before = tags
    return counts


def scores(right, expected, found):
    precision, recall = right / found if found else 0.0, right / expected if expected else 0.0
    return precision, recall, 2 * precision * recall / (precision + recall) if right else 0.0


@pytest.mark.parametrize("seed", range(20))
def test_entities_are_counted_as_by_conlleval(seed):
    random = np.random.default_rng(seed)
    references = [random.choice(TAGS, size=random.integers(1, 15)).tolist() for _ in range(40)]
    # Mostly right, so that whole entities are; each third tag is drawn anew.
    hypotheses = [[tag if random.random() < 0.7 else str(random.choice(TAGS)) for tag in tags] for tags in references]
    counts = conlleval(references, hypotheses)
    expected = dict(zip(("precision", "recall", "f1"), scores(*np.sum(list(counts.values()), axis=0)), strict=True))
    for kind, numbers in counts.items():
        names = (f"precision_{kind}", f"recall_{kind}", f"f1_{kind}")
        expected |= dict(zip(names, scores(*numbers), strict=True))
    assert metrics.entity_f1(references, hypotheses) == pytest.approx(expected)
    assert 0.1 < expected["f1"] < 0.9


def test_conlleval_s_own_documentation():
    # The page of the CoNLL-2000 task: "processed 961 tokens with 459 phrases; found: 539 phrases; correct: 371.
    # precision: 68.83%; recall: 80.83%; FB1: 74.35". One text of that many entities of one token each.
    references = [["B-NP", "O"] * 459 + ["O"] * 168 * 2]
    hypotheses = [["B-NP", "O"] * 371 + ["O", "O"] * 88 + ["B-NP", "O"] * 168]
    found = metrics.entity_f1(references, hypotheses)
    rounded = [round(100 * found[name], 2) for name in ("precision", "recall", "f1")]
    assert rounded == [68.83, 80.83, 74.35]


def squad(answers, prediction):
    """SQuAD v1.1's evaluation of one question, step by step: exact match and F1."""

    def normalised(text):
        text = "".join(" " if character.isspace() else character for character in text.lower())
        for mark in string.punctuation:
            text = text.replace(mark, "")
        text = re.sub(r"\b(a|an|the)\b", " ", text)
        return [word for word in text.split(" ") if word]

    def f1(answer):
        expected, found, common = normalised(answer), normalised(prediction), 0
        for word in found:
            if word in expected:
                expected.remove(word)
                common += 1
        if common == 0:
            return 0.0
        precision, recall = common / len(found), common / len(normalised(answer))
        return 2 * precision * recall / (precision + recall)

    return max(normalised(answer) == normalised(prediction) for answer in answers), max(map(f1, answers))


@pytest.mark.parametrize("seed", range(20))
def test_answers_are_scored_by_the_rules_of_squad(seed):
    random = np.random.default_rng(seed)
    words = "the A an An. Broncos broncos! (Broncos) year 1066 the-year 서울 서울의 theory Anna's U.S. us “q” … the's"
    words = [*words.split(), "", "\t"]

    def answer():
        return " ".join(random.choice(words, size=random.integers(0, 5)))

    references = [[answer() for _ in range(random.integers(1, 4))] for _ in range(60)]
    hypotheses = [str(random.choice(right)) if random.random() < 0.3 else answer() for right in references]
    exact, f1 = np.mean([squad(*pair) for pair in zip(references, hypotheses, strict=True)], axis=0)
    assert metrics.squad_em_f1(references, hypotheses) == pytest.approx({"exact_match": exact, "f1": f1})
    assert 0.1 < exact < 0.9


def test_perplexity_by_hand():
    # A model that gives three tokens 1/2, 1/4 and 1/8: the inverse of their geometric mean, (1/64) ** (-1/3).
    nll = -(math.log(1 / 2) + math.log(1 / 4) + math.log(1 / 8)) / 3
    assert metrics.perplexity(nll) == pytest.approx(4)
    assert metrics.bits_per_character(3 * nll, 6) == pytest.approx(1)  # six bits for six characters
