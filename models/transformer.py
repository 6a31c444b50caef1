"""The Transformer: an encoder and a decoder that see the whole text at once, by attention alone.

Paper: Vaswani et al. 2017, "Attention Is All You Need" (arXiv:1706.03762).

Deviations: dropout also falls on the attention weights, as in the authors' own
tensor2tensor. All matrices, embeddings included, begin with Glorot's uniform numbers,
as in "The Annotated Transformer". Options beyond the paper: ``norm_first``
(Xiong et al. 2020, arXiv:2002.04745) and learned positions (which section 3.5
found to be as good).

Shapes: B batch, S source length, T target length, D hidden_dim, V vocabulary.
"""

from dataclasses import dataclass
from typing import Literal

import keras
from keras import ops

from zoo.base import EncoderDecoder
from zoo.layers.blocks import DecoderBlock, EncoderBlock
from zoo.layers.checks import check_length, check_sizes
from zoo.layers.embeddings import TokenEmbedding
from zoo.layers.masks import causal_mask, padding_to_attention_mask
from zoo.layers.positions import LearnedPositions, SinusoidalPositions
from zoo.registry import register_model


@dataclass(frozen=True)
class TransformerConfig:
    encoder_vocabulary_size: int = 1000
    decoder_vocabulary_size: int = 1000
    num_layers: int = 2  # of the encoder, and as many of the decoder
    num_heads: int = 4
    hidden_dim: int = 128
    intermediate_dim: int = 512
    dropout: float = 0.1
    max_sequence_length: int = 256
    positions: Literal["sinusoidal", "learned"] = "sinusoidal"
    norm_first: bool = False
    share_embeddings: bool = False  # one matrix for source, target and output (section 3.4)

    def __post_init__(self):
        check_sizes(self)
        if self.positions not in ("sinusoidal", "learned"):
            raise ValueError(f"positions are 'sinusoidal' or 'learned', not {self.positions!r}.")
        if self.share_embeddings and self.encoder_vocabulary_size != self.decoder_vocabulary_size:
            raise ValueError(
                f"share_embeddings needs one vocabulary for both languages, but the source has "
                f"{self.encoder_vocabulary_size} tokens and the target {self.decoder_vocabulary_size}: "
                "use one tokenizer for both, or share_embeddings=False."
            )


PRESETS = {
    "tiny": TransformerConfig(),
    "tiny-pre-norm": TransformerConfig(norm_first=True),
    # bentrevett's tutorial on Multi30k (9.04 M parameters), but for dropout inside the feed-forward layers.
    "multi30k": TransformerConfig(
        7853, 5893, num_layers=3, num_heads=8, hidden_dim=256, max_sequence_length=100, positions="learned"
    ),
    # Table 3 of the paper: 65 and 213 million parameters.
    "base": TransformerConfig(37_000, 37_000, 6, 8, 512, 2048, max_sequence_length=1024, share_embeddings=True),
    "big": TransformerConfig(
        37_000, 37_000, 6, 16, 1024, 4096, dropout=0.3, max_sequence_length=1024, share_embeddings=True
    ),
}


