"""Training the Transformer of 3 + 3 layers on sentence pairs; the peers are PyTorch's and keras-hub's own layers."""

import math

import numpy as np

from benchmarks.pairs import BATCH, SOURCE_VOCABULARY, TARGET_VOCABULARY, columns
from benchmarks.race import Race
from benchmarks.training import batches, keras_turn, torch_turn, zoo_turn

LAYERS, HEADS, HIDDEN, INTERMEDIATE, LONGEST, DROPOUT = 3, 8, 256, 512, 100, 0.1
STEPS = 4


def zoo():
    def model():
        from zoo.layers.heads import LanguageModelHead
        from zoo.models.transformer import PRESETS, Transformer
        from zoo.task_model import TaskModel

        return TaskModel(Transformer(PRESETS["multi30k"]), LanguageModelHead(TARGET_VOCABULARY))

    return zoo_turn(model, columns(), BATCH, STEPS)


def pytorch():
    import torch
    from torch import nn
    from torch.nn import functional as F

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.source, self.target = (nn.Embedding(n, HIDDEN) for n in (SOURCE_VOCABULARY, TARGET_VOCABULARY))
            self.source_places, self.target_places = nn.Embedding(LONGEST, HIDDEN), nn.Embedding(LONGEST, HIDDEN)
            self.transformer = nn.Transformer(
                HIDDEN, HEADS, LAYERS, LAYERS, INTERMEDIATE, DROPOUT, batch_first=True
            )
            self.dropout = nn.Dropout(DROPOUT)
            self.output = nn.Linear(HIDDEN, TARGET_VOCABULARY)
            for parameter in self.parameters():
                if parameter.ndim > 1:
                    nn.init.xavier_uniform_(parameter)

        def forward(self, source_ids, is_padding, target_ids):
            def embed(ids, words, places):
                return self.dropout(words(ids) * math.sqrt(HIDDEN) + places.weight[: ids.shape[1]])

            source = embed(source_ids, self.source, self.source_places)
            target = embed(target_ids, self.target, self.target_places)
            hidden = self.transformer(
                source, target,
                tgt_mask=nn.Transformer.generate_square_subsequent_mask(target.shape[1], dtype=torch.bool),
                src_key_padding_mask=is_padding, memory_key_padding_mask=is_padding, tgt_is_causal=True,
            )  # fmt: skip
            return self.output(hidden)

    def loss_of(model, source_ids, is_padding, target_ids, labels):
        logits = model(source_ids, is_padding, target_ids)
        return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-1)

    def stream():
        for inputs, labels, weights in batches(columns(), BATCH):
            source_ids, target_ids = (inputs[f"{side}_token_ids"].astype(np.int64) for side in ("encoder", "decoder"))
            labels = np.where(weights > 0, labels, -1).astype(np.int64)
            yield (source_ids, ~inputs["encoder_padding_mask"], target_ids, labels), weights.sum()

    torch.manual_seed(0)
    return torch_turn(Model(), loss_of, stream(), STEPS)


def keras_hub():
    import keras
    from keras_hub import layers

    keras.utils.set_random_seed(0)
    names = {"encoder_token_ids": "int32", "encoder_padding_mask": "bool", "decoder_token_ids": "int32",
             "decoder_padding_mask": "bool"}  # fmt: skip
    inputs = {name: keras.Input((None,), dtype=dtype, name=name) for name, dtype in names.items()}

    def embed(side, vocabulary):
        x = layers.TokenAndPositionEmbedding(vocabulary, LONGEST, HIDDEN)(inputs[f"{side}_token_ids"])
        return keras.layers.Dropout(DROPOUT)(x)

    source = embed("encoder", SOURCE_VOCABULARY)
    source_mask = inputs["encoder_padding_mask"]
    for _ in range(LAYERS):
        source = layers.TransformerEncoder(INTERMEDIATE, HEADS, DROPOUT)(source, padding_mask=source_mask)
    target = embed("decoder", TARGET_VOCABULARY)
    for _ in range(LAYERS):
        block = layers.TransformerDecoder(INTERMEDIATE, HEADS, DROPOUT)
        target = block(target, source, encoder_padding_mask=source_mask)
    model = keras.Model(inputs, keras.layers.Dense(TARGET_VOCABULARY)(target))
    return keras_turn(model, batches(columns(), BATCH), STEPS)


RACES = {
    "transformer": Race(
        title=f"train Transformer, {LAYERS} + {LAYERS} layers, d {HIDDEN}, batch {BATCH}, pairs of Multi30k's lengths",
        unit="target tokens",
        contestants={"zoo": zoo, "PyTorch": pytorch, "keras-hub": keras_hub},
        goals={"PyTorch": 1.5, "keras-hub": 1.5},
    )
}
