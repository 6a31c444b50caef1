"""Kinds of task: examples become tokens, labels and weights that can be counted by hand."""

import itertools

import numpy as np
import pytest
import sacrebleu
import tensorflow as tf

from zoo.kinds.classification import Classification
from zoo.kinds.language_modelling import LanguageModelling
from zoo.kinds.regression import Regression
from zoo.kinds.span_answering import SpanAnswering
from zoo.kinds.tagging import Tagging
from zoo.kinds.text_to_text import TextToText
from zoo.tasks import find
from zoo.tokenizers import SPECIAL_TOKENS
from zoo.tokenizers.character import CharacterTokenizer
from zoo.tokenizers.word import WordTokenizer
from zoo.tokenizers.wordpiece import WordPieceTokenizer

UNKNOWN_ID, S, E = 1, 2, 3  # [UNK], [START] and [END] of tokenizers trained here


def words(*tokens):
    """A tokenizer whose first token has id 5."""
    return WordTokenizer([*SPECIAL_TOKENS, *tokens])


def pieces(*tokens):
    return WordPieceTokenizer([*SPECIAL_TOKENS, *tokens])


def lists(rows):
    return [row.tolist() for row in rows]


# -- text to text ---------------------------------------------------------------------------------------------------


def text_to_text(backbone_kind, max_length=10):
    tokenizer = words("a", "b", "c", "x", "y", "z")  # 5 to 10
    facts = {"max_length": max_length, "metric": "bleu", "lowercase": False, "target_language": None}
    return TextToText(backbone_kind, {"source": tokenizer, "target": tokenizer}, facts)


PAIRS = [{"source": "a b c", "target": "x y"}, {"source": "b", "target": "z z x"}]


def test_an_encoder_decoder_reads_the_target_shifted_by_one():
    columns = text_to_text("encoder_decoder").columns(PAIRS)
    assert lists(columns.inputs["encoder_token_ids"]) == [[5, 6, 7, E], [6, E]]
    assert lists(columns.inputs["decoder_token_ids"]) == [[S, 8, 9], [S, 10, 10, 8]]
    assert lists(columns.labels) == [[8, 9, E], [10, 10, 8, E]]
    assert lists(columns.weights) == [[1, 1, 1], [1, 1, 1, 1]]


def test_a_prefix_language_model_is_asked_for_the_target_only():
    columns = text_to_text("decoder").columns(PAIRS)
    assert lists(columns.inputs["token_ids"]) == [[S, 5, 6, 7, E, 8, 9], [S, 6, E, 10, 10, 8]]
    assert lists(columns.labels) == [[5, 6, 7, E, 8, 9, E], [6, E, 10, 10, 8, E]]
    assert lists(columns.weights) == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 1, 1, 1, 1]]


@pytest.mark.parametrize("max_length", [1, 2, 10])
def test_both_backbones_are_measured_on_the_same_tokens(max_length):
    counted = []
    for backbone_kind in ("encoder_decoder", "decoder"):
        columns = text_to_text(backbone_kind, max_length).columns(PAIRS)
        rows = zip(columns.labels, columns.weights, strict=True)
        counted.append([labels[weights > 0].tolist() for labels, weights in rows])
    assert counted[0] == counted[1]
    assert list(map(len, counted[0])) == [min(2, max_length) + 1, min(3, max_length) + 1]


def test_bleu_is_of_the_texts_as_they_are_written():
    """Tokenised and lower-cased, this translation would be perfect; only the task's own setting may ignore case."""
    examples = [{"source": "", "target": "Mia's dog, the old one, runs."}]
    answers = ["mia ' s dog , the old one , runs ."]
    scores = text_to_text("decoder").score(examples, answers)
    assert scores["bleu"] == sacrebleu.corpus_bleu(answers, [[examples[0]["target"]]]).score < 80
    assert "case:mixed" in scores["bleu_signature"] and "tok:13a" in scores["bleu_signature"]
    assert scores["exact_match"] == 0.0
    assert text_to_text("decoder").score(examples, [examples[0]["target"]])["bleu"] == pytest.approx(100)


def test_one_wrong_token_makes_an_answer_wrong():
    kind = text_to_text("decoder")
    kind.metric = "exact_match"
    examples = [{"source": "", "target": target} for target in ("abcdefghij", "abcdefghij")]
    assert kind.score(examples, ["abcdefghij", "abcdefghiX"]) == {"exact_match": 0.5}  # 19 of 20 letters are right


# -- language modelling ---------------------------------------------------------------------------------------------

LETTERS = "abcdefghijklmnopqrstuvw"
DOCUMENTS = [{"text": " ".join(LETTERS)}, {"text": "a b"}]


def language_modelling(boundaries=True):
    return LanguageModelling(
        "decoder", {"tokenizer": words(*LETTERS)}, {"max_length": 4, "document_boundaries": boundaries}
    )


