"""What is drawn of attention: texts that a run can read, in letters that somebody can draw."""

import warnings

import pytest

from tests.untrained_runs import language_model, run_of
from zoo import plots
from zoo.attention_maps import FONT_ADVICE, attend, attention_maps, readable
from zoo.kinds.pretraining import Pretraining
from zoo.kinds.text_to_text import TextToText
from zoo.prediction import predict, stream
from zoo.tokenizers import SPECIAL_TOKENS
from zoo.tokenizers.byte import ByteTokenizer
from zoo.tokenizers.word import WordTokenizer

WORDS = WordTokenizer([*SPECIAL_TOKENS, "사과", "a", "."])
FACTS = {"max_length": 4, "lowercase": False, "target_language": None}
MASKING = {"masking_rate": 0.15, "mask_share": 0.8, "random_share": 0.1, "whole_words": False}


@pytest.fixture(scope="module")
def runs():
    return {
        "text-to-text": run_of(TextToText("decoder", {"source": WORDS, "target": WORDS}, FACTS), "gpt"),
        "pretraining": run_of(Pretraining("encoder", {"tokenizer": WORDS}, {"max_length": 8, **MASKING}), "bert"),
        "begins": language_model(WORDS, "gpt", size=8),
        "without-start": language_model(WORDS, "gpt", boundaries=False, size=8),
    }


REFUSED = {"": "text 1 has no token: ", "🙂 .": "text 1 has nothing in it", "a " * 9: r"text 1 has \d+ tokens, but"}


@pytest.mark.parametrize("name", ["text-to-text", "pretraining", "begins", "without-start"])
def test_what_gets_no_answer_gets_no_stream_and_no_map(runs, name):
    run, blank = runs[name], "[MASK]" if name == "pretraining" else ""
    for text, message in REFUSED.items():
        if (name, text) == ("begins", ""):
            continue
        if text or not blank:  # a blank alone is a question
            with pytest.raises(ValueError, match=f"^{message}"):
                predict(run, text + blank)
        with pytest.raises(ValueError, match=f"^{message}"):
            attention_maps(run, text)
        if not blank:
            with pytest.raises(ValueError, match=f"^{message}"):
                list(stream(run, text))


def test_a_letter_of_several_bytes_stands_at_its_last_one():
    tokenizer = ByteTokenizer()
    ids = tokenizer.encode(["a 정"]).numpy()[0]
    assert readable(tokenizer, ids) == ["a", "␣", "·", "·", "정"]
    assert readable(tokenizer, [*ids[2:4], 3, ids[0]]) == ["·", "·", "[END]", "a"]


def test_a_language_model_may_begin_with_nothing(runs):
    run = runs["begins"]
    (answer,) = predict(run, "", max_tokens=2)
    assert "".join(stream(run, "", max_tokens=2)) == answer["continuation"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        only = attention_maps(run, "")[-1]
    assert only.queries == only.keys == ["[START]"]
    with pytest.raises(ValueError, match="has no token: this model knows no beginning of a document"):
        predict(runs["without-start"], " ")  # words have no blanks


def test_a_text_that_fills_the_window_is_drawn_and_a_longer_one_may_be_shortened(runs):
    for name, most in (("begins", 7), ("without-start", 8)):  # a [START] takes one of eight places
        assert len(attention_maps(runs[name], "a " * most)[0].queries) == 8
        with pytest.raises(ValueError, match=rf"has {most + 1} tokens, but .* reads 8 at once.*: shorten it\.$"):
            attention_maps(runs[name], "a " * (most + 1))


def test_a_map_needs_no_blank(runs):
    assert attention_maps(runs["pretraining"], "a 사과")[0].queries == ["[START]", "a", "사과", "[END]"]


def test_a_missing_font_matters_where_letters_are_drawn(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "fonts", lambda: ["DejaVu Sans"])
    with pytest.warns(UserWarning, match="write SVG, for which the reader's own fonts") as told:
        attend(runs["begins"], "사과 a", tmp_path / "a.png")
    assert [str(note.message) for note in told] == [FONT_ADVICE]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attend(runs["begins"], "a a", tmp_path / "a.png")
        drawn = attend(runs["begins"], "사과 a", tmp_path / "a.svg").read_text(encoding="utf-8")
    assert drawn.count(">사과</text>") == 2  # a row and a column
