"""Metrics against hand calculations, an independent BLEU and scikit-learn."""

import math
import warnings
from collections import Counter

import numpy as np
import pytest
import sacrebleu

from zoo import metrics

REFERENCES = ["A man in a blue shirt is standing on a ladder.", "Two dogs are playing in the snow.", "A girl sings."]
HYPOTHESES = ["A man in a blue shirt stands on the ladder.", "two dogs play in the snow.", "A girl sings."]


def bleu_by_hand(references, hypotheses):
    """Papineni et al. 2002, section 2.3, for one reference: lists of tokens -> 0 to 100."""
    logarithms = 0.0
    for n in range(1, 5):
        right = total = 0
        for reference, hypothesis in zip(references, hypotheses, strict=True):
            expected = Counter(tuple(reference[i : i + n]) for i in range(len(reference) - n + 1))
            found = Counter(tuple(hypothesis[i : i + n]) for i in range(len(hypothesis) - n + 1))
            right += sum(min(count, expected[ngram]) for ngram, count in found.items())
            total += sum(found.values())
        if right == 0:
            return 0.0
        logarithms += math.log(right / total) / 4
    reference_length, length = sum(map(len, references)), sum(map(len, hypotheses))
    return 100 * min(1.0, math.exp(1 - reference_length / length)) * math.exp(logarithms)


def test_bleu_and_chrf_are_sacrebleu_s_with_their_signatures():
    scores = metrics.bleu(REFERENCES, HYPOTHESES)
    assert scores["bleu"] == sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES]).score
    assert scores["chrf"] == sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES]).score
    assert "case:mixed" in scores["bleu_signature"] and "tok:13a" in scores["bleu_signature"]
    assert scores["chrf_signature"].startswith("nrefs:1|case:mixed")
    # 13a only splits off the full stop here, so that the formula can be followed by hand.
    tokens = [[text.replace(".", " .").split() for text in texts] for texts in (REFERENCES, HYPOTHESES)]
    assert scores["bleu"] == pytest.approx(bleu_by_hand(*tokens))


def test_lowercase_ignores_case_and_says_so():
    scores = metrics.bleu(["Two Dogs play in the snow ."], ["two dogs play in the Snow ."], lowercase=True)
    assert scores["bleu"] == pytest.approx(100) and scores["chrf"] == pytest.approx(100)
    assert "case:lc" in scores["bleu_signature"] and "case:lc" in scores["chrf_signature"]


def test_korean_bleu_counts_characters():
    reference, hypothesis = "민수가 사과를 먹었다.", "민수는 사과를 먹었다."
    scores = metrics.bleu([reference], [hypothesis], tokenize="char")
    characters = [[character for character in text if character != " "] for text in (reference, hypothesis)]
    assert scores["bleu"] == pytest.approx(bleu_by_hand(characters[:1], characters[1:]))
    assert "tok:char" in scores["bleu_signature"]


def test_korean_is_known_by_its_letters():
    assert metrics.is_korean(["민수가 iPhone을 샀다.", "3개"])
    assert not metrics.is_korean(["Minsu (민수) went home."]) and not metrics.is_korean(["123", ""])


@pytest.mark.parametrize("seed", range(5))
def test_token_bleu_takes_tokens_as_they_are(seed):
    random = np.random.default_rng(seed)
    words = ["a", ".", "man", "&amp;", "don't", "blue-ish", "남자"]  # some of which sacreBLEU's 13a would change

    def texts():
        return [random.choice(words, size=random.integers(0, 12)).tolist() for _ in range(30)]

    references, hypotheses = texts(), texts()
    hypotheses[0] = references[0] = words
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert metrics.token_bleu(references, hypotheses)["token_bleu"] == pytest.approx(
            bleu_by_hand(references, hypotheses)
        )


def test_token_bleu_is_not_smoothed_and_penalizes_brevity():
    assert metrics.token_bleu([list("abcd")], [list("abce")]) == {"token_bleu": 0.0}  # no 4-gram is right
    # All n-grams are right; 5 of 6 tokens: exp(1 - 6 / 5).
    assert metrics.token_bleu([list("abcdef")], [list("abcde")])["token_bleu"] == pytest.approx(100 * math.exp(-0.2))
    assert metrics.token_bleu([list("abcde")], [[]]) == {"token_bleu": 0.0}


