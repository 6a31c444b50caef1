"""Tokenizers that are a list: a text is cut into tokens and each token looked up."""

import numpy as np
import tensorflow as tf

from zoo.tokenizers.base import SPECIAL_TOKENS, Tokenizer
from zoo.tokenizers.lowercasing import normalize
from zoo.tokenizers.vocabulary import count_pieces, most_frequent


class TableTokenizer(Tokenizer):
    """A tokenizer whose tokens are looked up as they stand; a subclass says how texts fall into tokens."""

    def __init__(self, tokens, lowercase=False, special_tokens=None):
        super().__init__(tokens, lowercase, special_tokens)
        ids = tf.constant(np.flatnonzero(~self.is_special), tf.int32)
        table = tf.lookup.KeyValueTensorInitializer(tf.gather(tf.constant(tokens), ids), ids)
        self._ids = tf.lookup.StaticHashTable(table, self.unknown_id)

    @staticmethod
    def split(texts):
        """string [B] -> RaggedTensor string [B, T]."""
        raise NotImplementedError

    @classmethod
    def train(cls, texts, vocabulary_size, lowercase, min_frequency):
        counts = count_pieces(texts, lambda batch: cls.split(normalize(batch, lowercase)))
        tokens = most_frequent(counts, vocabulary_size - len(SPECIAL_TOKENS), min_frequency)
        return cls([*SPECIAL_TOKENS, *tokens], lowercase)

    def encode_in_graph(self, texts):
        pieces = self.split(texts)
        return pieces.with_values(self._ids.lookup(pieces.values))
