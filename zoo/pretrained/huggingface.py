"""The layout of Hugging Face: config.json, model.safetensors (or shards of it), tokenizer files."""

from pathlib import Path

import numpy as np

from zoo.pretrained import tokenizer_files
from zoo.pretrained.configurations import settings_of
from zoo.pretrained.errors import PretrainedError, names
from zoo.pretrained.fields import HUGGINGFACE
from zoo.pretrained.files import check_large_file, read_json
from zoo.pretrained.mapping import read
from zoo.pretrained.tables import HUGGINGFACE_BERT, HUGGINGFACE_GPT1, HUGGINGFACE_GPT2
from zoo.pretrained.weights import Pretrained

CONFIG, WEIGHTS, INDEX = "config.json", "model.safetensors", "model.safetensors.index.json"
TABLES = {"bert": HUGGINGFACE_BERT, "gpt2": HUGGINGFACE_GPT2, "openai-gpt": HUGGINGFACE_GPT1}
PREFIXES = {"bert": "bert.", "gpt2": "transformer.", "openai-gpt": "transformer."}  # in models with a head
OLD_ENDINGS = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}  # before 2019


def recognises(files):
    return "model_type" in files.get(CONFIG, {})


def load(folder, config, dropout=None):
    """Reads a folder, see :func:`zoo.pretrained.read`."""
    kind = config["model_type"]
    if not isinstance(kind, str) or kind not in HUGGINGFACE:
        raise PretrainedError(
            f"{folder / CONFIG}: the zoo has no family for model_type {kind!r}; it reads {names(sorted(HUGGINGFACE))}."
        )
    settings = settings_of(config, HUGGINGFACE[kind], folder / CONFIG, dropout)
    labels = config.get("id2label")
    sizes = {**letters(settings), "C": len(labels) if isinstance(labels, dict) else config.get("num_labels", 2)}
    arrays, original = _canonical(_arrays(folder), PREFIXES[kind], folder)
    weights = read(TABLES[kind], sizes, arrays, folder, original)
    tokenizer, problem = tokenizer_files.attempt(tokenizer_files.read_huggingface, folder)
    return Pretrained(HUGGINGFACE[kind].family, settings, weights, tokenizer, str(folder), problem)


def letters(settings):
    """Settings of ours -> sizes under the letters of the tables."""
    return {
        "L": settings["num_layers"],
        "V": settings["vocabulary_size"],
        "P": settings["max_sequence_length"],
        "G": settings.get("num_segments", 0),
        "D": settings["hidden_dim"],
        "F": settings["intermediate_dim"],
        "H": settings["num_heads"],
        "2": 2,
    }


def _arrays(folder):
    """{name in the file: array} of all files of weights."""
    from safetensors import SafetensorError, safe_open

    shards, listed = [WEIGHTS], None
    if not (folder / WEIGHTS).is_file():
        if not (folder / INDEX).is_file():
            raise PretrainedError(f"{folder} has a {CONFIG}, but no weights: {WEIGHTS} is missing.")
        listed = read_json(folder / INDEX).get("weight_map")
        if not isinstance(listed, dict):
            raise PretrainedError(f"{folder / INDEX} has no weight_map: which file holds which weight is not known.")
        shards = sorted({str(shard) for shard in listed.values()})
    arrays = {}
    for shard in shards:
        if Path(shard).name != shard or not (folder / shard).is_file():
            raise PretrainedError(f"{folder / INDEX} names {shard!r}, which is no file of this folder.")
        check_large_file(folder / shard)
        try:
            with safe_open(folder / shard, framework="tf") as file:  # NumPy has no bfloat16
                arrays |= {name: np.asarray(file.get_tensor(name)) for name in file.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise PretrainedError(f"{folder / shard} is damaged ({error}); get it again.") from error
    absent = sorted(set(listed or ()) - set(arrays))
    if absent:
        raise PretrainedError(f"{folder / INDEX} lists weights that its files do not have: {names(absent)}.")
    return arrays


def _canonical(arrays, prefix, folder):
    """Names without prefix and in today's spelling; and which name in the file each of them stands for."""
    original = {}
    for name in arrays:
        short = name.removeprefix(prefix)
        for old, new in OLD_ENDINGS.items():
            short = short.removesuffix(old) + new if short.endswith(old) else short
        if short in original:
            raise PretrainedError(f"{folder} has the same weight twice: {original[short]} and {name}.")
        original[short] = name
    return {short: np.asarray(arrays[name]) for short, name in original.items()}, original
