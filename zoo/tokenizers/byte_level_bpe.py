"""Byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909; Radford et al. 2019): GPT-2's subwords.

It begins with the 256 bytes and merges the most frequent neighbours, again
and again, so that any text can be written. The ``tokenizers`` library learns
the merges, and applies them outside of the graph; in the graph
:mod:`zoo.tokenizers.merging` does. Splitting, merges and ids are GPT-2's,
letter for letter, so that its published vocabulary can be used.

Deviation: characters that came into Unicode after its version 15.0 (2022) are
no letters and no digits for TensorFlow's regular expressions.
"""

import itertools
import json
from collections import Counter
from pathlib import Path

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text
import tokenizers
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer

from zoo.tokenizers.base import SPECIAL_TOKENS, Tokenizer
from zoo.tokenizers.escapes import MARK, hide, reveal
from zoo.tokenizers.lowercasing import normalize
from zoo.tokenizers.merging import Merges
from zoo.tokenizers.utf8 import starts_character, valid_utf8
from zoo.tokenizers.vocabulary import count_pieces, read_lines

# Pairs merge within these stretches only. GPT-2's pattern is
#   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
# that is: a word, a number or signs, each with one space before it; of more
# white space the last character is cut off, if something follows. TensorFlow's
# expressions cannot look ahead: a mark shows them which character is the last.
_SPACE = r"\s\x0B\x{85}\p{Z}"
_LAST_SPACE = rf"([{_SPACE}])([^{_SPACE}])"
_STRETCH = (
    rf"'(?:s|t|re|ve|m|ll|d)|(?:{MARK} )?\p{{L}}+|(?:{MARK} )?\p{{N}}+"
    rf"|(?:{MARK} )?[^{_SPACE}\p{{L}}\p{{N}}{MARK}]+|{MARK}[{_SPACE}]|[{_SPACE}]+"
)

LONGEST_PART = 1000  # characters; merges are learned from parts of longer words: the time grows with the square

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
        lowercase, special_tokens: as for every tokenizer.
    """

    name = "byte-level-bpe"

    def __init__(self, tokens, merges, lowercase=False, special_tokens=None):
        super().__init__(tokens, lowercase, special_tokens)
        self._merges = tuple(merges)
        pairs = [tuple(merge.split(" ")) for merge in merges]
        vocabulary = {token: index for index, token in enumerate(tokens)}
        self._in_graph = Merges(vocabulary, pairs, BYTE_OF_LETTER)
        self._in_bulk = tokenizers.Tokenizer(BPE(vocabulary, pairs))
        self._in_bulk.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)

    @classmethod
    def train(cls, texts, vocabulary_size, lowercase, min_frequency):
        words = count_pieces(texts, lambda batch: split_for_merging(normalize(batch, lowercase)))
        parts = Counter()
        for word, count in words.items():
            for first in range(0, len(word), LONGEST_PART):
                parts[word[first : first + LONGEST_PART]] += count
        trainee = tokenizers.Tokenizer(BPE())
        trainee.pre_tokenizer = ByteLevel(add_prefix_space=False, use_regex=False)
        trainer = BpeTrainer(
            vocab_size=vocabulary_size,
            min_frequency=min_frequency,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=list(BYTE_OF_LETTER),
            show_progress=False,
        )
        trainee.train_from_iterator(parts.elements(), trainer)
        ids = trainee.get_vocab()
        merges = json.loads(trainee.to_str())["model"]["merges"]
        return cls(sorted(ids, key=ids.get), [" ".join(pair) for pair in merges], lowercase)

    @classmethod
    def from_vocabulary(cls, vocabulary, merges, end_of_text="<|endoftext|>"):
        """A tokenizer with a published vocabulary.

        Args:
            vocabulary: dict, token -> id (the content of ``vocab.json`` or ``encoder.json``).
            merges: list of str, the lines of ``merges.txt`` or ``vocab.bpe``.
            end_of_text: str, the special token that serves for start, end and padding.

        Raises:
            ValueError: ids with gaps, a token without id that a merge makes, or no such special token.
        """
        tokens = sorted(vocabulary, key=vocabulary.get)
        if [vocabulary[token] for token in tokens] != list(range(len(tokens))):
            raise ValueError(f"the ids of the vocabulary are not the numbers 0 to {len(tokens) - 1}, each once.")
        merges = [line for line in merges if line and not line.startswith("#version")]
        wrong = [line for line in merges if line.count(" ") != 1 or line.replace(" ", "") not in vocabulary]
        if wrong:
            raise ValueError(f"{wrong[0]!r} merges nothing of this vocabulary: do the two files belong together?")
        return cls(tokens, merges, special_tokens=dict.fromkeys(("padding", "start", "end"), end_of_text))

    @classmethod
    def from_files(cls, vocab_json, merges_txt, end_of_text="<|endoftext|>"):
        """The same from the paths of the two files."""
        vocabulary = json.loads(Path(vocab_json).read_text(encoding="utf-8"))
        return cls.from_vocabulary(vocabulary, read_lines(merges_txt), end_of_text)

    @property
    def merges(self):
        """The merges, a list of str ``"left right"``, the first learned first."""
        return list(self._merges)

    def settings(self):
        return {**super().settings(), "merges": self.merges}

    def encode(self, texts):
        if not tf.executing_eagerly():
            return super().encode(texts)
        # The same merges by another library: outside of the graph it is much faster.
        words, places, row_splits = _different_words(self.normalize(tf.convert_to_tensor(texts, tf.string)))
        words = [word.decode() for word in words.numpy().tolist()]
        pieces = [encoding.ids for encoding in self._in_bulk.encode_batch(words)]
        token_ids = np.fromiter(itertools.chain.from_iterable(pieces), "int32")
        pieces = tf.RaggedTensor.from_row_lengths(token_ids, np.array([len(piece) for piece in pieces], "int64"))
        return _write_out(pieces, places, row_splits)

    def encode_in_graph(self, texts):
        words, places, row_splits = _different_words(texts)
        return _write_out(self._in_graph(words), places, row_splits)

    def decode_in_graph(self, token_ids):
        return valid_utf8(self.spell(token_ids))

    def spelling(self, token):
        return bytes(BYTE_OF_LETTER[letter] for letter in token)

    def characters(self, token):
        return sum(map(starts_character, self.spelling(token)))


def split_for_merging(texts):
    """Cuts texts, string [B], into the stretches that are encoded one by one: RaggedTensor string [B, W]."""
    marked = tf.strings.regex_replace(hide(valid_utf8(texts)), _LAST_SPACE, rf"{MARK}\1\2")
    words = tf_text.regex_split(marked, _STRETCH, _STRETCH)
    return words.with_values(reveal(tf.strings.regex_replace(words.values, MARK, "")))


def _different_words(texts):
    """Each word once, string [U]; the place in it of all N words, [N]; the rows they belong to, [B + 1]."""
    words = split_for_merging(texts)
    different, places = tf.unique(words.values)
    return different, places, words.row_splits


def _write_out(pieces, places, row_splits):
    """Token ids of the different words [U, T] -> those of the texts [B, T]."""
    return tf.RaggedTensor.from_row_splits(tf.gather(pieces, places), row_splits).merge_dims(-2, -1)
