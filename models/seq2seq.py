"""The whole source through one vector: an RNN reads it, its final state starts an RNN that writes the target.

Papers: Sutskever, Vinyals and Le 2014, "Sequence to Sequence Learning with Neural
Networks" (arXiv:1409.3215): a deep LSTM whose whole state is handed over, the
source read backwards. Cho et al. 2014, "Learning Phrase Representations using RNN
Encoder-Decoder" (arXiv:1406.1078): a GRU whose final hidden state, the context, is
given to the decoder at every step and to the output too (``context_at_every_step``).

Deviations: Cho's two tanh layers between the encoder's state and context and
decoder, and the maxout of the output, are left out. Dropout is later fashion.

Shapes: B batch, S source length, T target length, E embedding_dim, D hidden_dim.
"""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import ops

from zoo.base import EncoderDecoder
from zoo.layers.checks import check_sizes
from zoo.layers.embeddings import TokenEmbedding
from zoo.layers.recurrent import RecurrentStack
from zoo.registry import register_model


@dataclass(frozen=True)
class Seq2SeqConfig:
    encoder_vocabulary_size: int = 1000
    decoder_vocabulary_size: int = 1000
    num_layers: int = 1
    hidden_dim: int = 96
    embedding_dim: int = 64
    dropout: float = 0.0
    cell: Literal["lstm", "gru", "vanilla"] = "lstm"
    reverse_source: bool = False  # Sutskever 3.3: the two beginnings come close to each other
    context_at_every_step: bool = False  # Cho: the decoder sees the source's vector at each step, not at the first only

    def __post_init__(self):
        check_sizes(self)


PRESETS = {
    "tiny": Seq2SeqConfig(reverse_source=True),
    "tiny-gru": Seq2SeqConfig(cell="gru", context_at_every_step=True),
    # The two models of github.com/bentrevett/pytorch-seq2seq: 13.90 M and 14.22 M parameters with its vocabularies.
    "multi30k-lstm": Seq2SeqConfig(
        7853, 5893, num_layers=2, hidden_dim=512, embedding_dim=256, dropout=0.5, reverse_source=True
    ),
    "multi30k-gru": Seq2SeqConfig(
        7853, 5893, hidden_dim=512, embedding_dim=256, dropout=0.5, cell="gru", context_at_every_step=True
    ),
    "sutskever2014": Seq2SeqConfig(
        160_000, 80_000, num_layers=4, hidden_dim=1000, embedding_dim=1000, reverse_source=True
    ),
    "cho2014": Seq2SeqConfig(
        15_000, 15_000, hidden_dim=1000, embedding_dim=100, cell="gru", context_at_every_step=True
    ),
}


@register_model("seq2seq")
class Seq2Seq(EncoderDecoder):
    """Encoder-decoder through one vector; ``Seq2SeqConfig`` says which of the two papers.

    Hidden states are the decoder's outputs [B, T, D], or with
    ``context_at_every_step`` [embedding; output; context] [B, T, E + 2 D], since
    Cho's output layer sees all three.
    """

    paper = "Sutskever et al. 2014, Sequence to Sequence Learning with Neural Networks, arXiv:1409.3215"
    Config = Seq2SeqConfig
    presets = PRESETS
    compiles = False
    recipe = {"learning_rate": 2e-3, "schedule": "cosine", "clip_norm": 1.0}

    def __init__(self, config):
        super().__init__(config)
        size = config.num_layers, config.hidden_dim, config.dropout
        self.encoder_embedding = TokenEmbedding(config.encoder_vocabulary_size, config.embedding_dim)
        self.encoder = RecurrentStack(config.cell, *size, backwards=config.reverse_source)
        self.decoder_embedding = TokenEmbedding(config.decoder_vocabulary_size, config.embedding_dim)
        self.decoder = RecurrentStack(config.cell, *size)
        self.dropout = keras.layers.Dropout(config.dropout)
        self.build_from_inputs()

    @property
    def hidden_dim(self):
        config = self.config
        return config.embedding_dim + 2 * config.hidden_dim if config.context_at_every_step else config.hidden_dim

    def call(self, inputs):
        state = self.encode(inputs["encoder_token_ids"], inputs["encoder_padding_mask"])
        return self.decode(inputs["decoder_token_ids"], state)

    def encode(self, token_ids, padding_mask):
        """Reads the source: ids and mask [B, S] -> the decoder's first state, all that is ever known of the source."""
        x = self.dropout(self.encoder_embedding(token_ids))  # [B, S, E]
        _, layers = self.encoder(x, padding_mask)
        if not self.config.context_at_every_step:
            return {"layers": layers}
        return {"layers": layers, "context": layers[-1][0]}  # the top layer's hidden state [B, D]

    def decode(self, token_ids, state):
        """Target ids [B, T] and the state after the source -> hidden states [B, T, hidden_dim].

        No padding mask: padding stands behind the tokens, and an RNN does not look ahead.
        """
        embedded = self.dropout(self.decoder_embedding(token_ids))  # [B, T, E]
        if not self.config.context_at_every_step:
            return self.decoder(embedded, initial_state=state["layers"])[0]
        context = ops.repeat(ops.expand_dims(state["context"], 1), ops.shape(token_ids)[1], axis=1)  # [B, T, D]
        outputs, _ = self.decoder(ops.concatenate([embedded, context], -1), initial_state=state["layers"])
        return ops.concatenate([embedded, outputs, context], -1)  # [B, T, E + 2 D]

    def start(self, inputs, max_length):
        return self.encode(inputs["encoder_token_ids"], inputs["encoder_padding_mask"])

    def step(self, token_ids, state):
        embedded = self.decoder_embedding(token_ids)  # [B, E]
        if not self.config.context_at_every_step:
            output, layers = self.decoder.step(embedded, state["layers"])
            return output, {"layers": layers}
        context = state["context"]
        output, layers = self.decoder.step(ops.concatenate([embedded, context], -1), state["layers"])
        return ops.concatenate([embedded, output, context], -1), {"layers": layers, "context": context}