def predicted(batches, epoch):
    """(context, label) of each token that counts in an epoch."""
    found = []
    for inputs, labels, weights, _ in batches.epoch(epoch):
        for row, places in enumerate(weights > 0):
            found += zip(inputs["token_ids"][row][places].tolist(), labels[row][places].tolist(), strict=True)
    return sorted(found)


@pytest.mark.parametrize("boundaries", [True, False])
@pytest.mark.parametrize("seed", [None, 3])
def test_each_token_of_a_document_is_predicted_once_from_the_one_before_it(boundaries, seed):
    ids = [*range(5, 28)]
    documents = [[S, *ids, E], [S, 5, 6, E]] if boundaries else [ids, [5, 6]]
    expected = sorted(pair for document in documents for pair in itertools.pairwise(document))
    batches = language_modelling(boundaries).batches(DOCUMENTS, 3, seed)
    for epoch in range(6):
        assert predicted(batches, epoch) == expected


def test_evaluation_reads_the_same_windows_each_time_and_training_shifts_them():
    def windows(batches, epoch):
        return {tuple(row[row > 0].tolist()) for inputs, *_ in batches.epoch(epoch) for row in inputs["token_ids"]}

    evaluation = language_modelling().batches(DOCUMENTS, 3)
    # [START] a b ... w [END]: the labels are a to w and [END], four at a time.
    cut = {(S, 5, 6, 7), (8, 9, 10, 11), (12, 13, 14, 15), (16, 17, 18, 19), (20, 21, 22, 23), (24, 25, 26, 27)}
    assert windows(evaluation, 0) == windows(evaluation, 1) == cut | {(S, 5, 6)}
    training = language_modelling().batches(DOCUMENTS, 3, seed=0)
    drawn = [windows(training, epoch) for epoch in range(30)]
    assert len(set(map(frozenset, drawn))) == 4  # as many shifts as a window has tokens
    assert all((S, 5, 6) in each for each in drawn)  # a document that fits a window is never cut
    again = language_modelling().batches(DOCUMENTS, 3, seed=0)
    assert windows(again, 7) == drawn[7]


# -- classification and tagging -------------------------------------------------------------------------------------


@pytest.mark.parametrize("backbone_kind", ["encoder", "decoder"])
def test_a_pair_of_texts_is_one_row_of_two_segments(backbone_kind):
    facts = {"max_length": 3, "labels": ["no", "yes"], "fields": ["text", "text_pair"]}
    kind = Classification(backbone_kind, {"tokenizer": words("a", "b", "c", "d")}, facts)
    columns = kind.columns(
        [
            {"text": "a b", "text_pair": "c", "label": "yes"},
            {"text": "d c b a", "text_pair": "a b c d", "label": "no"},  # both are cut
        ]
    )
    assert lists(columns.inputs["token_ids"]) == [[S, 5, 6, E, 7, E], [S, 8, 7, 6, E, 5, 6, 7, E]]
    if backbone_kind == "encoder":
        assert lists(columns.inputs["segment_ids"]) == [[0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 1, 1, 1, 1]]
    else:
        assert set(columns.inputs) == {"token_ids"}
    assert (lists(columns.labels), lists(columns.weights)) == ([1, 0], [1.0, 1.0])


def test_a_single_text_is_one_segment():
    facts = {"max_length": 3, "labels": ["no", "yes"], "fields": ["text"]}
    columns = Classification("encoder", {"tokenizer": words("a")}, facts).columns([{"text": "a a", "label": "no"}])
    assert lists(columns.inputs["token_ids"] + columns.inputs["segment_ids"]) == [[S, 5, 5, E], [0, 0, 0, 0]]


def test_scores_are_learned_in_standard_deviations_and_answered_in_their_unit():
    task = find("regression")
    examples = [{"text": "a", "score": score} for score in (2.0, 4.0, 9.0)]  # mean 5, variance (9 + 1 + 16) / 3
    kind = Regression.fit(task, "encoder", examples, tokenizers={"tokenizer": words("a", "b")})
    columns = kind.columns([*examples, {"text": "b", "score": 5.0}])
    deviation = (26 / 3) ** 0.5
    assert lists(columns.labels) == pytest.approx([-3 / deviation, -1 / deviation, 4 / deviation, 0])
    assert columns.labels[0].dtype == "float32" and lists(columns.inputs["token_ids"])[3] == [S, 6, E]
    answers = kind.answers(lambda inputs, training: tf.constant([1.0, -1.0, 0.0]), examples)
    assert answers == pytest.approx([5 + deviation, 5 - deviation, 5])
    figures = kind.likelihood(examples, np.array([1.0, 2.0, 3.0]), np.ones(3))
    assert figures == pytest.approx({"squared_error": 2.0, "rmse": (2 * 26 / 3) ** 0.5})
    with pytest.raises(ValueError, match="one score only"):
        Regression.fit(task, "encoder", examples[:1], tokenizers={"tokenizer": words("a")})


