"""The head of BERT's pre-training: guess the masked tokens and, if asked, whether the second sentence followed.

Shapes: B batch, T length, P masked places, D hidden_dim, V vocabulary.
"""

import keras
from keras import ops

from zoo.layers.dense import Dense
from zoo.layers.heads import MaskedLanguageModelHead, pool
from zoo.layers.saving import Layer


class PretrainingHead(Layer):
    """Both questions of BERT's pre-training at once (Devlin et al. 2018, BERT, arXiv:1810.04805, section 3.1), or the
    first alone.

    Only the masked places get logits of the whole vocabulary, the most expensive ones of a small model. The second
    question is asked of the whole text, as one vector; with ``pooling="first"`` it passes BERT's pooler.

    Args:
        vocabulary_size: int, V.
        tied_to: as for :class:`zoo.layers.heads.MaskedLanguageModelHead`.
        pooling: "first" token, or "mean" of the real tokens.
        activation: as for :class:`zoo.layers.heads.MaskedLanguageModelHead`.
        dropout: float, rate on the pooled vector.
        next_sentence: bool, whether the second question is asked; without it there is no pooler.
    """

    input_names = ("masked_positions",)

    def __init__(
        self,
        vocabulary_size,
        tied_to=None,
        pooling="first",
        activation="gelu",
        dropout=0.1,
        next_sentence=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.pooling = pooling
        self.masked_lm = MaskedLanguageModelHead(vocabulary_size, tied_to, activation)
        self.dropout = keras.layers.Dropout(dropout)
        self.next_sentence = Dense(2) if next_sentence else None

    def build(self, hidden_states_shape, padding_mask_shape=None, masked_positions_shape=None):
        pooled_shape = (hidden_states_shape[0], hidden_states_shape[-1])
        self.masked_lm.build(hidden_states_shape)
        if self.next_sentence is None:
            return
        if self.pooling == "first":
            self.pooler = Dense(hidden_states_shape[-1], activation="tanh")
            self.pooler.build(pooled_shape)
        self.next_sentence.build(pooled_shape)

    def call(self, hidden_states, padding_mask, masked_positions):
        """Args: hidden_states [B, T, D]; padding_mask [B, T], True = a real token; masked_positions int [B, P].

        Returns:
            ``{"masked": [B, P, V], "next": [B, 2]}``: logits of the tokens at the masked places, and of two classes:
            0, the second sentence followed the first (IsNext); 1, it did not (NotNext). "next" only where it is asked.
        """
        chosen = ops.take_along_axis(hidden_states, masked_positions[:, :, None], axis=1)  # [B, P, D]
        if self.next_sentence is None:
            return {"masked": self.masked_lm(chosen)}
        pooled = pool(hidden_states, padding_mask, self.pooling)
        if self.pooling == "first":
            pooled = self.pooler(pooled)
        following = self.next_sentence(self.dropout(pooled))
        return {"masked": self.masked_lm(chosen), "next": ops.cast(following, "float32")}
