"""Tokenizers: texts come back, offsets are right, and it all works in an exported graph."""

import json
import os
import subprocess
import sys
import unicodedata

import keras_hub
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reference_tokenizers import Echo
from zoo.registry import UnknownNameError
from zoo.tokenizers import (
    SPECIAL_TOKENS,
    TOKENIZERS,
    TokenizerFileError,
    load_tokenizer,
    split_words,
    train_tokenizer,
)
from zoo.tokenizers.wordpiece import WordPieceTokenizer

UNKNOWN_ID = 1  # of tokenizers trained here

ENGLISH = ["Hello, world.", "Mina's cat (the old one) sat down: it didn't move!", 'He said "yes" at 10:30.']
KOREAN = ["미나는 사과를 부엌에 두었다.", "민호가 정말로 거기에 갔을까?", "안녕하세요, 세계!"]
TEXTS = ENGLISH + KOREAN + ["two lines\nof a story", "äußerst schöne Straße"]
EXACT = ("character", "byte", "byte-level-bpe")

quick = settings(max_examples=30, deadline=None)
any_texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5)


@pytest.fixture(scope="module")
def trained():
    return {name: train_tokenizer(name, TEXTS * 20, 600) for name in TOKENIZERS}


@pytest.fixture(params=TOKENIZERS)
def tokenizer(request, trained):
    return trained[request.param]


def strings(tensor):
    return [text.decode("utf-8") for text in tensor.numpy()]


def round_trip(tokenizer, texts):
    return strings(tokenizer.decode(tokenizer.encode(texts)))


# Round trips


def test_usual_sentences_come_back_with_every_tokenizer(tokenizer):
    assert round_trip(tokenizer, TEXTS) == TEXTS


def test_an_empty_text_is_an_empty_row_and_no_texts_are_no_rows(tokenizer):
    assert tokenizer.encode(["", "Hello", ""]).row_lengths().numpy()[[0, 2]].tolist() == [0, 0]
    assert tokenizer.encode([""]).to_list() == [[]]
    assert round_trip(tokenizer, [""]) == [""]
    assert tokenizer.encode([]).to_list() == []


@pytest.mark.parametrize("name", ["byte", "byte-level-bpe"])
def test_bytes_write_every_text_there_is(name, trained):
    @quick
    @given(any_texts)
    def check(texts):
        token_ids = trained[name].encode(texts)
        assert strings(trained[name].decode(token_ids)) == texts
        assert UNKNOWN_ID not in token_ids.values.numpy()

    check()
    assert round_trip(trained[name], ["६\ue000६a b\ue000a", "👩‍👩‍👧 ㅋㅋ日本", "\x00 \n\n\t\r\n  "]) == [
        "६\ue000६a b\ue000a",
        "👩‍👩‍👧 ㅋㅋ日本",
        "\x00 \n\n\t\r\n  ",
    ]


def test_characters_of_the_training_texts_come_back_exactly():
    characters = "aB é e\u0301 ß 가각\u1100\u1161 日 ६ \t\n\r\x00\x7f\u00a0\u200d\ufeff\uffff\ue000 👍🏽 \U0010ffff"
    tokenizer = train_tokenizer("character", [characters])
    assert tokenizer.vocabulary_size == 5 + len(set(characters))

    @quick
    @given(st.lists(st.text(characters, max_size=20), max_size=5))
    def check(texts):
        assert round_trip(tokenizer, texts) == texts

    check()


@pytest.mark.parametrize("name", ["word", "wordpiece"])
def test_words_lose_white_space_but_keep_newlines(name, trained):
    assert round_trip(trained[name], ["  two \t lines \n of\u00a0a  story"]) == ["two lines\nof a story"]


def test_hangul_typed_as_single_letters_is_composed_for_words(trained):
    apart = [unicodedata.normalize("NFD", text) for text in KOREAN]
    assert apart != KOREAN
    for name in ("word", "wordpiece"):
        assert round_trip(trained[name], apart) == KOREAN
    for name in ("byte", "byte-level-bpe"):
        assert round_trip(trained[name], apart) == apart


# Ids by hand and by other implementations


def test_special_tokens_have_the_same_ids_everywhere_and_are_not_written(tokenizer):
    ids = ("padding_id", "unknown_id", "start_id", "end_id", "mask_id")
    assert [getattr(tokenizer, name) for name in ids] == [0, 1, 2, 3, 4]
    assert tuple(tokenizer.tokens[:5]) == SPECIAL_TOKENS == ("[PAD]", "[UNK]", "[START]", "[END]", "[MASK]")
    hello = tokenizer.encode(["Hello"]).to_list()[0]
    assert strings(tokenizer.decode([[2, *hello, 4, 3, 0, 0], [2, 3, 0]])) == ["Hello", ""]
    assert min(tokenizer.encode(["[PAD] [UNK] [MASK]"]).to_list()[0]) >= 1  # a text cannot smuggle them in
    assert not {0, 2, 3, 4} & set(tokenizer.encode(["[PAD] [START] [END] [MASK]"]).to_list()[0])