def test_white_space_in_a_token_does_not_split_it():
    spaced = [["a", " ", "b", " ", "c"]]
    assert metrics.token_bleu(spaced, spaced)["token_bleu"] == pytest.approx(100)
    # A blank is a token like others: one of seven is wrong, and each n-gram that holds it.
    long = [[*"ab", " ", *"cdef"]]
    assert metrics.token_bleu(long, [[*"ab", "x", *"cdef"]])["token_bleu"] == pytest.approx(
        100 * (6 / 7 * 4 / 6 * 2 / 5 * 1 / 4) ** 0.25
    )


def test_exact_match_counts_whole_answers():
    assert metrics.exact_match(["12", "7", "30", "5"], ["12", "70", "30", ""]) == {"exact_match": 0.5}


def test_accuracy_and_macro_f1_by_hand():
    labels = ["good", "good", "good", "bad", "bad", "mixed"]
    predictions = ["good", "good", "bad", "bad", "odd", "good"]
    # good: 2 right, 3 labels, 3 predictions; bad: 1, 2, 2; mixed is never predicted, odd is never right.
    expected = (4 / 6 + 2 / 4 + 0 + 0) / 4
    scores = metrics.accuracy_and_macro_f1(labels, predictions)
    assert scores == {"accuracy": 0.5, "macro_f1": pytest.approx(expected)}


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_accuracy_and_macro_f1_agree_with_scikit_learn(classes):
    scikit = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(classes)
    labels, predictions = random.integers(classes, size=(2, 50)).tolist()
    scores = metrics.accuracy_and_macro_f1(labels, predictions)
    assert scores["accuracy"] == pytest.approx(scikit.accuracy_score(labels, predictions))
    assert scores["macro_f1"] == pytest.approx(scikit.f1_score(labels, predictions, average="macro"))


def test_entities_count_as_a_whole():
    references = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-LOC", "I-LOC", "B-LOC"]]
    hypotheses = [["B-PER", "I-PER", "O", "B-ORG"], ["O", "B-LOC", "O", "B-LOC"]]
    # Right: PER(0-1) and the last LOC. Expected 1 PER + 3 LOC, found 1 PER + 1 ORG + 2 LOC.
    scores = metrics.entity_f1(references, hypotheses)
    assert scores == pytest.approx(
        {
            "precision": 2 / 4, "recall": 2 / 4, "f1": 0.5,
            "precision_LOC": 1 / 2, "recall_LOC": 1 / 3, "f1_LOC": 0.4,
            "precision_ORG": 0, "recall_ORG": 0, "f1_ORG": 0,
            "precision_PER": 1, "recall_PER": 1, "f1_PER": 1,
        }
    )  # fmt: skip


def test_an_inside_tag_without_beginning_starts_an_entity_as_in_conlleval_unless_strict():
    references = [["B-PER", "O", "B-LOC", "I-LOC"]]
    hypotheses = [["I-PER", "O", "B-LOC", "I-LOC"]]
    assert metrics.entity_f1(references, hypotheses)["f1"] == 1.0
    strict = metrics.entity_f1(references, hypotheses, strict=True)
    assert (strict["precision"], strict["recall"]) == (1.0, 0.5)
    # conlleval: a change of type begins an entity too, and an entity ends with its text.
    assert metrics.entity_f1([["B-A", "B-B"], ["B-B"]], [["B-A", "I-B"], ["I-B"]])["f1"] == 1.0


def test_klue_s_figure_is_the_mean_of_the_strict_f1_of_all_types():
    from seqeval.metrics import f1_score
    from seqeval.scheme import IOB2

    references = [["B-PS", "I-PS", "O", "B-LC"], ["O", "B-LC", "I-LC", "B-DT"]]
    hypotheses = [["I-PS", "I-PS", "O", "B-OG"], ["O", "B-LC", "I-LC", "B-DT"]]
    # PS begins with I and is none: 0. Of two LC one is found: 2/3. DT is right: 1. OG is wrong: 0.
    found = metrics.entity_macro_f1(references, hypotheses)
    assert found == pytest.approx({"macro_f1": (2 / 3 + 1) / 4})
    # As in KLUE's own code.
    assert found["macro_f1"] == pytest.approx(
        f1_score(references, hypotheses, average="macro", mode="strict", scheme=IOB2, zero_division=0)
    )
    assert metrics.entity_macro_f1([["O"]], [["I-PS"]]) == {"macro_f1": 0.0}


