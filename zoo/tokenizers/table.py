"""Tokenizers that are a list: a text is cut into tokens and each token looked up."""

import tensorflow as tf

from zoo.tokenizers.base import SPECIAL_TOKENS, UNKNOWN_ID, Tokenizer, normalize
from zoo.tokenizers.vocabulary import count_pieces, most_frequent


class TableTokenizer(Tokenizer):
    """A tokenizer whose tokens are looked up as they stand; a subclass says how texts fall into tokens."""

    def __init__(self, tokens, lowercase=False):
        super().__init__(tokens, lowercase)
        keys = tf.constant(tokens[len(SPECIAL_TOKENS) :], tf.string, [len(tokens) - len(SPECIAL_TOKENS)])
        ids = tf.range(len(SPECIAL_TOKENS), len(tokens))
        self._ids = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, ids), UNKNOWN_ID)

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
