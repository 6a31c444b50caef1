"""WordPiece (Schuster and Nakajima 2012; Wu et al. 2016, arXiv:1609.08144): BERT's subwords.

A word is cut into the longest pieces that the vocabulary has, from left to
right; pieces inside a word are written with "##". keras-hub trains the
vocabulary, tensorflow-text cuts the words.
"""

from collections import Counter

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text

from zoo.tokenizers.base import SPECIAL_TOKENS
from zoo.tokenizers.lowercasing import normalize
from zoo.tokenizers.spacing import SpacingTokenizer
from zoo.tokenizers.splitting import words_and_newlines
from zoo.tokenizers.vocabulary import count_pieces, most_frequent

SUFFIX = "##"
LONGEST_WORD = 100  # characters, as in BERT; a longer one is unknown
MOST_WORDS = 30_000  # that training looks at; keras-hub's takes a minute for 100,000


class WordPieceTokenizer(SpacingTokenizer):
    """Pieces of words. A word with a character that training did not see is [UNK], so is one of over 100 characters.

    White space other than newlines is not kept, as in
    :class:`zoo.tokenizers.word.WordTokenizer`. Texts are brought to NFC, so
    that Hangul is cut between syllables, never inside one. keras-hub learns
    only pieces that occur ten times: few texts give little more than characters.
    """

    name = "wordpiece"
    piece_mark = SUFFIX

    def __init__(self, tokens, lowercase=False, special_tokens=None):
        super().__init__(tokens, lowercase, special_tokens)
        # no_pretokenization: it gets words that are cut already.
        self._pieces = tf_text.FastWordpieceTokenizer(
            self.tokens,
            SUFFIX,
            max_bytes_per_word=4 * LONGEST_WORD,  # a character of UTF-8 has four bytes at most
            token_out_type=tf.int32,
            unknown_token=self.special_tokens["unknown"],
            no_pretokenization=True,
        )

    @classmethod
    def train(cls, texts, vocabulary_size, lowercase, min_frequency):
        import keras_hub  # takes as long as a small training, and only who trains needs it

        counts = count_pieces(texts, lambda batch: words_and_newlines(normalize(batch, lowercase)))
        words = {word: counts[word] for word in most_frequent(counts, MOST_WORDS, min_frequency)}
        if not words:
            return cls(SPECIAL_TOKENS, lowercase)
        # keras-hub keeps 1,000 different characters, Korean has more. Reserving
        # them keeps all words spellable; half of the vocabulary is left for pieces.
        letters = Counter()
        for word, count in counts.items():
            for place, letter in enumerate(word):
                letters[letter if place == 0 else SUFFIX + letter] += count
        letters = most_frequent(letters, (vocabulary_size - len(SPECIAL_TOKENS)) // 2, min_frequency)
        corpus = tf.data.Dataset.from_tensors(tf.constant(list(Counter(words).elements())))
        tokens = keras_hub.tokenizers.compute_word_piece_vocabulary(
            corpus, vocabulary_size, split=False, suffix_indicator=SUFFIX, reserved_tokens=[*SPECIAL_TOKENS, *letters]
        )
        return cls(tokens, lowercase)

    def split(self, texts):
        """Texts, string [B] -> the words that are cut into pieces, RaggedTensor string [B, W]."""
        return words_and_newlines(texts)

    def encode_in_graph(self, texts):
        words = self.split(texts)
        is_long = tf.strings.length(words.values, unit="UTF8_CHAR") > LONGEST_WORD
        words = words.with_values(tf.where(is_long, self.special_tokens["unknown"], words.values))
        return self._pieces.tokenize(words).merge_dims(1, 2)  # [B, W, pieces] -> [B, T]

    def words_again(self, token_ids, before=None):
        return tf.strings.regex_replace(super().words_again(token_ids, before), f" {SUFFIX}", "")

    @property
    def continues_word(self):
        return np.array([token.startswith(SUFFIX) for token in self.tokens])

    def characters(self, token):
        return len(token.removeprefix(SUFFIX))