@register_model("transformer")
class Transformer(EncoderDecoder):
    """Encoder and decoder stacks, ``TransformerConfig`` says how large."""

    paper = "Vaswani et al. 2017, Attention Is All You Need, arXiv:1706.03762"
    Config = TransformerConfig
    presets = PRESETS
    recipe = {
        "learning_rate": 1e-3,
        "schedule": "inverse-sqrt",
        "warmup_steps": 200,
        "label_smoothing": 0.1,
        "beta_2": 0.98,
    }

    def __init__(self, config):
        super().__init__(config)
        size = config.num_heads, config.hidden_dim, config.intermediate_dim, config.dropout
        self.encoder_embedding = TokenEmbedding(config.encoder_vocabulary_size, config.hidden_dim, "glorot_uniform")
        self.encoder_positions = make_positions(config)
        self.encoder_blocks = [
            EncoderBlock(*size, norm_first=config.norm_first, name=f"encoder_block_{i}")
            for i in range(config.num_layers)
        ]
        if config.share_embeddings:
            self.decoder_embedding = self.encoder_embedding
        else:
            self.decoder_embedding = TokenEmbedding(config.decoder_vocabulary_size, config.hidden_dim, "glorot_uniform")
        self.decoder_positions = make_positions(config)
        self.decoder_blocks = [
            DecoderBlock(*size, norm_first=config.norm_first, cross_attention=True, name=f"decoder_block_{i}")
            for i in range(config.num_layers)
        ]
        self.dropout = keras.layers.Dropout(config.dropout)
        if config.norm_first:
            self.encoder_norm = keras.layers.LayerNormalization(epsilon=1e-6)
            self.decoder_norm = keras.layers.LayerNormalization(epsilon=1e-6)
        self.build_from_inputs()

    @property
    def tied_embedding(self):
        return self.decoder_embedding if self.config.share_embeddings else None

    def call(self, inputs):
        source = self.encode(inputs["encoder_token_ids"], inputs["encoder_padding_mask"])
        return self.decode(inputs["decoder_token_ids"], source, inputs["encoder_padding_mask"])

    def encode(self, token_ids, padding_mask):
        """Reads the source: ids and padding mask [B, S] -> hidden states [B, S, D]."""
        x = self.scale(self.encoder_embedding(token_ids))  # [B, S, D]
        x = self.dropout(x + self.encoder_positions(x))
        attention_mask = padding_to_attention_mask(padding_mask)
        for block in self.encoder_blocks:
            x = block(x, attention_mask)
        return self.encoder_norm(x) if self.config.norm_first else x

    def decode(self, token_ids, source, source_padding_mask):
        """Target ids [B, T], encoded source [B, S, D] and its padding mask [B, S] -> hidden states [B, T, D]."""
        x = self.scale(self.decoder_embedding(token_ids))  # [B, T, D]
        x = self.dropout(x + self.decoder_positions(x))
        # Padding of the target stands behind its tokens: the causal mask hides it already.
        attention_mask = causal_mask(ops.shape(token_ids)[1])
        source_mask = padding_to_attention_mask(source_padding_mask)
        for block in self.decoder_blocks:
            x = block(x, attention_mask, source, source_mask)
        return self.decoder_norm(x) if self.config.norm_first else x

    def scale(self, embedded):
        """Multiplies embeddings by sqrt(D) (section 3.4), and refuses texts that are too long."""
        check_length(ops.shape(embedded)[1], self.config.max_sequence_length)
        return embedded * self.config.hidden_dim**0.5

    def start(self, inputs, max_length):
        check_length(max_length, self.config.max_sequence_length)
        padding_mask = inputs["encoder_padding_mask"]
        source = self.encode(inputs["encoder_token_ids"], padding_mask)
        batch_size = ops.shape(source)[0]
        return {
            "position": ops.zeros((batch_size,), "int32"),
            "source_padding_mask": padding_mask,
            "blocks": [block.start(batch_size, max_length, source) for block in self.decoder_blocks],
        }

    def step(self, token_ids, state):
        position, source_mask = state["position"], padding_to_attention_mask(state["source_padding_mask"])
        x = self.scale(self.decoder_embedding(token_ids[:, None]))  # [B, 1, D]
        x = x + self.decoder_positions.at(position)[:, None]
        caches = []
        for block, cache in zip(self.decoder_blocks, state["blocks"], strict=True):
            x, cache = block.step(x, cache, position, source_mask)
            caches.append(cache)
        x = self.decoder_norm(x) if self.config.norm_first else x
        return x[:, 0], {**state, "position": position + 1, "blocks": caches}


def make_positions(config):
    """The layer of positions that ``config`` asks for."""
    if config.positions == "learned":
        return LearnedPositions(config.max_sequence_length, config.hidden_dim, "glorot_uniform")
    return SinusoidalPositions(config.hidden_dim)
