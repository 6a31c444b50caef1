"""What can be asked, of a run, its stream, its attention and its export: texts, and nothing that looks like them."""

import re

import pytest

from tests.untrained_runs import language_model
from zoo.attention_maps import attention_maps
from zoo.prediction import predict, stream
from zoo.records import records_of
from zoo.registry import UnknownNameError
from zoo.tokenizers.byte import ByteTokenizer

ONE, TWO = ("text",), ("question", "context")
A, B = {"question": "a", "context": "b"}, {"question": "c", "context": "d"}


@pytest.mark.parametrize(
    ("inputs", "fields", "records"),
    [
        ("나는", ONE, [{"text": "나는"}]),
        (["나", "너"], ONE, [{"text": "나"}, {"text": "너"}]),
        (("나", {"text": "너"}), ONE, [{"text": "나"}, {"text": "너"}]),
        ({"text": "나"}, ONE, [{"text": "나"}]),
        ((text for text in "ab"), ONE, [{"text": "a"}, {"text": "b"}]),
        ("", ONE, [{"text": ""}]),
        ([], ONE, []),
        (A, TWO, [A]),
        ([A, B], TWO, [A, B]),
    ],
)
def test_one_text_by_itself_is_a_list_of_one(inputs, fields, records):
    assert records_of(inputs, fields) == records


@pytest.mark.parametrize(
    ("inputs", "fields", "message"),
    [
        (None, ONE, "None (NoneType) cannot be asked about; expected a text (str), or a list of such."),
        (3, TWO, "3 (int) cannot be asked about; expected a dictionary of the texts ['question', 'context'], or"),
        (b"ab", ONE, "b'ab' (bytes) cannot be asked about; expected a text (str)"),
        (["a", 3], ONE, "text 2 is 3 (int); expected a text (str)."),
        (["a", None], ONE, "text 2 is None (NoneType); expected a text (str)."),
        ([b"a"], ONE, "text 1 is b'a' (bytes); expected a text (str)."),
        ([["a"]], ONE, "text 1 is ['a'] (list); expected a text (str)."),
        ({"source": "a"}, ONE, "text 1 has the fields ['source']; this model needs ['text']."),
        ([{"text": "a", 1: "b"}], ONE, "text 1 has the fields ['text', 1]; this model needs ['text']."),
        ([A, "a"], TWO, "text 2 has the fields ['question']; this model needs ['question', 'context']."),
        ([{**A, "context": ["b"]}], TWO, "the context of text 1 is ['b'] (list); expected a text (str)."),
        ([{"text": "a", "text_pair": 3}], ("text", "text_pair"), "the text pair of text 1 is 3 (int); expected a text"),
        (["a\udcff"], ONE, "text 1 is 'a\\udcff', which is not UTF-8"),
    ],
)
def test_what_is_no_text_is_refused_by_one_line_that_says_what_it_is(inputs, fields, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}[^\n]*$"):
        records_of(inputs, fields)


def test_runs_are_asked_one_text_or_many_and_refuse_all_else():
    run = language_model(ByteTokenizer(), "gpt")
    (answer,) = predict(run, "ab", max_tokens=3)
    assert predict(run, ["ab", {"text": "ab"}], max_tokens=3) == [answer, answer]
    assert predict(run, {"text": "ab"}, max_tokens=3) == [answer]
    for text in ("ab", {"text": "ab"}):
        assert "".join(stream(run, text, max_tokens=3)) == answer["continuation"]
        assert len(attention_maps(run, text)[0].queries) == 3  # [START], a, b
    with pytest.raises(ValueError, match="text 2 is 3"):
        predict(run, ["a", 3])
    with pytest.raises(UnknownNameError, match=r"option of .* 'max_token'\. Did you mean 'max_tokens'"):
        predict(run, "ab", max_token=3)
    with pytest.raises(UnknownNameError, match=r"'beam'.*a sampler: sampler=zoo\.decoding\.Beam\(4\)\."):
        predict(run, "ab", beam=3)
    for ask in (lambda text: list(stream(run, text)), lambda text: attention_maps(run, text)):
        for text in (None, b"ab", ["ab"], 3, {"source": "ab"}):
            with pytest.raises(ValueError, match=r"^text 1 \w+ "):
                ask(text)
