"""Byte-level byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909; Radford et al. 2019): GPT-2's subwords.

It begins with the 256 bytes and merges the most frequent neighbours, again
and again, so that any text can be written. The ``tokenizers`` library learns
the merges, keras-hub applies them in the graph.
"""

import json

import keras_hub
import tensorflow as tf
from tokenizers import Tokenizer as Trainee
from tokenizers import models, pre_tokenizers, trainers

from zoo.tokenizers.base import SPECIAL_TOKENS, Tokenizer, batches, normalize
from zoo.tokenizers.byte import starts_character, valid_utf8

# keras-hub marks places in a text with "६" (a Devanagari digit) and then drops
# all of them. A text's own are written as a private character and a letter,
# and that private character itself as another such pair: reversible.
_MARK, _PRIVATE = "६", "\ue000"

# GPT-2's spelling: bytes that print well stand for themselves, the others are
# moved up into the letters from U+0100 on.
_PRINTABLE = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
_OTHERS = sorted(set(range(256)) - set(_PRINTABLE))
BYTE_OF_LETTER = {chr(byte): byte for byte in _PRINTABLE} | {chr(256 + n): byte for n, byte in enumerate(_OTHERS)}


class ByteLevelBPETokenizer(Tokenizer):
    """Merged bytes. Every text comes back exactly; "Ġ" in a token is the space before a word.

    Args:
        tokens: list of str in GPT-2's spelling, which has a visible letter for each byte.
        merges: list of str, ``"left right"``, the most frequent first.
        lowercase: bool.
    """

    name = "byte-level-bpe"

    def __init__(self, tokens, merges, lowercase=False):
        super().__init__(tokens, lowercase)
        self._merges = tuple(merges)
        vocabulary = {token: index for index, token in enumerate(tokens)}
        self._pairs = keras_hub.tokenizers.BytePairTokenizer(vocabulary, list(merges))

    @classmethod
    def train(cls, texts, vocabulary_size, lowercase, min_frequency):
        trainee = Trainee(models.BPE())
        trainee.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            min_frequency=min_frequency,
            special_tokens=list(SPECIAL_TOKENS),
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        prepare = tf.function(lambda batch: _protect(normalize(batch, lowercase)))
        prepared = (
            text.decode("utf-8") for batch in batches(texts) for text in prepare(tf.constant(batch)).numpy().tolist()
        )
        trainee.train_from_iterator(prepared, trainer)
        vocabulary = trainee.get_vocab()
        merges = [" ".join(pair) for pair in json.loads(trainee.to_str())["model"]["merges"]]
        return cls(sorted(vocabulary, key=vocabulary.get), merges, lowercase)

    def settings(self):
        return {**super().settings(), "merges": list(self._merges)}

    def encode_flat(self, texts):
        return self._pairs.tokenize(_protect(texts))

    def decode_flat(self, token_ids):
        texts = self._pairs.detokenize(token_ids)
        texts = tf.strings.regex_replace(valid_utf8(texts), _PRIVATE + "a", _MARK)
        return tf.strings.regex_replace(texts, _PRIVATE + "b", _PRIVATE)

    def count_characters(self):
        tokens = self.tokens[len(SPECIAL_TOKENS) :]
        return [sum(starts_character(BYTE_OF_LETTER[letter]) for letter in token) for token in tokens]


def _protect(texts):
    texts = tf.strings.regex_replace(texts, _PRIVATE, _PRIVATE + "b")
    return tf.strings.regex_replace(texts, _MARK, _PRIVATE + "a")
