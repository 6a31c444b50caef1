"""One token per word: what language models and translators used before subwords."""

import numpy as np

from zoo.tokenizers.splitting import glue, settled, words_and_newlines
from zoo.tokenizers.table import TableTokenizer


class WordTokenizer(TableTokenizer):
    """Words, punctuation marks and newlines; a word outside the vocabulary is [UNK].

    White space other than newlines is not kept; decoding puts it where it
    usually stands (:func:`zoo.tokenizers.splitting.glue`). Texts are
    brought to NFC.
    """

    name = "word"
    is_exact = False
    split = staticmethod(words_and_newlines)

    @property
    def continues_word(self):
        return np.zeros(self.vocabulary_size, bool)

    def decode_in_graph(self, token_ids):
        return glue(self.spell(token_ids, " "))

    def settled(self, token_ids):
        return settled(" ".join(self.tokens[token_id] for token_id in token_ids if not self.is_special[token_id]))
