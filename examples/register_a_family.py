"""A family of your own in the registry: it then trains, compares and exports like those of the zoo.

Run it: python examples/register_a_family.py

The family is a decoder whose state is a running average of all embeddings so
far: order is lost except for the last token. Worse than an RNN, and a good
question for students: why, and on which sentences?
"""

# %%
import tempfile
from dataclasses import dataclass

import keras
from keras import ops

import zoo
from zoo.base import Decoder
from zoo.layers import TokenEmbedding


@dataclass(frozen=True)
class RunningAverageConfig:
    vocabulary_size: int = 1000
    hidden_dim: int = 64
    dropout: float = 0.0


# %% The same decorator registers the zoo's own families.
@zoo.register_model("running_average")
class RunningAverage(Decoder):
    """Hidden state t: a dense layer over [embedding of token t; average of the embeddings 0..t]."""

    paper = "none: an example of keras-nlp-zoo 0.1"
    Config = RunningAverageConfig
    presets = {"tiny": RunningAverageConfig()}
    recipe = {"learning_rate": 3e-3}

    def __init__(self, config):
        super().__init__(config)
        self.embedding = TokenEmbedding(config.vocabulary_size, config.hidden_dim)
        self.dense = keras.layers.Dense(config.hidden_dim, activation="tanh")
        self.build_from_inputs()

    def call(self, inputs):
        x = self.embedding(inputs["token_ids"])  # [B, T, D]
        count = ops.cumsum(ops.ones_like(x[:, :, :1]), axis=1)  # 1, 2, ..., T
        return self.dense(ops.concatenate([x, ops.cumsum(x, axis=1) / count], axis=-1))

    def start(self, inputs, max_length):
        batch_size = ops.shape(inputs["token_ids"])[0]
        return {"sum": ops.zeros((batch_size, self.config.hidden_dim)), "count": ops.zeros((batch_size, 1))}

    def step(self, token_ids, state):
        x = self.embedding(token_ids)  # [B, D]
        state = {"sum": state["sum"] + x, "count": state["count"] + 1.0}
        return self.dense(ops.concatenate([x, state["sum"] / state["count"]], axis=-1)), state


# %% From here on it is a family like any other.
with tempfile.TemporaryDirectory() as folder:
    run = zoo.train("running_average", "tiny-stories", steps=150, out=f"{folder}/run", progress=False)
    figures = zoo.evaluate(run)
    print(f"perplexity on the test stories: {figures['perplexity']:.2f}")
    prompt = "Minsu went to the"
    print(prompt + zoo.predict(run, [prompt], max_tokens=8, stop=["\n"])[0]["continuation"])
    print(f"exported as version {zoo.export(run, f'{folder}/export').name}")
    assert figures["perplexity"] < 60, "it should learn something"
