"""Masks for masked language modelling, drawn in the graph (Devlin et al. 2018, arXiv:1810.04805, section 3.1).

Shapes: B rows, T tokens of a row, P masked places of a row.
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class Masking:
    """Which tokens are to be guessed, and what stands in their place.

    Args:
        rate: share of the tokens of a row that are to be guessed; at least one is.
        mask_share, random_share: of those, how many become [MASK], and how many another token, drawn from all
            that are not special; the others stay as they are.
        mask_id: id of [MASK].
        is_special: bool [V], tokens that are neither masked nor drawn.
        continues_word: bool [V], True for the pieces of a word behind its first: all tokens of a word are then
            masked or none; None masks single tokens.
    """

    rate: float
    mask_share: float
    random_share: float
    mask_id: int
    is_special: np.ndarray
    continues_word: np.ndarray | None = None

    def __call__(self, token_ids, padding_mask, seed):
        """Draws masks; called while a graph is traced, or eagerly.

        Args:
            token_ids: int32 [B, T].
            padding_mask: bool [B, T], True = a real token.
            seed: int64 [2]; the same seed draws the same masks.

        Returns:
            ids: int32 [B, T], what the model reads instead.
            places: int32 [B, P], the places that are to be guessed, in order.
            labels: int32 [B, P], the tokens that stood there.
            weights: float32 [B, P], 1 for them, 0 for what only fills a row up to P.
        """
        batch_size, length = tf.unstack(tf.shape(token_ids))
        draws = tf.random.stateless_uniform([batch_size, length, 3], seed)

        special = tf.gather(tf.constant(self.is_special), token_ids) | ~padding_mask
        taken = self._taken(token_ids, special, draws[..., 0])  # bool [B, T]
        if self.continues_word is None:  # what a full row has: one shape for one length, as XLA needs it
            most = tf.maximum(tf.cast(tf.round(self.rate * tf.cast(length, tf.float32)), tf.int32), 1)
        else:
            most = tf.reduce_max(tf.reduce_sum(tf.cast(taken, tf.int32), axis=1))
        places = tf.argsort(tf.cast(~taken, tf.int32), axis=1, stable=True)[:, :most]  # the taken ones, in order
        weights = tf.cast(tf.gather(taken, places, batch_dims=1), tf.float32)
        labels = tf.gather(token_ids, places, batch_dims=1)

        ordinary = np.flatnonzero(~self.is_special)
        drawn = tf.gather(tf.constant(ordinary, tf.int32), tf.cast(draws[..., 1] * float(len(ordinary)), tf.int32))
        replaced = tf.where(draws[..., 2] < self.mask_share + self.random_share, drawn, token_ids)
        replaced = tf.where(draws[..., 2] < self.mask_share, self.mask_id, replaced)
        return tf.where(taken, replaced, token_ids), places, labels, weights

    def _taken(self, token_ids, special, draws):
        """Which tokens are to be guessed, bool [B, T]: words in the order of their draws, until there are enough.

        The last word is taken if that comes nearer to the number wanted: single tokens always meet it.
        """
        batch_size, length = tf.unstack(tf.shape(token_ids))
        places = tf.broadcast_to(tf.range(length), [batch_size, length])
        word = places if self.continues_word is None else self._words(token_ids, special)  # [B, T], a number each

        flat = tf.reshape(word + length * tf.range(batch_size)[:, None], [-1])
        sizes = tf.math.unsorted_segment_sum(tf.ones_like(flat), flat, batch_size * length)
        sizes = tf.gather(tf.reshape(sizes, [batch_size, length]), word, batch_dims=1)  # of each token's word
        draws = tf.gather(draws, word, batch_dims=1)  # one for all tokens of a word
        order = tf.argsort(tf.where(special, 2.0, draws), axis=1, stable=True)  # words stay together, special ones last
        rank = tf.argsort(order, axis=1)
        starts = tf.math.unsorted_segment_min(tf.reshape(rank, [-1]), flat, batch_size * length)
        before = tf.gather(tf.reshape(starts, [batch_size, length]), word, batch_dims=1)  # tokens of earlier words

        ordinary = tf.reduce_sum(tf.cast(~special, tf.int32), axis=1, keepdims=True)
        wanted = tf.cast(tf.round(self.rate * tf.cast(ordinary, tf.float32)), tf.int32)
        wanted = tf.maximum(wanted, 1)  # [B, 1]
        is_near = (before + sizes - wanted <= wanted - before) | (before == 0)
        return ~special & (before < wanted) & is_near

    def _words(self, token_ids, special):
        """The number of each token's word in its row, int32 [B, T]; a special token is a word, and ends one."""
        after_special = tf.pad(special[:, :-1], [[0, 0], [1, 0]], constant_values=True)
        begins = special | after_special | ~tf.gather(tf.constant(self.continues_word), token_ids)
        return tf.cumsum(tf.cast(begins, tf.int32), axis=1) - 1
