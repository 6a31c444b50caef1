"""Byte-level BPE: the paper's merges, the reference library's ids, the same answers in the graph as outside."""

import pytest
import tensorflow as tf
import tokenizers as huggingface
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.tokenizers import train_tokenizer
from zoo.tokenizers.byte_level_bpe import BYTE_OF_LETTER

TEXTS = ["Hello, world.", "Mina's cat didn't move at \"10:30\"!", "미나는 사과를 부엌에 두었다.", "two lines\n größer"]
any_texts = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5)


@pytest.fixture(scope="module")
def trained():
    return train_tokenizer("byte-level-bpe", TEXTS * 20, 400)


def test_bpe_learns_the_first_merges_of_sennrich_2016():
    # Algorithm 1 of the paper, without its end-of-word sign: newest 6, low 5, widest 3, lower 2.
    texts = ["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3
    tokenizer = train_tokenizer("byte-level-bpe", texts, vocabulary_size=5 + 256 + 4)
    assert tokenizer.tokens[-4:] == ["es", "est", "lo", "low"]
    lower = [tokenizer.tokens[index] for index in tokenizer.encode(["lowest"]).to_list()[0]]
    assert lower == ["low", "est"]


def test_bpe_learns_from_words_of_any_length():
    # A text without spaces, such as a genome; as one word it would take minutes.
    tokenizer = train_tokenizer("byte-level-bpe", ["ab" * 50_000], vocabulary_size=5 + 256 + 3)
    assert tokenizer.tokens[-3:] == ["ab", "abab", "abababab"]


def test_bpe_agrees_with_the_tokenizers_library_on_gpt2s_splitting(trained):
    ours = trained
    content = ours.settings()
    vocabulary = {token: index for index, token in enumerate(content["tokens"])}
    merges = [tuple(merge.split(" ")) for merge in content["merges"]]
    reference = huggingface.Tokenizer(huggingface.models.BPE(vocabulary, merges))
    reference.pre_tokenizer = huggingface.pre_tokenizers.ByteLevel(add_prefix_space=False)
    assert ours.encode(TEXTS).to_list() == [encoding.ids for encoding in reference.encode_batch(TEXTS)]
    assert set(BYTE_OF_LETTER) == set(huggingface.pre_tokenizers.ByteLevel.alphabet())


def test_bpe_gives_the_same_ids_in_the_graph_and_outside(trained):
    tokenizer = trained
    in_graph = tf.function(tokenizer.encode, input_signature=[tf.TensorSpec([None], tf.string)])

    @settings(max_examples=5, deadline=None)
    @given(any_texts)
    def check(texts):
        texts = [*texts, *TEXTS]
        assert in_graph(tf.constant(texts)).to_list() == tokenizer.encode(texts).to_list()

    check()
    assert in_graph(tf.constant([""])).to_list() == [[]]


def test_words_of_few_letters_are_merged_in_the_graph_as_outside():
    """Where equal pairs overlap, "aaa", the left one merges."""
    tokenizer = train_tokenizer("byte-level-bpe", ["a" * 7 + "bab" + "a" * 16, "abba" * 5, "ㅋㅋㅋㅋㅠㅠ"], 300)
    in_graph = tf.function(tokenizer.encode, input_signature=[tf.TensorSpec([None], tf.string)])

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.text("aab ㅋㅠ", max_size=30), min_size=1, max_size=5))
    def check(texts):
        assert in_graph(tf.constant(texts)).to_list() == tokenizer.encode(texts).to_list()

    check()


def test_a_long_word_is_merged_in_the_graph_as_outside(trained):
    # With one merge a round the last word alone would take a minute.
    texts = ["Hello" * 40 + "두었다" * 30, "어" * 10_000]
    in_graph = tf.function(trained.encode, input_signature=[tf.TensorSpec([None], tf.string)])
    assert in_graph(tf.constant(texts)).to_list() == trained.encode(texts).to_list()
    assert [text.decode() for text in trained.decode(trained.encode(texts)).numpy()] == texts
