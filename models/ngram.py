"""A neural n-gram model: the next token from the last n - 1 tokens, whatever stood before them.

The baseline below all decoders: its memory ends after n - 1 tokens.

Paper: Bengio et al. 2003, "A Neural Probabilistic Language Model" (JMLR 3, 1137-1155):
y = b + W x + U tanh(d + H x), where x holds the embeddings of n - 1 tokens side by side.

Deviations: before the beginning of a text the paper's model saw the text before it; here
it sees id 0, [PAD]. Dropout is later fashion. The head holds b, U and W:
with ``direct_connections`` the hidden states are [tanh(d + H x); x].

Shapes: B batch, T length, E embedding_dim, D hidden_dim.
"""

from dataclasses import dataclass

import keras
from keras import ops

from zoo.base import Decoder
from zoo.layers.checks import check_sizes
from zoo.layers.dense import Dense
from zoo.layers.embeddings import TokenEmbedding
from zoo.registry import register_model


@dataclass(frozen=True)
class NgramConfig:
    vocabulary_size: int = 1000
    hidden_dim: int = 128
    embedding_dim: int = 64
    dropout: float = 0.0
    order: int = 5  # n: the context is n - 1 tokens
    direct_connections: bool = False  # W: from the context to the output, past the tanh layer

    def __post_init__(self):
        check_sizes(self)
        if self.order < 2:
            raise ValueError(f"order is n, the context n - 1 tokens: it must be at least 2, not {self.order}.")

    @property
    def context_size(self):
        """How many tokens the model sees: n - 1."""
        return self.order - 1


PRESETS = {
    "tiny": NgramConfig(),
    "tiny-direct": NgramConfig(direct_connections=True),
    # Two of the sizes tried on the Brown corpus (Table 1).
    "brown-direct": NgramConfig(16_383, hidden_dim=50, embedding_dim=60, direct_connections=True),
    "brown": NgramConfig(16_383, hidden_dim=100, embedding_dim=30),
}


@register_model("ngram")
class Ngram(Decoder):
    """Embeddings of the last n - 1 tokens, side by side, and one tanh layer over them."""

    paper = "Bengio et al. 2003, A Neural Probabilistic Language Model, JMLR 3"
    Config = NgramConfig
    presets = PRESETS
    recipe = {"learning_rate": 2e-3, "schedule": "cosine"}

    def __init__(self, config):
        super().__init__(config)
        self.embedding = TokenEmbedding(config.vocabulary_size, config.embedding_dim)
        self.hidden_layer = Dense(config.hidden_dim, activation="tanh")
        self.dropout = keras.layers.Dropout(config.dropout)
        self.build_from_inputs()

    @property
    def hidden_dim(self):
        config = self.config
        return config.hidden_dim + config.direct_connections * config.context_size * config.embedding_dim

    def call(self, inputs):
        token_ids = inputs["token_ids"]
        length = ops.shape(token_ids)[1]
        width = self.config.context_size
        padded = ops.pad(token_ids, ((0, 0), (width - 1, 0)))  # id 0 before the beginning
        x = self.embedding(padded)  # [B, T + n - 2, E]
        x = ops.concatenate([x[:, i : i + length] for i in range(width)], axis=-1)  # [B, T, (n - 1) E]
        return self.hidden_states(x)

    def hidden_states(self, x):
        """Contexts [..., (n - 1) E] -> hidden states [..., D]."""
        hidden = self.dropout(self.hidden_layer(x))
        return ops.concatenate([hidden, x], axis=-1) if self.config.direct_connections else hidden

    def start(self, inputs, max_length):
        batch_size = ops.shape(inputs["token_ids"])[0]
        return {"context": ops.zeros((batch_size, self.config.context_size), "int32")}

    def step(self, token_ids, state):
        context = ops.concatenate([state["context"][:, 1:], token_ids[:, None]], axis=1)  # the oldest one is forgotten
        x = self.embedding(context)  # [B, n - 1, E]
        x = ops.reshape(x, (-1, self.config.context_size * self.config.embedding_dim))
        return self.hidden_states(x), {"context": context}
