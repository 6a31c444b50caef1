"""One token per word: what language models and translators used before subwords."""

import numpy as np

from zoo.tokenizers.spacing import SpacingTokenizer
from zoo.tokenizers.splitting import words_and_newlines
from zoo.tokenizers.table import TableTokenizer


class WordTokenizer(SpacingTokenizer, TableTokenizer):
    """Words, punctuation marks and newlines; a word outside the vocabulary is [UNK].

    White space other than newlines is not kept; decoding puts it where it
    usually stands (:func:`zoo.tokenizers.splitting.glue`). Texts are
    brought to NFC.
    """

    name = "word"
    split = staticmethod(words_and_newlines)

    @property
    def continues_word(self):
        return np.zeros(self.vocabulary_size, bool)
