"""Tokenizers that lose white space, and put it where it usually stands: in a text, and between one and what follows.

Shapes: B texts, N tokens of a text, L characters of one.
"""

from functools import lru_cache

import tensorflow as tf

from zoo.tokenizers.base import Tokenizer
from zoo.tokenizers.ragged import join, keep, row_ids
from zoo.tokenizers.splitting import SPACE, glue, settled


class SpacingTokenizer(Tokenizer):
    """A tokenizer of words or of pieces of words; a subclass has ``split``, which cuts texts into words."""

    is_exact = False
    glue = staticmethod(glue)  # words joined by single spaces -> texts, string [B]; it moves spaces only
    settled_words = staticmethod(settled)  # a str of words -> the beginning of its text that no further words change

    def words_again(self, token_ids, before=None):
        """Token ids -> words joined by single spaces.

        Args:
            token_ids: RaggedTensor int32 [B, N] without special tokens.
            before: string [B], words that stand before them; None: none.

        Returns:
            string [B].
        """
        words = self.spell(token_ids, " ")
        if before is None:
            return words
        return tf.strings.regex_replace(tf.strings.join([before, words], " "), "^ | $", "")

    def decode_in_graph(self, token_ids):
        return self.glue(self.words_again(token_ids))

    def decode_behind(self, token_ids, texts):
        before = self.words(texts)
        return _rest(self.glue(self.words_again(token_ids, before)), before, texts)

    def settled(self, token_ids, behind=None):
        token_ids = tf.ragged.constant([[i for i in token_ids if not self.is_special[i]]], tf.int32, ragged_rank=1)
        before = None if behind is None else _words_before(self, behind.numpy()[0])
        text = self.settled_words(self.words_again(token_ids, before).numpy()[0].decode())
        return text if behind is None else _rest(tf.constant([text]), before, behind).numpy()[0].decode()

    def words(self, texts):
        """The words of texts, joined by single spaces: string [B] -> string [B]."""
        return join(self.split(self.normalize(texts)), " ")


@lru_cache(maxsize=8)
def _words_before(tokenizer, text):
    """The words of a text, bytes -> string [1]; a stream asks for them at each token."""
    return tokenizer.words(tf.constant([text]))


# In a graph, for a stream asks it at each token: its operations one by one would take longer than to write the token.
@tf.function(input_signature=[tf.TensorSpec([None], tf.string)] * 3, autograph=False)
def _rest(whole, before, texts):
    """What stands behind the words ``before`` in glued texts ``whole``, which begin with them: string [B].

    It begins with the space that belongs between, unless that one stands at the end of ``texts`` already. Gluing moves
    nothing but spaces: all other letters are counted.
    """
    letters = tf.strings.unicode_split(whole, "UTF-8")  # [B, L]
    rows, is_space = row_ids(letters), letters.values == " "
    count = tf.cumsum(tf.cast(~is_space, tf.int32))
    count_of_rows_before = tf.gather(tf.concat([[0], count], axis=0), letters.row_starts())  # [B]
    count = count - tf.gather(count_of_rows_before, rows)
    of_before = tf.strings.length(tf.strings.regex_replace(before, " ", ""), unit="UTF8_CHAR")  # [B]
    of_before = tf.gather(of_before, rows)
    rest = join(keep(letters, (count > of_before) | ((count == of_before) & is_space)))
    is_spaced = tf.strings.regex_full_match(texts, f"(?s:.*){SPACE}")
    return tf.where(is_spaced, tf.strings.regex_replace(rest, "^ ", ""), rest)