def test_the_most_frequent_token_comes_first_and_ties_are_alphabetical():
    characters = train_tokenizer("character", ["cab", "ba\n", "b"])
    assert characters.tokens[5:] == ["b", "a", "\n", "c"]
    assert characters.encode(["abc\nd"]).to_list() == [[6, 5, 8, 7, UNKNOWN_ID]]
    words = train_tokenizer("word", ["the dog, the cat.", "a dog"])
    assert words.tokens[5:] == ["dog", "the", ",", ".", "a", "cat"]
    assert words.encode(["the cat, the cow"]).to_list() == [[6, 10, 7, 6, UNKNOWN_ID]]
    assert train_tokenizer("word", ["the dog, the cat.", "a dog"], vocabulary_size=6).tokens[5:] == ["dog"]
    assert train_tokenizer("word", ["the dog, the cat.", "a dog"], min_frequency=2).tokens[5:] == ["dog", "the"]


def test_bytes_are_numbered_by_value_as_in_keras_hub(trained):
    assert trained["byte"].encode(["é"]).to_list() == [[5 + 0xC3, 5 + 0xA9]]
    reference = keras_hub.tokenizers.ByteTokenizer(lowercase=False)
    assert trained["byte"].encode(TEXTS).to_list() == [[5 + int(byte) for byte in row] for row in reference(TEXTS)]


def test_wordpiece_cuts_words_as_the_example_of_bert_does():
    # The docstring of google-research/bert tokenization.py: "unaffable" -> ["un", "##aff", "##able"].
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "un", "##aff", "##able", "a"])
    assert tokenizer.encode(["unaffable a unaffablex"]).to_list() == [[5, 6, 7, 8, UNKNOWN_ID]]
    assert tokenizer.piece_lengths.tolist() == [0, 0, 0, 0, 0, 2, 3, 4, 1]
    assert round_trip(tokenizer, ["unaffable"]) == ["unaffable"]


# Lowercasing


@pytest.mark.parametrize("name", TOKENIZERS)
def test_lowercasing_is_pythons_and_leaves_accents_and_hangul_whole(name):
    texts = ["ÄRGER, Straße und ΟΔΟΣ.", *KOREAN, *[unicodedata.normalize("NFD", text) for text in KOREAN]]
    tokenizer = train_tokenizer(name, texts * 20, 600, lowercase=True)
    assert round_trip(tokenizer, texts) == ["ärger, straße und οδος.", *KOREAN, *KOREAN]
    assert round_trip(train_tokenizer(name, texts * 20, 600), texts[:1]) == texts[:1]


def test_lowercasing_goes_on_behind_a_nul():
    for name in ("byte", "byte-level-bpe"):
        tokenizer = train_tokenizer(name, TEXTS * 20, 600, lowercase=True)
        assert round_trip(tokenizer, ["A\x00B\x01\x02Ä"]) == ["a\x00b\x01\x02ä"]


# Words


def test_every_word_has_a_token_and_known_words_cover_their_characters(tokenizer):
    words, _, _ = split_words(tf.constant([*TEXTS, ""]))
    words = tf.concat([words, tf.ragged.constant([["", "\U0001f9ec漢"]] * int(words.nrows()))], axis=1)
    token_ids = tokenizer.encode_words(words).to_list()
    for row, pieces in zip(words.to_list(), token_ids, strict=True):
        assert len(row) == len(pieces)
        assert all(pieces)
        assert pieces[-2] == [UNKNOWN_ID]
        for word, ids in zip(row[:-2], pieces[:-2], strict=True):
            assert tokenizer.piece_lengths[ids].sum() == len(word.decode())
    assert tokenizer.piece_lengths.dtype == np.int32
    assert tokenizer.piece_lengths.shape == (tokenizer.vocabulary_size,)


# Files and exports


def test_a_saved_tokenizer_is_the_same_and_can_be_read(tokenizer, tmp_path):
    tokenizer.save(tmp_path / "run")
    again = load_tokenizer(tmp_path / "run")
    assert (again.name, again.tokens, again.lowercase) == (tokenizer.name, tokenizer.tokens, tokenizer.lowercase)
    assert again.encode(TEXTS).to_list() == tokenizer.encode(TEXTS).to_list()
    content = json.loads((tmp_path / "run" / "tokenizer.json").read_text(encoding="utf-8"))
    assert content["name"] == tokenizer.name
    assert content["tokens"][:5] == list(SPECIAL_TOKENS)


