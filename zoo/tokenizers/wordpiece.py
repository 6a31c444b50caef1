"""WordPiece (Schuster and Nakajima 2012; Wu et al. 2016, arXiv:1609.08144): BERT's subwords.

A word is cut into the longest pieces that the vocabulary has, from left to
right; pieces inside a word are written with "##". Training and splitting are
keras-hub's and tensorflow-text's.
"""

from collections import Counter

import keras_hub
import tensorflow as tf

from zoo.tokenizers.base import SPECIAL_TOKENS, Tokenizer, normalize
from zoo.tokenizers.splitting import glue, words_and_newlines
from zoo.tokenizers.vocabulary import count_pieces, most_frequent

SUFFIX = "##"
MOST_WORDS = 30_000  # that training looks at; keras-hub's takes a minute for 100,000


class WordPieceTokenizer(Tokenizer):
    """Pieces of words. A word with a character that training did not see is [UNK], so is one of over 100 bytes.

    White space other than newlines is not kept, as in
    :class:`zoo.tokenizers.word.WordTokenizer`. Texts are brought to NFC, so
    that Hangul is cut between syllables, never inside one. keras-hub learns
    only pieces that occur ten times: few texts give little more than characters.
    """

    name = "wordpiece"

    def __init__(self, tokens, lowercase=False):
        super().__init__(tokens, lowercase)
        # split=False: it gets words, cut in the same way for all tokenizers here.
        self._pieces = keras_hub.tokenizers.WordPieceTokenizer(self.tokens, split=False, suffix_indicator=SUFFIX)

    @classmethod
    def train(cls, texts, vocabulary_size, lowercase, min_frequency):
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
        corpus = tf.data.Dataset.from_tensors(list(Counter(words).elements()))
        tokens = keras_hub.tokenizers.compute_word_piece_vocabulary(
            corpus, vocabulary_size, split=False, suffix_indicator=SUFFIX, reserved_tokens=[*SPECIAL_TOKENS, *letters]
        )
        return cls(tokens, lowercase)

    def encode_in_graph(self, texts):
        return self._pieces.tokenize(words_and_newlines(texts))

    def decode_in_graph(self, token_ids):
        return glue(self._pieces.detokenize(token_ids))

    def count_characters(self):
        return [len(token.removeprefix(SUFFIX)) for token in self.tokens[len(SPECIAL_TOKENS) :]]
