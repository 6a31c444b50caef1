"""Training GPT: characters of the tiny world's stories, in windows; nanoGPT's sizes.

The peer in PyTorch is the same decoder of PyTorch's modules (pre-norm, GELU by tanh, one matrix for embedding and
output, fused attention), as one would write it today; that of keras-hub is its GPT2Backbone with the reverse embedding.
"""

import functools

import numpy as np

from benchmarks.race import Race
from benchmarks.training import batches, keras_turn, torch_turn, zoo_turn

VOCABULARY = 128  # characters
SIZES = {  # layers, heads, hidden_dim, length, batch, steps a turn
    "small": (4, 4, 128, 64, 12, 200),
    "large": (6, 6, 384, 256, 8, 12),
}
LEARNING_RATES = {"small": 1e-3, "large": 3e-4}  # without a warm-up, the large ones jump about at 1e-3
BFLOAT16 = "mixed_bfloat16"


@functools.cache
def characters():
    """A text as ids int32 [N], the same for all: the stories' characters."""
    from zoo.tasks import find

    text = "\n".join(example["text"] for example in find("tiny-stories").examples("train")[:4000])
    return np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int32)


def columns(length):
    """The text in windows, each with the characters that follow it."""
    from zoo.batching import Columns

    ids = characters()
    starts = range(0, len(ids) - length - 1, length)
    inputs, labels = ([ids[s + shift : s + shift + length] for s in starts] for shift in (0, 1))
    return Columns({"token_ids": inputs}, labels, [np.ones(length, np.float32)] * len(labels))


def zoo(size, **options):
    layers, heads, dim, length, batch, steps = SIZES[size]

    def model():
        from zoo.layers.heads import LanguageModelHead
        from zoo.models.gpt import GPT, GPTConfig
        from zoo.task_model import TaskModel

        backbone = GPT(GPTConfig(VOCABULARY, layers, heads, dim, 4 * dim, dropout=0.0, max_sequence_length=length))
        return TaskModel(backbone, LanguageModelHead(VOCABULARY, tied_to=backbone.tied_embedding))

    return zoo_turn(model, columns(length), batch, steps, learning_rate=LEARNING_RATES[size], **options)


def pytorch(size, **options):
    layers, heads, dim, length, batch, steps = SIZES[size]
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention_norm, self.feed_forward_norm = nn.LayerNorm(dim), nn.LayerNorm(dim)
            self.query_key_value, self.output = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
            self.expand, self.contract = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

        def forward(self, x):
            query, key, value = self.query_key_value(self.attention_norm(x)).chunk(3, dim=-1)
            query, key, value = (y.unflatten(-1, (heads, -1)).transpose(1, 2) for y in (query, key, value))
            attended = F.scaled_dot_product_attention(query, key, value, is_causal=True)
            x = x + self.output(attended.transpose(1, 2).flatten(2))
            return x + self.contract(F.gelu(self.expand(self.feed_forward_norm(x)), approximate="tanh"))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(VOCABULARY, dim), nn.Embedding(length, dim)
            self.blocks = nn.Sequential(*[Block() for _ in range(layers)])
            self.norm = nn.LayerNorm(dim)
            for name, parameter in self.named_parameters():
                if parameter.ndim == 2:
                    wide = (2 * layers) ** -0.5 if name.endswith(("output.weight", "contract.weight")) else 1.0
                    nn.init.normal_(parameter, std=0.02 * wide)

        def forward(self, token_ids):
            x = self.tokens(token_ids) + self.positions.weight
            return F.linear(self.norm(self.blocks(x)), self.tokens.weight)

    def loss_of(model, token_ids, labels):
        return F.cross_entropy(model(token_ids).flatten(0, 1), labels.flatten())

    torch.manual_seed(0)
    stream = (((inputs["token_ids"].astype(np.int64), labels.astype(np.int64)), labels.size)
              for inputs, labels, _ in batches(columns(length), batch))  # fmt: skip
    return torch_turn(Model(), loss_of, stream, steps, learning_rate=LEARNING_RATES[size], **options)


def keras_hub(size, precision="float32"):
    layers, heads, dim, length, batch, steps = SIZES[size]
    import keras
    from keras_hub.models import GPT2Backbone

    keras.config.set_dtype_policy(precision)
    keras.utils.set_random_seed(0)
    backbone = GPT2Backbone(VOCABULARY, layers, heads, dim, 4 * dim, dropout=0.0, max_sequence_length=length)
    logits = backbone.token_embedding(backbone.output, reverse=True)
    model = keras.Model(backbone.input, logits)
    return keras_turn(model, batches(columns(length), batch), steps, LEARNING_RATES[size])


def race(size, goals, in_words="", **contestants):
    layers, _, dim, length, batch, _ = SIZES[size]
    return Race(
        title=f"train GPT, {layers} layers, d {dim}, context {length}, batch {batch}{in_words}",
        unit="tokens",
        contestants=contestants,
        goals=goals,
    )


def in_float32(size):
    of_size = {name: functools.partial(each, size) for name, each in (("zoo", zoo), ("PyTorch", pytorch))}
    compiled = functools.partial(pytorch, size, compiled=True)
    return of_size | {"PyTorch compiled": compiled, "keras-hub": functools.partial(keras_hub, size)}


def in_bfloat16(size):
    """The zoo in bfloat16 beside peers in the same precision, and beside PyTorch in float32."""
    lower = {"zoo": zoo, "PyTorch bfloat16": pytorch, "keras-hub bfloat16": keras_hub}
    contestants = {name: functools.partial(each, size, precision=BFLOAT16) for name, each in lower.items()}
    return contestants | {"PyTorch float32": functools.partial(pytorch, size)}


def ways_to_compile(size):
    """The zoo beside itself: what ``--compile auto`` decides by."""
    ways = {"zoo": "auto", "compile on": "on", "compile off": "off"}
    return {name: functools.partial(zoo, size, compile=way) for name, way in ways.items()}


# "auto" is one of the two ways; beside itself it is measured as fast within some percent.
AS_FAST = {"compile on": 0.95, "compile off": 0.95}
RACES = {
    "gpt-small": race("small", {"PyTorch": 2.0, "PyTorch compiled": 1.5, "keras-hub": 2.0}, **in_float32("small")),
    "gpt-large": race("large", {"keras-hub": 1.5}, **in_float32("large")),
    "gpt-large-bfloat16": race(
        "large", {"PyTorch float32": 2.0, "keras-hub bfloat16": 1.5}, ", the zoo in bfloat16", **in_bfloat16("large")
    ),
    "compile-small": race("small", AS_FAST, ", --compile auto", **ways_to_compile("small")),
    "compile-large": race("large", AS_FAST, ", --compile auto", **ways_to_compile("large")),
}