def test_texts_without_entities_score_zero():
    nothing = {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert metrics.entity_f1([["O", "O"]], [["O", "O"]]) == nothing
    assert metrics.entity_f1([["O", "O"]], [["O", "I-A"]], strict=True) == nothing
    assert metrics.entity_f1([["O", "B-A"]], [["O", "O"]])["f1"] == 0.0


def test_answers_are_normalised_as_by_squad():
    assert metrics.normalize_answer(" The  Eiffel-Tower, (in) a\tPARIS! ") == "eiffeltower in paris"
    assert metrics.normalize_answer("another theory an") == "another theory"
    assert metrics.normalize_answer("“서울” 의") == "“서울” 의"  # only ASCII punctuation goes


def test_squad_counts_the_best_of_several_answers():
    references = [["Denver Broncos", "The Denver Broncos"], ["in 1066", "the year 1066"], ["gold"], ["the"]]
    hypotheses = ["the Denver Broncos!", "year 1066 1066", "silver", "a"]
    # 1: right. 2: of "year 1066 1066" 2 tokens are right, precision 2/3, recall 1: F1 0.8.
    # 3: wrong. 4: both empty after normalisation: exact, but F1 0 as in the official script.
    assert metrics.squad_em_f1(references, hypotheses) == pytest.approx(
        {"exact_match": 2 / 4, "f1": (1 + 0.8 + 0 + 0) / 4}
    )


def test_korquad_counts_characters():
    assert metrics.normalize_korean_answer("《임 수경》(林) ‘A-b’") == "임 수경 林 ab"
    # "임수경은" has the 3 characters of "임수경" and one more: F1 6/7. White space counts nothing.
    scores = metrics.squad_em_f1([["〈임수경〉"], ["2월 15일"]], ["임수경은", "2월15일"], units="characters")
    assert scores == pytest.approx({"exact_match": 0.0, "f1": (6 / 7 + 1) / 2})


def test_correlations_are_those_calculated_by_hand():
    # Deviations from the means 2.5 and 7.5: sum of products 25, sums of squares 5 and 129. The order is the same.
    scores = metrics.correlations([1, 2, 3, 4], [1, 4, 9, 16])
    assert scores == pytest.approx({"pearson": 25 / math.sqrt(5 * 129), "spearman": 1.0})
    # Equal numbers share the ranks 1 and 2: deviations (-1, 0, 1) and (-0.5, -0.5, 1), 1.5 / sqrt(2 * 1.5).
    assert metrics.correlations([1, 2, 30], [5, 5, 6])["spearman"] == pytest.approx(1.5 / math.sqrt(3))
    assert metrics.correlations([3, 2, 1], [1.0, 2.0, 3.0]) == pytest.approx({"pearson": -1.0, "spearman": -1.0})
    assert metrics.correlations([1, 2], [7.0, 7.0]) == {"pearson": 0.0, "spearman": 0.0}


def test_nats_become_perplexity_and_bits():
    assert metrics.perplexity(math.log(50)) == pytest.approx(50)
    assert metrics.perplexity(1e6) == math.inf
    assert math.isnan(metrics.perplexity(math.nan))
    # Eight equally probable characters need three bits each.
    assert metrics.bits_per_character(100 * math.log(8), 100) == pytest.approx(3)
    with pytest.raises(ValueError, match="0 characters"):
        metrics.bits_per_character(1.0, 0)


PAIRED = (
    metrics.bleu,
    metrics.token_bleu,
    metrics.exact_match,
    metrics.accuracy_and_macro_f1,
    metrics.correlations,
    metrics.entity_f1,
    metrics.entity_macro_f1,
    metrics.squad_em_f1,
)


@pytest.mark.parametrize("metric", PAIRED)
def test_unequal_and_empty_lists_are_refused(metric):
    with pytest.raises(ValueError, match="2 right answers, but 1 to score"):
        metric(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="empty"):
        metric([], [])


def test_errors_name_the_place():
    with pytest.raises(ValueError, match="text 1 has 2 tags but 1"):
        metrics.entity_f1([["O"], ["O", "O"]], [["O"], ["O"]])
    with pytest.raises(ValueError, match="'PER' is not a tag of IOB2"):
        metrics.entity_f1([["PER"]], [["O"]])
    with pytest.raises(ValueError, match="question 0 has the right answers 'gold'"):
        metrics.squad_em_f1(["gold"], ["gold"])
