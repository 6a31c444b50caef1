"""A language model with a memory: a recurrent network reads tokens from left to right, its state predicts the next.

Papers: Elman 1990, "Finding Structure in Time" (the vanilla cell); Mikolov et al.
2010, "Recurrent neural network based language model" (Interspeech); Hochreiter and
Schmidhuber 1997, "Long Short-Term Memory", and Zaremba, Sutskever and Vinyals 2014,
"Recurrent Neural Network Regularization" (arXiv:1409.2329: where dropout belongs);
Cho et al. 2014 (arXiv:1406.1078: the GRU).

Deviations: each text starts from a zero state, while Mikolov and Zaremba carry the
state on from one stretch of the corpus to the next. Mikolov's network squashes with
the sigmoid, and has no embedding layer between one-hot vectors and hidden layer.

Shapes: B batch, T length, D hidden_dim.
"""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import ops

from zoo.base import Decoder
from zoo.layers.checks import check_sizes
from zoo.layers.embeddings import TokenEmbedding
from zoo.layers.recurrent import RecurrentStack
from zoo.registry import register_model


@dataclass(frozen=True)
class RNNConfig:
    vocabulary_size: int = 1000
    num_layers: int = 1
    hidden_dim: int = 128
    dropout: float = 0.0
    cell: Literal["vanilla", "lstm", "gru"] = "vanilla"

    def __post_init__(self):
        check_sizes(self)


PRESETS = {
    # Numbers of gates 1, 4, 3: the sizes give the three about equal recurrent matrices.
    "tiny": RNNConfig(hidden_dim=128),
    "tiny-lstm": RNNConfig(hidden_dim=64, cell="lstm"),
    "tiny-gru": RNNConfig(hidden_dim=74, cell="gru"),
    # As many parameters, output included, as a GPT of 4 layers with D 128, F 512, V 70 and 64 places: 0.81 million.
    "shakespeare-lstm": RNNConfig(70, num_layers=2, hidden_dim=220, cell="lstm"),
    "shakespeare-gru": RNNConfig(70, num_layers=2, hidden_dim=254, cell="gru"),
    "mikolov2010": RNNConfig(10_000, hidden_dim=250),
    "zaremba2014-medium": RNNConfig(10_000, num_layers=2, hidden_dim=650, dropout=0.5, cell="lstm"),
}


@register_model("rnn")
class RNN(Decoder):
    """Recurrent language model; the setting ``cell`` chooses the vanilla cell, the LSTM or the GRU."""

    paper = "Mikolov et al. 2010, Recurrent neural network based language model"
    Config = RNNConfig
    presets = PRESETS
    compiles = False
    recipe = {"learning_rate": 3e-3, "schedule": "cosine", "clip_norm": 1.0}

    def __init__(self, config):
        super().__init__(config)
        self.embedding = TokenEmbedding(config.vocabulary_size, config.hidden_dim)
        self.stack = RecurrentStack(config.cell, config.num_layers, config.hidden_dim, config.dropout)
        self.dropout = keras.layers.Dropout(config.dropout)
        self.build_from_inputs()

    def call(self, inputs):
        # The padding mask is not needed: padding stands behind the tokens, and an RNN does not look ahead.
        x = self.dropout(self.embedding(inputs["token_ids"]))  # [B, T, D]
        outputs, _ = self.stack(x)
        return self.dropout(outputs)

    def start(self, inputs, max_length):
        return self.stack.zero_state(ops.shape(inputs["token_ids"])[0])

    def step(self, token_ids, state):
        return self.stack.step(self.embedding(token_ids), state)
