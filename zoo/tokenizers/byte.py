"""One token per byte: 256 of them write every text there is, and nothing is unknown."""

import tensorflow as tf

from zoo.tokenizers.base import SPECIAL_TOKENS, Tokenizer
from zoo.tokenizers.utf8 import starts_character, valid_utf8


class ByteTokenizer(Tokenizer):
    """Bytes of UTF-8. Every text comes back exactly; a Hangul syllable takes three tokens.

    Bytes that are no UTF-8 (a model may generate them) decode to "\N{REPLACEMENT CHARACTER}".
    """

    name = "byte"

    def __init__(self, tokens=None, lowercase=False, special_tokens=None):
        super().__init__([*SPECIAL_TOKENS, *(f"<0x{byte:02X}>" for byte in range(256))], lowercase, special_tokens)

    @classmethod
    def train(cls, texts, vocabulary_size, lowercase, min_frequency):
        return cls(lowercase=lowercase)

    def encode_in_graph(self, texts):
        # keras-hub's ByteTokenizer gives the same bytes, but fails on a batch of
        # empty texts, and its detokenize drops the byte 0.
        letters = tf.io.decode_raw(tf.strings.reduce_join(texts), tf.uint8)  # those of all texts, one after the other
        token_ids = tf.cast(letters, tf.int32) + len(SPECIAL_TOKENS)
        return tf.RaggedTensor.from_row_lengths(token_ids, tf.cast(tf.strings.length(texts), tf.int64))

    def decode_in_graph(self, token_ids):
        return valid_utf8(self.spell(token_ids))

    def spelling(self, token):
        return bytes.fromhex(token[3:5])

    def characters(self, token):
        return starts_character(*self.spelling(token))
