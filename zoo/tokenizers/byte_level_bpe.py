"""Byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909; Radford et al. 2019): GPT-2's subwords.

It begins with the 256 bytes and merges the most frequent neighbours, again
and again, so that any text can be written. The ``tokenizers`` library learns
the merges; keras-hub applies them in the graph.

Deviation from GPT-2: each white space character that does not stand before a
word is a token of its own (its rule for runs of spaces looks ahead, which the
graph's regular expressions cannot).
"""

import itertools
import json

import keras_hub
import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text
import tokenizers
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from zoo.tokenizers.base import SPECIAL_TOKENS, Tokenizer, normalize
from zoo.tokenizers.byte import starts_character, valid_utf8
from zoo.tokenizers.vocabulary import count_pieces

# Pairs merge within these stretches only: a word, a number or marks, each with one space before it.
_SPACE = r"\s\x{0B}\x{A0}\x{2009}\x{202F}\x{3000}"
_WORD = rf"'(?:s|t|re|ve|m|ll|d)| ?\p{{L}}+| ?\p{{N}}+| ?[^{_SPACE}\p{{L}}\p{{N}}]+|[{_SPACE}]"

# What the splitting would lose is written as a private character and a letter:
# keras-hub uses "६" (a Devanagari digit) for its own marks, tensorflow-text
# stops at the character NUL, and the private character must stay unique.
_PRIVATE = "\ue000"
_ESCAPES = ((_PRIVATE, _PRIVATE + "a"), ("६", _PRIVATE + "b"), ("\x00", _PRIVATE + "c"))

# GPT-2's spelling: bytes that print well stand for themselves, the others are
# moved up to the letters from U+0100 on.
_PRINTABLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_OTHERS = sorted(set(range(256)) - set(_PRINTABLE))
BYTE_OF_LETTER = {chr(byte): byte for byte in _PRINTABLE} | {chr(256 + n): byte for n, byte in enumerate(_OTHERS)}


class ByteLevelBPETokenizer(Tokenizer):
    """Merged bytes. Every text comes back exactly; "Ġ" in a token is the space before a word.

    Args:
        tokens: list of str in GPT-2's spelling, which has a visible letter for each byte.
        merges: list of str, ``"left right"``, the first learned first.
        lowercase: bool.
    """

    name = "byte-level-bpe"

    def __init__(self, tokens, merges, lowercase=False):
        super().__init__(tokens, lowercase)
        self._merges = tuple(merges)
        vocabulary = {token: index for index, token in enumerate(tokens)}
        self._in_graph = keras_hub.tokenizers.BytePairTokenizer(vocabulary, list(merges))
        self._in_bulk = tokenizers.Tokenizer(BPE(vocabulary, [tuple(merge.split(" ")) for merge in merges]))
        self._in_bulk.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)

    @classmethod
    def train(cls, texts, vocabulary_size, lowercase, min_frequency):
        words = count_pieces(texts, lambda batch: split_for_merging(normalize(batch, lowercase)))
        trainee = tokenizers.Tokenizer(BPE())
        trainee.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
        trainer = BpeTrainer(
            vocab_size=vocabulary_size,
            min_frequency=min_frequency,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=list(BYTE_OF_LETTER),
            show_progress=False,
        )
        trainee.train_from_iterator(words.elements(), trainer)
        ids = trainee.get_vocab()
        merges = json.loads(trainee.to_str())["model"]["merges"]
        return cls(sorted(ids, key=ids.get), [" ".join(pair) for pair in merges], lowercase)

    def settings(self):
        return {**super().settings(), "merges": list(self._merges)}

    def encode(self, texts):
        if not tf.executing_eagerly():
            return super().encode(texts)
        # The same merges by another library: outside of the graph it is a hundred times faster.
        texts = normalize(tf.convert_to_tensor(texts, tf.string), self.lowercase)
        words, places, row_splits = _different_words(texts)
        words = [word.decode() for word in words.numpy().tolist()]
        pieces = [encoding.ids for encoding in self._in_bulk.encode_batch(words)]
        token_ids = np.fromiter(itertools.chain.from_iterable(pieces), "int32")
        pieces = tf.RaggedTensor.from_row_lengths(token_ids, np.array([len(piece) for piece in pieces], "int64"))
        return _write_out(pieces, places, row_splits)

    def encode_in_graph(self, texts):
        words, places, row_splits = _different_words(texts)
        return _write_out(self._in_graph.tokenize(words), places, row_splits)

    def decode_in_graph(self, token_ids):
        texts = valid_utf8(self.spell(token_ids))
        for character, escape in reversed(_ESCAPES):
            texts = tf.strings.regex_replace(texts, escape, character)
        return texts

    def spellings(self):
        tokens = self.tokens[len(SPECIAL_TOKENS) :]
        return [b""] * len(SPECIAL_TOKENS) + [bytes(BYTE_OF_LETTER[letter] for letter in token) for token in tokens]

    def count_characters(self):
        return [sum(map(starts_character, written)) for written in self.spellings()[len(SPECIAL_TOKENS) :]]


def split_for_merging(texts):
    """Cuts texts, string [B], into the stretches that are encoded one by one: RaggedTensor string [B, W]."""
    texts = valid_utf8(texts)
    for character, escape in _ESCAPES:
        texts = tf.strings.regex_replace(texts, character, escape)
    return tf_text.regex_split(texts, _WORD, _WORD)


def _different_words(texts):
    """Each word once, string [U]; the place in it of all N words, [N]; the rows they belong to, [B + 1]."""
    words = split_for_merging(texts)
    different, places = tf.unique(words.values)
    return different, places, words.row_splits


def _write_out(pieces, places, row_splits):
    """Token ids of the different words [U, T] -> those of the texts [B, T]."""
    return tf.RaggedTensor.from_row_splits(tf.gather(pieces, places), row_splits).merge_dims(-2, -1)
