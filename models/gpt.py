"""GPT: a Transformer decoder that predicts the next token, and nothing else.

Papers: Radford et al. 2018, "Improving Language Understanding by Generative
Pre-Training" (GPT-1: post-norm); Radford et al. 2019, "Language Models are
Unsupervised Multitask Learners" (GPT-2: pre-norm with a final normalisation, and
matrices that add to the residual stream begin smaller, by 1 / sqrt(number of additions)).

Deviations: none in GPT-2's architecture. GPT-1 differs from GPT-2 in ``norm_first`` only;
its modified L2 penalty is left to the optimizer.

Shapes: B batch, T length, D hidden_dim, V vocabulary.
"""

from dataclasses import dataclass

import keras
from keras import ops

from zoo.base import Decoder
from zoo.layers.blocks import DecoderBlock
from zoo.layers.checks import check_length, check_sizes
from zoo.layers.embeddings import TokenEmbedding
from zoo.layers.masks import causal_mask
from zoo.layers.positions import LearnedPositions
from zoo.registry import register_model


@dataclass(frozen=True)
class GPTConfig:
    vocabulary_size: int = 1000
    num_layers: int = 2
    num_heads: int = 4
    hidden_dim: int = 128
    intermediate_dim: int = 512
    dropout: float = 0.1
    max_sequence_length: int = 256
    norm_first: bool = True  # GPT-2; False for GPT-1

    def __post_init__(self):
        check_sizes(self)


PRESETS = {
    "tiny": GPTConfig(),
    "tiny-gpt1": GPTConfig(norm_first=False),
    # nanoGPT's settings for tiny Shakespeare on a CPU and on a GPU; 65 characters and the special tokens.
    "shakespeare": GPTConfig(70, 4, 4, 128, 512, dropout=0.0, max_sequence_length=64),
    "shakespeare-large": GPTConfig(70, 6, 6, 384, 1536, dropout=0.2, max_sequence_length=256),
    "gpt1": GPTConfig(40_478, 12, 12, 768, 3072, max_sequence_length=512, norm_first=False),
    "gpt2-small": GPTConfig(50_257, 12, 12, 768, 3072, max_sequence_length=1024),
    "gpt2-medium": GPTConfig(50_257, 24, 16, 1024, 4096, max_sequence_length=1024),
    "gpt2-large": GPTConfig(50_257, 36, 20, 1280, 5120, max_sequence_length=1024),
    "gpt2-xl": GPTConfig(50_257, 48, 25, 1600, 6400, max_sequence_length=1024),
}


@register_model("gpt")
class GPT(Decoder):
    """A stack of decoder blocks without a source; ``GPTConfig`` says which of the two papers."""

    paper = "Radford et al. 2019, Language Models are Unsupervised Multitask Learners"
    Config = GPTConfig
    presets = PRESETS
    recipe = {"learning_rate": 1e-3, "schedule": "cosine", "warmup_steps": 100, "weight_decay": 0.1, "beta_2": 0.99}

    def __init__(self, config):
        super().__init__(config)
        normal = keras.initializers.RandomNormal(stddev=0.02)
        additions = 2 * config.num_layers  # each block adds to the residual stream twice
        self.embedding = TokenEmbedding(config.vocabulary_size, config.hidden_dim, normal)
        self.positions = LearnedPositions(config.max_sequence_length, config.hidden_dim, normal)
        self.dropout = keras.layers.Dropout(config.dropout)
        self.blocks = [
            DecoderBlock(
                config.num_heads,
                config.hidden_dim,
                config.intermediate_dim,
                config.dropout,
                activation="gelu_tanh",
                norm_first=config.norm_first,
                epsilon=1e-5,
                kernel_initializer=normal,
                residual_initializer=keras.initializers.RandomNormal(stddev=0.02 * additions**-0.5),
                name=f"block_{i}",
            )
            for i in range(config.num_layers)
        ]
        if config.norm_first:
            self.final_norm = keras.layers.LayerNormalization(epsilon=1e-5)
        self.build_from_inputs()

    @property
    def tied_embedding(self):
        return self.embedding

    @property
    def layer_stack(self):
        on_top = [self.final_norm] if self.config.norm_first else []
        return [[block] for block in self.blocks[:-1]] + [[self.blocks[-1], *on_top]]

    def call(self, inputs):
        x = self.embedding(inputs["token_ids"])  # [B, T, D]
        x = self.dropout(x + self.positions(x))
        # Padding stands behind the tokens: the causal mask hides it already.
        attention_mask = causal_mask(ops.shape(x)[1])
        for block in self.blocks:
            x = block(x, attention_mask)
        return self.final_norm(x) if self.config.norm_first else x

    def start(self, inputs, max_length):
        check_length(max_length, self.config.max_sequence_length)
        batch_size = ops.shape(inputs["token_ids"])[0]
        return {
            "position": ops.zeros((batch_size,), "int32"),
            "blocks": [block.start(batch_size, max_length) for block in self.blocks],
        }

    def read(self, token_ids, state):
        return self.go_on(token_ids, state)[1]

    def step(self, token_ids, state):
        x, state = self.go_on(token_ids[:, None], state)
        x = self.final_norm(x) if self.config.norm_first else x
        return x[:, 0], state

    def go_on(self, token_ids, state):
        """Reads the next tokens of each row, [B, T], at once: what the last block says, [B, T, D], and the state."""
        position, length = state["position"], ops.shape(token_ids)[1]
        positions = position[:, None] + ops.arange(length, dtype="int32")
        x = self.embedding(token_ids) + self.positions.at(positions)
        caches = []
        for block, cache in zip(self.blocks, state["blocks"], strict=True):
            x, cache = block.step(x, cache, position)
            caches.append(cache)
        return x, {"position": position + length, "blocks": caches}
