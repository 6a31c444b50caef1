"""Byte-pair merging in the TensorFlow graph (Sennrich et al. 2016, algorithm 1, applied).

All words at once: in each round every word looks for the pair of neighbours that
was learned first, and merges it wherever it stands, from left to right, until no
word holds a pair that was learned.

Shapes: U words, N tokens of all words together, V vocabulary_size.
"""

import numpy as np
import tensorflow as tf

from zoo.tokenizers.ragged import row_ids

NEVER = np.iinfo("int32").max  # the rank of a pair that was not learned


class Merges(tf.Module):
    """Words to token ids, a function of string [U] -> RaggedTensor int32 [U, None].

    Args:
        vocabulary: dict, token -> id.
        pairs: list of (str, str), the first learned first.
        byte_of_letter: dict, the token of a single byte -> the byte.
    """

    def __init__(self, vocabulary, pairs, byte_of_letter):
        super().__init__()
        self._size = len(vocabulary)
        self._id_of_byte = np.array([vocabulary[letter] for letter in sorted(byte_of_letter, key=byte_of_letter.get)])
        ids = [(vocabulary[left], vocabulary[right], vocabulary[left + right]) for left, right in pairs]
        left, right, merged = np.array(ids, "int64").reshape(-1, 3).T
        self._merged = np.append(merged, 0)  # by rank; never empty
        ranks = tf.range(len(pairs), dtype=tf.int64)
        self._ranks = tf.lookup.StaticHashTable(
            tf.lookup.KeyValueTensorInitializer(tf.constant(self._key(left, right)), ranks), NEVER
        )

    def _key(self, left, right):
        """One number for a pair of ids."""
        return left * self._size + right

    def __call__(self, words):
        letters = tf.cast(tf.io.decode_raw(tf.strings.reduce_join(words), tf.uint8), tf.int32)  # bytes of all words
        token_ids = tf.gather(tf.constant(self._id_of_byte, tf.int64), letters)  # [N]
        lengths = tf.cast(tf.strings.length(words), tf.int64)
        word_ids = row_ids(tf.RaggedTensor.from_row_lengths(token_ids, lengths))  # [N], the word of each token
        word_ids = tf.cast(word_ids, tf.int64)

        def merge(token_ids, word_ids, is_unfinished):
            ranks = self._ranks.lookup(self._key(token_ids[:-1], token_ids[1:]))  # [N - 1], of each with its right
            ranks = tf.where(word_ids[:-1] == word_ids[1:], ranks, NEVER)
            best = tf.gather(tf.math.unsorted_segment_min(ranks, word_ids[:-1], tf.size(words)), word_ids[:-1])
            merges = _apart((ranks == best) & (ranks < NEVER))
            merged = tf.gather(self._merged, tf.where(merges, ranks, 0))
            token_ids = tf.concat([tf.where(merges, merged, token_ids[:-1]), token_ids[-1:]], axis=0)
            stays = tf.concat([[True], ~merges], axis=0)
            return tf.boolean_mask(token_ids, stays), tf.boolean_mask(word_ids, stays), tf.reduce_any(merges)

        token_ids, word_ids, _ = tf.while_loop(
            lambda token_ids, word_ids, is_unfinished: is_unfinished & (tf.size(token_ids) > 1),
            merge,
            (token_ids, word_ids, True),
            shape_invariants=(tf.TensorShape([None]), tf.TensorShape([None]), tf.TensorShape([])),
        )
        return tf.RaggedTensor.from_value_rowids(tf.cast(token_ids, tf.int32), word_ids, tf.size(words, tf.int64))


def _apart(chosen):
    """Of places that follow each other the first, the third, ...: "aaa" holds the pair "aa" twice, but one at a time.

    Args:
        chosen: bool [N - 1], whether a token may be merged with its right neighbour.
    """
    places = tf.range(tf.size(chosen))
    begins = chosen & ~tf.concat([[False], chosen[:-1]], axis=0)
    run = tf.maximum(tf.cumsum(tf.cast(begins, tf.int32)) - 1, 0)  # of places that follow each other
    first = tf.gather(tf.concat([tf.boolean_mask(places, begins), [0]], axis=0), run)
    return chosen & ((places - first) % 2 == 0)
