"""A bag of words: each token has a vector, a text is their mean; the order of the words is lost.

The baseline below all encoders: what it can do needs no sentence structure. On tagging
and span tasks, where nothing is averaged, it knows each word by itself and no context.

Paper: Joulin et al. 2016, "Bag of Tricks for Efficient Text Classification" (arXiv:1607.01759).

Deviations: words only, no hashed n-grams; an ordinary softmax in the head. The mean is
taken by the head (``pooling``). Segments are not told apart: a pair is one bag.

Shapes: B batch, T length, D hidden_dim.
"""

from dataclasses import dataclass

import keras

from zoo.base import Encoder
from zoo.layers.checks import check_sizes
from zoo.layers.embeddings import TokenEmbedding
from zoo.registry import register_model


@dataclass(frozen=True)
class BagOfWordsConfig:
    vocabulary_size: int = 1000
    hidden_dim: int = 64
    dropout: float = 0.0

    def __post_init__(self):
        check_sizes(self)


PRESETS = {
    "tiny": BagOfWordsConfig(),
    "large": BagOfWordsConfig(30_000, 300, dropout=0.2),
}


@register_model("bag_of_words")
class BagOfWords(Encoder):
    """An embedding for each token, and nothing else."""

    paper = "Joulin et al. 2016, Bag of Tricks for Efficient Text Classification, arXiv:1607.01759"
    Config = BagOfWordsConfig
    presets = PRESETS
    recipe = {"learning_rate": 1e-2, "schedule": "linear"}
    pooling = "mean"

    def __init__(self, config):
        super().__init__(config)
        self.embedding = TokenEmbedding(config.vocabulary_size, config.hidden_dim)
        self.dropout = keras.layers.Dropout(config.dropout)
        self.build_from_inputs()

    def call(self, inputs):
        return self.dropout(self.embedding(inputs["token_ids"]))  # [B, T, D]
