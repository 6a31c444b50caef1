"""Words, marks and their places: nothing is lost but white space, and writing them again is nearly always right."""

import gzip
import os
import unicodedata
from pathlib import Path

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.tasks import find
from zoo.tokenizers.ragged import join, keep, row_ids
from zoo.tokenizers.splitting import glue, split_words, words_and_newlines

quick = settings(max_examples=30, deadline=None)
any_texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5)


def rewrite(texts):
    """Texts cut into words and put together again."""
    return [text.decode("utf-8") for text in glue(join(words_and_newlines(tf.constant(texts)), " ")).numpy()]


def test_offsets_count_characters_not_bytes():
    words, starts, ends = split_words(tf.constant(["Is it 5€?", "미나는 👍웃었다!", "", " \u3000 한"]))
    assert [[word.decode() for word in row] for row in words.to_list()] == [
        ["Is", "it", "5", "€", "?"],
        ["미나는", "👍", "웃었다", "!"],
        [],
        ["한"],
    ]
    assert starts.to_list() == [[0, 3, 6, 7, 8], [0, 4, 5, 8], [], [3]]
    assert ends.to_list() == [[2, 5, 7, 8, 9], [3, 5, 8, 9], [], [4]]


@quick
@given(any_texts)
def test_offsets_cut_the_words_out_of_the_text(texts):
    words, starts, ends = (ragged.to_list() for ragged in split_words(tf.constant(texts, tf.string, [len(texts)])))
    for text, row, first, last in zip(texts, words, starts, ends, strict=True):
        assert [text[a:b] for a, b in zip(first, last, strict=True)] == [word.decode() for word in row]
        rest = "".join(text[a:b] for a, b in zip([0, *last], [*first, len(text)], strict=True))
        assert all(c.isspace() or unicodedata.category(c)[0] in "ZC" for c in rest)  # nothing else is lost


def test_a_nul_character_does_not_end_the_text():
    # tensorflow-text's regex_split drops everything behind it.
    words, starts, _ = split_words(tf.constant(["a\x00b c"]))
    assert words.to_list() == [[b"a", b"b", b"c"]]
    assert starts.to_list() == [[0, 2, 4]]


@pytest.mark.parametrize(
    "text",
    [
        "Hello, world.",
        "It didn't move; I'll wait (or not)!",
        "A man in a T-shirt sells 1,000 apples for $3.14 each at 10:30.",
        "The sign says \"Tickets here\" and 'No dogs' too.",
        "Ein Brett- oder Kartenspiel mit der Aufschrift „Police“ im Hintergrund.",
        "Quelqu'un regarde jusqu'à l'aube.",
        "“Yes,” she said -- and left…",
        "미나(여섯 살)는 사과를 두었다! 왜?",
        "그는 \"서울\"라고 했고, ‘경주’를 떠난 사람은 50%를 받았다.",
        "《삼국사기》는 3·1운동(1919년)과 시·도의 일을 1970~80년대에 '역사'로 적었다.",
        "one line\nand another\n\nend",
        "",
    ],
)
def test_usual_punctuation_comes_back(text):
    assert rewrite([text]) == [text]


def test_an_aside_in_korean_comes_back_as_an_explanation():
    # What explains a word stands close to it, an aside does not; nothing in the letters tells which it is.
    assert rewrite(["미나는 (정말로) 사과를 두었다."]) == ["미나는(정말로) 사과를 두었다."]


@pytest.mark.skipif("ZOO_DATA" not in os.environ, reason="ZOO_DATA is not set: no real corpora")
def test_most_sentences_of_a_korean_encyclopedia_come_back():
    contexts = {example["context"] for example in find("korquad:small").examples("validation")}
    parts = [unicodedata.normalize("NFC", part) for text in contexts for part in text.split("다. ")]
    sentences = [" ".join(part.split()) for part in parts]
    same = sum(a == b for a, b in zip(sentences, rewrite(sentences), strict=True))
    assert same / len(sentences) > 0.8


@pytest.mark.skipif("ZOO_DATA" not in os.environ, reason="ZOO_DATA is not set: no real corpora")
@pytest.mark.parametrize("language", ["de", "en", "fr"])
def test_nearly_all_lines_of_multi30k_come_back(language):
    with gzip.open(Path(os.environ["ZOO_DATA"]) / "multi30k" / f"train.{language}.gz", "rt", encoding="utf-8") as file:
        lines = [unicodedata.normalize("NFC", " ".join(line.split())) for line in file]
    same = sum(a == b for a, b in zip(lines, rewrite(lines), strict=True))
    assert same / len(lines) > 0.99


def test_ragged_helpers_agree_with_tensorflow():
    ragged = tf.ragged.constant([[], ["a", "b"], [], ["c"], []])
    condition = tf.constant([True, False, True])
    assert row_ids(ragged).numpy().tolist() == ragged.value_rowids().numpy().tolist() == [1, 1, 3]
    assert keep(ragged, condition).to_list() == tf.ragged.boolean_mask(ragged, ragged.with_values(condition)).to_list()
    assert join(ragged, "-").numpy().tolist() == [b"", b"a-b", b"", b"c", b""]


def test_one_long_text_among_many_short_ones_is_no_burden():
    # Padded to the longest row, this would be 40,001 x 300,000 values.
    texts = ["word " * 300_000] + ["a"] * 40_000
    words, _, ends = split_words(tf.constant(texts))
    assert (words.row_lengths().numpy()[[0, -1]].tolist(), int(ends[0, -1])) == ([300_000, 1], 1_499_999)
    assert rewrite(texts)[1:] == texts[1:]
