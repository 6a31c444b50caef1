"""Runs that say nonsense: small models whose weights are drawn, large enough for one token to follow from another."""

import dataclasses

import keras
import numpy as np

from zoo.kinds.language_modelling import LanguageModelling
from zoo.registry import MODELS
from zoo.runs import Run, build_model, model_settings


def run_of(kind, family):
    """A run of a kind of task with the tiny preset of a family, made smaller."""
    keras.utils.set_random_seed(0)
    preset = MODELS.get(family).presets["tiny"]
    changes = {"hidden_dim": 16, **({"num_layers": 1} if hasattr(preset, "num_layers") else {})}
    config = model_settings(preset, kind, changes)
    model = build_model(family, dataclasses.asdict(config), kind)
    for number, weight in enumerate(model.weights):
        weight.assign(np.random.default_rng(number).normal(0, 0.3, weight.shape))
    return Run(None, {"kind": kind.registered_name, "model": family}, model, kind, None)


def language_model(tokenizer, family="ngram", boundaries=True, size=24):
    """A run that goes on from texts, in windows of ``size`` tokens."""
    facts = {"max_length": size, "document_boundaries": boundaries}
    return run_of(LanguageModelling("decoder", {"tokenizer": tokenizer}, facts), family)
