"""An RNN that looks back: at each step the decoder weighs all places of the source and reads their average.

Papers: Bahdanau, Cho and Bengio 2015, "Neural Machine Translation by Jointly
Learning to Align and Translate" (arXiv:1409.0473); the scores "dot" and "general"
from Luong, Pham and Manning 2015, "Effective Approaches to Attention-based Neural
Machine Translation" (arXiv:1508.04025).

Deviations: the decoder starts from both directions of the encoder (Bahdanau: the
backward one); the additive score has a bias; the GRU is PyTorch's variant
(:mod:`zoo.layers.cells`); the output sees [output; context; embedding] without
Bahdanau's maxout; of Luong only the scores are taken, the query stays Bahdanau's
(the state *before* the step). "dot" needs a memory of the decoder's size: there
keys are the sum of the two directions.

Shapes: B batch, S source length, T target length, E embedding_dim, D hidden_dim
(of one direction; a memory vector has 2 D), G gates of the cell, 3 D.
"""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import ops

from zoo.base import EncoderDecoder
from zoo.layers.alignment import attend, make_score
from zoo.layers.attention import record
from zoo.layers.cells import GRUCell
from zoo.layers.checks import check_sizes
from zoo.layers.dense import Dense
from zoo.layers.embeddings import TokenEmbedding
from zoo.layers.recurrent import BidirectionalStack, over_time
from zoo.registry import register_model


@dataclass(frozen=True)
class AttentionSeq2SeqConfig:
    encoder_vocabulary_size: int = 1000
    decoder_vocabulary_size: int = 1000
    hidden_dim: int = 64
    embedding_dim: int = 64
    dropout: float = 0.0
    score: Literal["additive", "dot", "general"] = "additive"

    def __post_init__(self):
        check_sizes(self)


PRESETS = {
    "tiny": AttentionSeq2SeqConfig(),
    "tiny-luong": AttentionSeq2SeqConfig(score="general"),
    # bentrevett's tutorial on Multi30k (20.52 M parameters with its vocabularies).
    "multi30k": AttentionSeq2SeqConfig(7853, 5893, hidden_dim=512, embedding_dim=256, dropout=0.5),
    "bahdanau2015": AttentionSeq2SeqConfig(30_000, 30_000, hidden_dim=1000, embedding_dim=620),
}


class AttentionDecoder(keras.layers.Layer):
    """A GRU whose input is the token and what it looked at in the source.

    Args:
        hidden_dim: int, D.
        score: "additive", "dot" or "general".
    """

    def __init__(self, hidden_dim, score):
        super().__init__()
        self.score = make_score(score, hidden_dim)
        self.cell = GRUCell(hidden_dim)
        # W [embedding; context] = W_e embedding + W_c context: the first is known before the loop, the second is not.
        self.context_projection = Dense(3 * hidden_dim, use_bias=False)

    def build(self, embedded_shape, state_shape):
        self.cell.build(embedded_shape)
        self.score.build(state_shape["hidden"], state_shape["keys"])
        self.context_projection.build(state_shape["memory"])

    def call(self, embedded, state):
        """Target embeddings [B, T, E] and the state -> outputs [B, T, D], contexts [B, T, 2 D], weights [B, T, S]."""
        projected = self.cell.input_projection(ops.transpose(embedded, (1, 0, 2)))  # [T, B, G]

        def advance(carry, projected_now):
            return self.look_and_write(projected_now, carry[0], state)

        memory = state["memory"]
        nothing = ops.zeros_like(memory[:, 0]), ops.zeros_like(memory[:, :, 0])
        states, _ = over_time(advance, (state["hidden"], *nothing), projected)
        return tuple(ops.transpose(x, (1, 0, 2)) for x in states)

    def step(self, embedded, state):
        """One token: ``embedded`` [B, E] and the state -> output [B, D], context [B, 2 D], weights [B, S]."""
        return self.look_and_write(self.cell.input_projection(embedded), state["hidden"], state)

    def look_and_write(self, projected, hidden, state):
        """``projected`` [B, G], ``hidden`` [B, D] -> the next hidden state, what was looked at, and where."""
        scores = self.score(hidden, state["keys"])  # [B, S]
        context, weights = attend(scores, state["memory"], state["padding_mask"])
        [hidden] = self.cell(projected + self.context_projection(context), [hidden])
        return hidden, context, weights


@register_model("attention_seq2seq")
class AttentionSeq2Seq(EncoderDecoder):
    """Bi-GRU encoder, attention, GRU decoder.

    Hidden states are [output; context; embedding] [B, T, 3 D + E]. Attention
    weights are recorded as [B, 1, T, S] (:func:`zoo.layers.attention.recording`).
    """

    paper = "Bahdanau 2015, Neural Machine Translation by Jointly Learning to Align and Translate, arXiv:1409.0473"
    Config = AttentionSeq2SeqConfig
    presets = PRESETS
    compiles = False
    recipe = {"learning_rate": 2e-3, "schedule": "cosine", "clip_norm": 1.0}

    def __init__(self, config):
        super().__init__(config)
        self.encoder_embedding = TokenEmbedding(config.encoder_vocabulary_size, config.embedding_dim)
        self.encoder = BidirectionalStack("gru", 1, config.hidden_dim)
        self.bridge = Dense(config.hidden_dim, activation="tanh")
        self.decoder_embedding = TokenEmbedding(config.decoder_vocabulary_size, config.embedding_dim)
        self.decoder = AttentionDecoder(config.hidden_dim, config.score)
        self.dropout = keras.layers.Dropout(config.dropout)
        self.build_from_inputs()

    @property
    def hidden_dim(self):
        return 3 * self.config.hidden_dim + self.config.embedding_dim

    def call(self, inputs):
        state = self.encode(inputs["encoder_token_ids"], inputs["encoder_padding_mask"])
        return self.decode(inputs["decoder_token_ids"], state)

    def encode(self, token_ids, padding_mask):
        """Reads the source: ids and mask [B, S] -> the decoder's first state, which keeps a vector for each place."""
        x = self.dropout(self.encoder_embedding(token_ids))  # [B, S, E]
        memory, [(forward_state, backward_state)] = self.encoder(x, padding_mask)  # [B, S, 2 D]
        comparable = sum(ops.split(memory, 2, axis=-1)) if self.config.score == "dot" else memory
        return {
            "hidden": self.bridge(ops.concatenate([forward_state[0], backward_state[0]], -1)),  # [B, D]
            "memory": memory,
            "keys": self.decoder.score.keys(comparable),  # [B, S, D]
            "padding_mask": padding_mask,
        }

    def decode(self, token_ids, state):
        """Target ids [B, T] and the state after the source -> hidden states [B, T, hidden_dim].

        No target mask: padding stands behind the tokens, and an RNN does not look ahead.
        """
        embedded = self.dropout(self.decoder_embedding(token_ids))  # [B, T, E]
        outputs, contexts, weights = self.decoder(embedded, state)
        record(self.decoder.score.path, ops.expand_dims(weights, 1))  # [B, 1, T, S]
        return ops.concatenate([outputs, contexts, embedded], -1)  # [B, T, 3 D + E]

    def start(self, inputs, max_length):
        return self.encode(inputs["encoder_token_ids"], inputs["encoder_padding_mask"])

    def step(self, token_ids, state):
        embedded = self.decoder_embedding(token_ids)  # [B, E]
        hidden, context, _ = self.decoder.step(embedded, state)
        return ops.concatenate([hidden, context, embedded], -1), {**state, "hidden": hidden}
