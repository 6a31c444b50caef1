"""What a run is asked: a text that it could not read as a whole, or of which it knows nothing, gets no answer."""

import pytest

from zoo.kinds.classification import Classification
from zoo.kinds.language_modelling import LanguageModelling
from zoo.kinds.pretraining import Pretraining
from zoo.kinds.regression import Regression
from zoo.kinds.span_answering import SpanAnswering
from zoo.kinds.tagging import Tagging
from zoo.tokenizers import SPECIAL_TOKENS, train_tokenizer
from zoo.tokenizers.word import WordTokenizer

WORDS = {"tokenizer": WordTokenizer([*SPECIAL_TOKENS, "a", "b", ".", "?"])}
ONE = Classification("encoder", WORDS, {"max_length": 3, "fields": ["text"], "labels": ["no", "yes"]})
TWO = Regression("encoder", WORDS, {"max_length": 3, "fields": ["text", "text_pair"]})
TAGS = Tagging("encoder", WORDS, {"max_length": 3, "tags": ["O"]})
SPANS = SpanAnswering("encoder", WORDS, {"max_length": 3, "stride": 1, "max_question_length": 2})
BLANKS = Pretraining("encoder", WORDS, {"max_length": 5})
LETTERS = {"tokenizer": train_tokenizer("character", ["an apple.\n"])}
WRITES = LanguageModelling("decoder", LETTERS, {"max_length": 20, "document_boundaries": True})

UNREADABLE = {
    "a long text to classify": (ONE, {"text": "a a a a"}, "text 2 has 4 tokens, but this run reads 3"),
    "no text to classify": (ONE, {"text": " "}, "text 2 has no token"),
    "an unknown text to classify": (ONE, {"text": "사과 ."}, "text 2 has nothing in it that this run knows"),
    "a long second text": (TWO, {"text": "a", "text_pair": "a b a b"}, "the text pair of text 2 has 4 tokens"),
    "an unknown second text": (TWO, {"text": "a", "text_pair": "사과"}, "the text pair of text 2 has nothing in it"),
    "words behind the last that is tagged": (TAGS, {"text": "a b a b"}, "text 2 has 4 tokens, but this run tags"),
    "a long question": (SPANS, {"question": "a b ?", "context": "a"}, "the question of text 2 has 3 tokens"),
    "an unknown context": (SPANS, {"question": "a ?", "context": "사과"}, "the context of text 2 has nothing in it"),
    "a blank behind the last token": (BLANKS, {"text": "a b a [MASK]"}, "text 2 has 4 tokens, but this run reads 3"),
    "a blank among unknown words": (BLANKS, {"text": "사과 [MASK]"}, "text 2 has nothing in it"),
    "unknown letters, known blanks and full stops": (WRITES, {"text": "나는 사과.\n"}, "text 2 has nothing in it"),
}
READABLE = {
    "a text that fits": (ONE, {"text": "a b a"}),
    "a text that is known in part": (ONE, {"text": "a 사과"}),
    "punctuation, if all of it is known": (ONE, {"text": "?"}),
    "a context of many windows": (SPANS, {"question": "a ?", "context": "a b " * 10}),
    "a blank and nothing else": (BLANKS, {"text": "[MASK]"}),
    "a line end to begin with": (WRITES, {"text": "\n"}),
    "nothing to begin with": (WRITES, {"text": ""}),
}


class Reader:
    """As much of a model as is asked how long its texts may be."""

    max_sequence_length = 20


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_text_that_cannot_be_read_is_refused_by_its_number_and_field(name):
    kind, record, message = UNREADABLE[name]
    good = dict.fromkeys(kind.fields, "a [MASK]" if kind is BLANKS else "a")
    with pytest.raises(ValueError, match=f"^{message}"):
        kind.check_input([good, record], Reader())


@pytest.mark.parametrize("name", READABLE)
def test_a_text_that_can_be_read_is_answered(name):
    kind, record = READABLE[name]
    kind.check_input([record], Reader())


def test_each_field_of_an_example_must_be_known():
    examples = [
        {"question": "a", "context": "b", "answers": ["b"], "starts": [0]},
        {"question": "a", "context": "사과", "answers": ["사과"], "starts": [0]},
        {"question": "나는", "context": "b", "answers": ["b"], "starts": [0]},
    ]
    assert SPANS.unread(examples) == [None, "context", "question"]
    assert WRITES.unread([{"text": "나는 사과.\n"}, {"text": "나는 apple"}]) == ["text", None]
    assert BLANKS.unread([{"sentences": ["사과", "a"]}, {"sentences": ["사과", "."]}]) == [None, "text"]
