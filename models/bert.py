"""BERT: a Transformer encoder, in which every token sees the whole text, on both sides.

Paper: Devlin et al. 2018, "BERT: Pre-training of Deep Bidirectional Transformers for
Language Understanding" (arXiv:1810.04805). Sizes below base: Turc et al. 2019,
"Well-Read Students Learn Better" (arXiv:1908.08962).

Deviations: the *pooler*, the dense tanh layer over the first token, is a part of
:class:`zoo.layers.heads.ClassificationHead` (``pooling="first"``), for only
classification uses it. The published 109,482,240 parameters of base are
108,891,648 here and 590,592 in the pooler.

Shapes: B batch, T length, D hidden_dim, V vocabulary.
"""

from dataclasses import dataclass
from typing import Literal

import keras

from zoo.base import Encoder
from zoo.layers.blocks import EncoderBlock
from zoo.layers.checks import check_sizes
from zoo.layers.embeddings import TokenEmbedding
from zoo.layers.masks import padding_to_attention_mask
from zoo.layers.positions import LearnedPositions
from zoo.registry import register_model


@dataclass(frozen=True)
class BertConfig:
    vocabulary_size: int = 1000
    num_layers: int = 2
    num_heads: int = 2
    hidden_dim: int = 128
    intermediate_dim: int = 512
    dropout: float = 0.1
    max_sequence_length: int = 512
    num_segments: int = 2
    activation: Literal["gelu", "gelu_tanh"] = "gelu"  # by the error function, or approximated by a tanh
    initializer_range: float = 0.02  # standard deviation of new weights

    def __post_init__(self):
        check_sizes(self)


PRESETS = {
    "tiny": BertConfig(),
    "mini": BertConfig(30_522, 4, 4, 256, 1024),
    "small": BertConfig(30_522, 4, 8, 512, 2048),
    "base": BertConfig(30_522, 12, 12, 768, 3072),
    "large": BertConfig(30_522, 24, 16, 1024, 4096),
}


@register_model("bert")
class Bert(Encoder):
    """Three embeddings in one, then a stack of encoder blocks (post-norm, GELU)."""

    paper = "Devlin et al. 2018, BERT: Pre-training of Deep Bidirectional Transformers, arXiv:1810.04805"
    Config = BertConfig
    presets = PRESETS
    recipe = {"learning_rate": 5e-4, "schedule": "linear", "warmup_steps": 100, "weight_decay": 0.01}
    pooling = "first"

    def __init__(self, config):
        super().__init__(config)
        normal = keras.initializers.TruncatedNormal(stddev=config.initializer_range)
        self.token_embedding = TokenEmbedding(config.vocabulary_size, config.hidden_dim, normal)
        self.segment_embedding = TokenEmbedding(config.num_segments, config.hidden_dim, normal)
        self.positions = LearnedPositions(config.max_sequence_length, config.hidden_dim, normal)
        self.embedding_norm = keras.layers.LayerNormalization(epsilon=1e-12)
        self.dropout = keras.layers.Dropout(config.dropout)
        self.blocks = [
            EncoderBlock(
                config.num_heads,
                config.hidden_dim,
                config.intermediate_dim,
                config.dropout,
                activation=config.activation,
                epsilon=1e-12,
                kernel_initializer=normal,
                name=f"block_{i}",
            )
            for i in range(config.num_layers)
        ]
        self.build_from_inputs()

    @property
    def tied_embedding(self):
        return self.token_embedding

    @property
    def layer_stack(self):
        return [[block] for block in self.blocks]

    def call(self, inputs):
        x = self.token_embedding(inputs["token_ids"])  # [B, T, D]
        x = x + self.segment_embedding(inputs["segment_ids"]) + self.positions(x)
        x = self.dropout(self.embedding_norm(x))
        attention_mask = padding_to_attention_mask(inputs["padding_mask"])
        for block in self.blocks:
            x = block(x, attention_mask)
        return x
