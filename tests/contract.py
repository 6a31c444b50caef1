"""What the tests of the families' contract share: every family at tiny size, and a batch for it."""

import dataclasses
import functools

import keras
import numpy as np
from keras import ops

from zoo.layers.heads import LanguageModelHead, TokenClassificationHead
from zoo.registry import MODELS
from zoo.runs import create
from zoo.task_model import TaskModel

FAMILIES = MODELS.names()
GENERATORS = [name for name in FAMILIES if MODELS.get(name).kind != "encoder"]
# Every preset whose name begins with "tiny": the variants of a family that differ in more than size.
TINY = [f"{name}:{preset}" for name in FAMILIES for preset in MODELS.get(name).presets if preset.startswith("tiny")]
TINY_GENERATORS = [name for name in TINY if name.partition(":")[0] in GENERATORS]
V, B, T = 23, 3, 7
LENGTHS, SOURCE_LENGTHS = np.array([7, 4, 2]), np.array([2, 5, 3])


def tiny(name, **changes):
    """A small backbone with a vocabulary of V and no dropout."""
    family, _, preset = name.partition(":")
    fields = {field.name for field in dataclasses.fields(MODELS.get(family).Config)}
    sizes = {field: V for field in fields if field.endswith("vocabulary_size")}
    extra = {"dropout": 0.0} if "dropout" in fields else {}
    return create(family, preset or None, **{**sizes, **extra, **changes})


def with_head(backbone):
    if backbone.kind == "encoder":
        return TaskModel(backbone, TokenClassificationHead(V))
    return TaskModel(backbone, LanguageModelHead(V, tied_to=backbone.tied_embedding))


def batch(backbone, seed=0, lengths=LENGTHS, source_lengths=SOURCE_LENGTHS):
    """Random ids with unequal lengths, a source's others than its target's; behind the real tokens they are random."""
    random = np.random.default_rng(seed)
    inputs = {}
    for name in backbone.input_names:
        real = source_lengths if name.startswith("encoder") else lengths
        places = np.arange(max(real))
        if name.endswith("mask"):
            inputs[name] = places < np.array(real)[:, None]
        elif name == "segment_ids":
            inputs[name] = np.tile(places >= 2, (len(real), 1)).astype("int32")
        else:
            inputs[name] = random.integers(5, V, (len(real), len(places))).astype("int32")
    return inputs


def mask_of(inputs, name):
    """The mask that says which of an input's places are real."""
    return inputs[name.replace("token_ids", "padding_mask").replace("segment_ids", "padding_mask")]


def ids_name(backbone):
    """The ids that the hidden states belong to."""
    return "decoder_token_ids" if backbone.kind == "encoder_decoder" else "token_ids"


def outputs(model, inputs):
    return ops.convert_to_numpy(model(inputs, training=False))


@functools.cache
def shared(name):
    """One model for all tests that only look at it: building takes longer than most tests."""
    keras.utils.set_random_seed(1)
    return with_head(tiny(name))