def test_where_characters_have_tags_white_space_has_one_too():
    tokenizer = CharacterTokenizer([*SPECIAL_TOKENS, "▁", "박", "씨", "의"])  # 5 to 8
    facts = {"max_length": 9, "tags": ["B-PS", "I-PS", "O"], "units": "characters"}
    kind = Tagging("encoder", {"tokenizer": tokenizer}, facts)
    columns = kind.columns([{"tokens": [*"박 씨의"], "tags": ["B-PS", "I-PS", "I-PS", "O"]}])
    assert lists(columns.inputs["token_ids"]) == [[S, 6, 5, 7, 8, E]]
    assert lists(columns.labels) == [[0, 0, 1, 1, 2, 0]] and lists(columns.weights) == [[0, 1, 1, 1, 1, 0]]
    answer = kind.respond(lambda inputs, training: tf.one_hot([[2, 0, 1, 1, 2, 2]], 3), tf.constant(["박 씨의"]))
    assert [word.decode() for word in answer["word"].numpy()[0]] == [*"박 씨의"]
    assert answer["tag"].numpy()[0].tolist() == [b"B-PS", b"I-PS", b"I-PS", b"O"]
    assert (answer["start"].numpy()[0].tolist(), answer["end"].numpy()[0].tolist()) == ([0, 1, 2, 3], [1, 2, 3, 4])
    # KLUE's figure beside the other: a name that begins inside is none to KLUE.
    scores = kind.score([{"tags": ["B-PS", "I-PS"]}], [["I-PS", "I-PS"]])
    assert (scores["f1"], scores["macro_f1"]) == (1.0, 0.0)


def test_a_tag_counts_at_the_first_token_of_its_word():
    tokenizer = pieces("Se", "##oul", "is", "big", "##ger")  # 5 to 9
    example = {"tokens": ["Seoul", "is", "bigger"], "tags": ["B-place", "O", "I-place"]}
    facts = {"max_length": 4, "tags": ["B-place", "I-place", "O"]}
    columns = Tagging("encoder", {"tokenizer": tokenizer}, facts).columns([example, {"tokens": ["?"], "tags": ["O"]}])
    # Four tokens fit: the last piece of "bigger" is cut off. "?" is unknown, and yet a word.
    assert lists(columns.inputs["token_ids"]) == [[S, 5, 6, 7, 8, E], [S, UNKNOWN_ID, E]]
    assert lists(columns.weights) == [[0, 1, 0, 1, 1, 0], [0, 1, 0]]
    labels = [row[weights > 0].tolist() for row, weights in zip(columns.labels, columns.weights, strict=True)]
    assert labels == [[0, 2, 1], [2]]


# -- span answering -------------------------------------------------------------------------------------------------

ENGLISH = {
    "question": "Where?",
    "context": "Mia put the apple on the table.",
    "answers": ["the table"],
    "starts": [21],
}
KOREAN = {"question": "무엇을?", "context": "미아는 빨간 사과를 먹었다.", "answers": ["빨간 사과"], "starts": [4]}
SPANS = {  # [START] question ? [END] context [END]
    # Mia 4, put 5, the 6, app 7, ##le 8, on 9, the 10, table 11
    "english": (ENGLISH, pieces("Where", "?", "Mia", "put", "the", "app", "##le", "on", "table", "."), [10, 11], 14),
    # 미아 4, 는 5, 빨간 6, 사과 7, 를 8: the answer ends inside a word
    "korean": (KOREAN, pieces("무엇을", "?", "미아", "##는", "빨간", "사과", "##를", "먹었다", "."), [6, 7], 12),
}


def span_answering(tokenizer, max_length=20):
    facts = {"max_length": max_length, "max_question_length": 5, "max_answer_tokens": 16}
    return SpanAnswering("encoder", {"tokenizer": tokenizer}, facts)


@pytest.mark.parametrize("language", SPANS)
def test_labels_point_at_the_tokens_of_the_answer_and_those_give_it_back(language):
    example, tokenizer, span, length = SPANS[language]
    kind = span_answering(tokenizer)
    columns = kind.columns([example])
    assert lists(columns.labels) == [span]
    assert lists(columns.weights) == [[1, 1]]
    assert UNKNOWN_ID not in columns.inputs["token_ids"][0]
    assert lists(columns.inputs["segment_ids"]) == [[0] * 4 + [1] * (length - 4)]

    def model(inputs, training):  # is sure of the labels, and surer still of the question, which is no answer
        hot = tf.one_hot(span, length) * 9 + tf.one_hot([1, 1], length) * 99
        return hot[None]  # [B, 2, T]

    (answer,) = kind.answers(model, [example])
    assert answer == example["answers"][0]
