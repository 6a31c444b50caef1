"""Two LSTMs read a text, one from each end: every token's vector knows what stands before it and behind it.

Papers: Schuster and Paliwal 1997, "Bidirectional Recurrent Neural Networks"; Graves
and Schmidhuber 2005, "Framewise phoneme classification with bidirectional LSTM and
other neural network architectures"; Huang, Xu and Yu 2015, "Bidirectional LSTM-CRF
Models for Sequence Tagging" (arXiv:1508.01991), for text.

Deviations: no peephole connections (Graves), no CRF on top (Huang). Segments are
embedded as in BERT, so that the two texts of a pair can be told apart.

Shapes: B batch, T length, E embedding_dim, D hidden_dim of one direction.
"""

from dataclasses import dataclass

import keras

from zoo.base import Encoder
from zoo.layers.checks import check_sizes
from zoo.layers.embeddings import TokenEmbedding
from zoo.layers.recurrent import BidirectionalStack
from zoo.registry import register_model


@dataclass(frozen=True)
class BiRNNConfig:
    vocabulary_size: int = 1000
    num_layers: int = 1
    hidden_dim: int = 48
    embedding_dim: int = 64
    dropout: float = 0.1
    num_segments: int = 2

    def __post_init__(self):
        check_sizes(self)


PRESETS = {
    "tiny": BiRNNConfig(),
    "small": BiRNNConfig(8000, num_layers=1, hidden_dim=128, embedding_dim=128, dropout=0.3),
    "medium": BiRNNConfig(20_000, num_layers=2, hidden_dim=300, embedding_dim=300, dropout=0.5),
}


@register_model("birnn")
class BiRNN(Encoder):
    """Bidirectional LSTM; hidden states are [forward; backward] [B, T, 2 D]."""

    paper = "Graves and Schmidhuber 2005, Framewise phoneme classification with bidirectional LSTM"
    Config = BiRNNConfig
    presets = PRESETS
    compiles = False
    recipe = {"learning_rate": 3e-3, "schedule": "linear", "clip_norm": 1.0}
    pooling = "mean"

    def __init__(self, config):
        super().__init__(config)
        self.token_embedding = TokenEmbedding(config.vocabulary_size, config.embedding_dim)
        self.segment_embedding = TokenEmbedding(config.num_segments, config.embedding_dim)
        self.stack = BidirectionalStack("lstm", config.num_layers, config.hidden_dim, config.dropout)
        self.dropout = keras.layers.Dropout(config.dropout)
        self.build_from_inputs()

    @property
    def hidden_dim(self):
        return 2 * self.config.hidden_dim

    def call(self, inputs):
        x = self.token_embedding(inputs["token_ids"]) + self.segment_embedding(inputs["segment_ids"])  # [B, T, E]
        outputs, _ = self.stack(self.dropout(x), inputs["padding_mask"])  # [B, T, 2 D]
        return outputs