def test_a_missing_or_damaged_file_is_an_error_that_names_it(trained, tmp_path):
    with pytest.raises(TokenizerFileError, match=r"tokenizer\.json is missing"):
        load_tokenizer(tmp_path)
    trained["word"].save(tmp_path)
    file = tmp_path / "tokenizer.json"
    text = file.read_text(encoding="utf-8")
    for damaged in (text[: len(text) // 2], "", "[]", text.replace('"dog",', ""), text.replace('  "Hello",\n', "")):
        if damaged != text:
            file.write_text(damaged, encoding="utf-8")
            with pytest.raises(TokenizerFileError, match=r"tokenizer\.json is damaged"):
                load_tokenizer(tmp_path)


def test_an_export_encodes_and_decodes_without_our_code_and_in_any_locale(trained, tmp_path):
    lowercase = train_tokenizer("character", [*TEXTS, "it"], lowercase=True)
    texts = [*TEXTS, "TITLE IT", ""]
    expected = {}
    for name, tokenizer in {**trained, "lowercase": lowercase}.items():
        tf.saved_model.save(Echo(tokenizer), str(tmp_path / name))
        expected[name] = round_trip(tokenizer, texts)
    program = (
        "import json, sys, tensorflow as tf, tensorflow_text\n"
        "names, texts = json.loads(sys.argv[1])\n"
        "echo = lambda name: tf.saved_model.load(name).echo(tf.constant(texts))['texts'].numpy()\n"
        "print(json.dumps({name: [text.decode() for text in echo(name)] for name in names}))\n"
        "assert 'zoo' not in sys.modules and 'keras_hub' not in sys.modules\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, json.dumps([list(expected), texts])],
        cwd=tmp_path,
        env={**os.environ, "LC_ALL": "tr_TR.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(answer.stdout) == expected
    assert expected["lowercase"][-2] == "title it"


def test_it_runs_in_a_data_pipeline(tokenizer):
    dataset = tf.data.Dataset.from_tensor_slices(TEXTS).batch(3).map(tokenizer.encode)
    assert [row for batch in dataset for row in batch.to_list()] == tokenizer.encode(TEXTS).to_list()


# Training


@pytest.mark.parametrize("name", TOKENIZERS)
def test_the_vocabulary_comes_from_the_given_texts_alone_and_is_the_same_each_time(name):
    one = train_tokenizer(name, TEXTS * 20, 500).settings()
    train_tokenizer(name, ["something else entirely"] * 20, 500)
    assert train_tokenizer(name, iter(TEXTS * 20), 500).settings() == one
    assert len(one["tokens"]) <= 500
    if name in ("character", "word"):
        assert UNKNOWN_ID in train_tokenizer(name, ENGLISH).encode(KOREAN).values.numpy()


def test_wordpiece_spells_korean_with_more_than_a_thousand_syllables():
    syllables = [chr(code) for code in range(0xAC00, 0xAC00 + 3 * 1200, 3)]  # keras-hub's trainer keeps 1,000
    tokenizer = train_tokenizer("wordpiece", ["한" + syllable for syllable in syllables], 4000)
    assert UNKNOWN_ID not in tokenizer.encode(["한" + syllable for syllable in syllables]).values.numpy()


def test_errors_say_what_is_possible():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'wordpiece'.*byte-level-bpe, character"):
        train_tokenizer("word-piece", TEXTS)
    with pytest.raises(ValueError, match="list of strings"):
        train_tokenizer("word", "one text")
    with pytest.raises(ValueError, match="at least 261"):
        train_tokenizer("byte-level-bpe", TEXTS, vocabulary_size=100)
    for texts in ([], ["", " "]):
        with pytest.raises(ValueError, match="nothing but special tokens"):
            train_tokenizer("word", texts)
    with pytest.raises(ValueError, match="nothing but special tokens"):
        train_tokenizer("wordpiece", ["rare words"], min_frequency=2)


def test_models_that_learn_one_task_share_the_tokenizer_and_other_texts_or_settings_make_another():
    once = train_tokenizer("word", ["a b", "c"])
    assert train_tokenizer("word", iter(["a b", "c"])) is once
    for name, texts, changes in (("word", ["a bc"], {}), ("word", ["a b", "c"], {"lowercase": True})):
        once = train_tokenizer("word", ["a b", "c"])
        assert train_tokenizer(name, texts, **changes) is not once
    assert train_tokenizer("character", ["a b", "c"]).name == "character"
