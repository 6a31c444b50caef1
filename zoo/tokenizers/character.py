"""One token per character of the training texts: a tiny vocabulary, long sequences."""

import tensorflow as tf

from zoo.tokenizers.table import TableTokenizer


class CharacterTokenizer(TableTokenizer):
    """Characters (code points). Texts of known characters come back exactly, newlines included."""

    name = "character"

    @staticmethod
    def split(texts):
        return tf.strings.unicode_split(texts, "UTF-8")

    def decode_in_graph(self, token_ids):
        return self.spell(token_ids)
