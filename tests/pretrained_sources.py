"""Published weights at a small size, written as their publishers write them: names and layouts typed from theirs."""

import dataclasses
import json
import re

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.references import draw

SIZES = {"V": 40, "L": 2, "H": 2, "D": 8, "F": 32, "P": 16}
BERT_CONFIG = {
    "model_type": "bert", "architectures": ["BertForPreTraining"], "vocab_size": 40, "num_hidden_layers": 2,
    "num_attention_heads": 2, "hidden_size": 8, "intermediate_size": 32, "max_position_embeddings": 16,
    "type_vocab_size": 2, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "attention_probs_dropout_prob": 0.1,
    "initializer_range": 0.02, "layer_norm_eps": 1e-12, "pad_token_id": 0,
}  # fmt: skip
GPT2_CONFIG = {
    "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "vocab_size": 40, "n_layer": 2, "n_head": 2,
    "n_embd": 8, "n_ctx": 16, "n_positions": 16, "activation_function": "gelu_new",
    "attn_pdrop": 0.1, "embd_pdrop": 0.1,
    "resid_pdrop": 0.1, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "bos_token_id": 39,
    "eos_token_id": 39,
}  # fmt: skip
GPT1_CONFIG = {
    "model_type": "openai-gpt", "vocab_size": 40, "n_layer": 2, "n_head": 2, "n_embd": 8, "n_positions": 16,
    "afn": "gelu", "attn_pdrop": 0.1, "embd_pdrop": 0.1, "resid_pdrop": 0.1, "layer_norm_epsilon": 1e-05,
}  # fmt: skip
LETTERS = "abcdefghijklmnop"
VOCABULARY = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS]
VOCABULARY += [*(f"##{letter}" for letter in LETTERS), "cab", "##bed"]


def of_bert(prefix="bert.", norm=("weight", "bias"), heads=True, vocabulary_size=40):
    """{published name: array} of transformers' BERT."""
    shapes = {
        f"{prefix}embeddings.word_embeddings.weight": (vocabulary_size, 8),
        f"{prefix}embeddings.position_embeddings.weight": (16, 8),
        f"{prefix}embeddings.token_type_embeddings.weight": (2, 8),
        f"{prefix}embeddings.LayerNorm.{norm[0]}": (8,),
        f"{prefix}embeddings.LayerNorm.{norm[1]}": (8,),
        f"{prefix}pooler.dense.weight": (8, 8),
        f"{prefix}pooler.dense.bias": (8,),
    }
    for i in range(2):
        layer = f"{prefix}encoder.layer.{i}"
        for name, (outputs, inputs) in {
            "attention.self.query": (8, 8), "attention.self.key": (8, 8), "attention.self.value": (8, 8),
            "attention.output.dense": (8, 8), "intermediate.dense": (32, 8), "output.dense": (8, 32),
        }.items():  # fmt: skip
            shapes |= {f"{layer}.{name}.weight": (outputs, inputs), f"{layer}.{name}.bias": (outputs,)}
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            shapes |= {f"{layer}.{name}.{norm[0]}": (8,), f"{layer}.{name}.{norm[1]}": (8,)}
    if heads:
        shapes |= {
            "cls.predictions.bias": (vocabulary_size,),
            "cls.predictions.transform.dense.weight": (8, 8),
            "cls.predictions.transform.dense.bias": (8,),
            f"cls.predictions.transform.LayerNorm.{norm[0]}": (8,),
            f"cls.predictions.transform.LayerNorm.{norm[1]}": (8,),
            "cls.seq_relationship.weight": (2, 8),
            "cls.seq_relationship.bias": (2,),
        }
    canonical = {name: name.removeprefix(prefix).replace("gamma", "weight").replace("beta", "bias") for name in shapes}
    return {name: draw(canonical[name], shape, 0.5) for name, shape in shapes.items()}


def of_gpt(prefix="transformer.", tokens="wte", positions="wpe", final=True):
    """{published name: array} of transformers' GPT-2; with other names of the embeddings, GPT-1."""
    shapes = {f"{prefix}{tokens}.weight": (40, 8), f"{prefix}{positions}.weight": (16, 8)}
    for i in range(2):
        for name, shape in {
            "ln_1.weight": (8,), "ln_1.bias": (8,), "ln_2.weight": (8,), "ln_2.bias": (8,),
            "attn.c_attn.weight": (8, 24), "attn.c_attn.bias": (24,), "attn.c_proj.weight": (8, 8),
            "attn.c_proj.bias": (8,), "mlp.c_fc.weight": (8, 32), "mlp.c_fc.bias": (32,),
            "mlp.c_proj.weight": (32, 8), "mlp.c_proj.bias": (8,),
        }.items():  # fmt: skip
            shapes[f"{prefix}h.{i}.{name}"] = shape
    if final:
        shapes |= {f"{prefix}ln_f.weight": (8,), f"{prefix}ln_f.bias": (8,)}
    return {name: draw(name.removeprefix(prefix), shape, 0.5) for name, shape in shapes.items()}


def of_google():
    """{published name: array} of Google's BERT: the numbers of :func:`of_bert`, which was converted from it."""
    arrays = {}
    for name, array in of_bert(prefix="").items():
        name = name.replace(".weight", "/kernel").replace(".bias", "/bias").replace("embeddings/kernel", "embeddings")
        name = name.replace("LayerNorm/kernel", "LayerNorm/gamma").replace("LayerNorm/bias", "LayerNorm/beta")
        name = name.replace("layer.", "layer_").replace(".", "/")
        name = name if name.startswith("cls/") else f"bert/{name}"
        name = name.replace("predictions/bias", "predictions/output_bias")
        name = name.replace("relationship/kernel", "relationship/output_weights")
        name = name.replace("relationship/bias", "relationship/output_bias")
        arrays[name] = array.T if name.endswith("/kernel") else array
    return arrays


def write_huggingface(folder, config, arrays, shards=1, vocabulary=VOCABULARY):
    """A folder of the Hugging Face hub."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    names = sorted(arrays)
    if shards == 1:
        save_file(arrays, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        places = {name: f"model-{i % shards + 1:05}-of-{shards:05}.safetensors" for i, name in enumerate(names)}
        for place in set(places.values()):
            part = {name: arrays[name] for name in names if places[name] == place}
            save_file(part, folder / place, metadata={"format": "pt"})
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    if config["model_type"] == "bert" and vocabulary:
        (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
        (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": True}))
    return folder


def write_google(folder, config, arrays, vocabulary=VOCABULARY):
    """A folder as the BERT repository publishes it."""
    import tensorflow as tf

    folder.mkdir(parents=True)
    of_huggingface = ("model_type", "architectures", "pad_token_id", "layer_norm_eps")
    fields = {name: value for name, value in config.items() if name not in of_huggingface}
    (folder / "bert_config.json").write_text(json.dumps(fields))
    (folder / "vocab.txt").write_text("\n".join(vocabulary) + "\n")
    names = sorted(arrays)
    tf.raw_ops.SaveV2(
        prefix=str(folder / "bert_model.ckpt"),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(arrays[name]) for name in names],
    )
    return folder


def gpt2_vocabulary():
    """A small vocabulary with all 256 bytes in GPT-2's spelling, and its merges."""
    from tokenizers.pre_tokenizers import ByteLevel

    letters = sorted(ByteLevel.alphabet())
    merges = ["t h", "th e", "Ġ the"]
    return {token: i for i, token in enumerate([*letters, "th", "the", "Ġthe", "<|endoftext|>"])}, merges


def untrained_run(model, task, folder, **changes):
    """A run of the zoo as a training leaves one, but untrained; ``changes``: settings that differ from the preset's."""
    from zoo.registry import KINDS
    from zoo.runs import Run, build_model, model_settings, parse_model
    from zoo.tasks import find

    (family, _, config), task = parse_model(model), find(task)
    kind = KINDS.get(task.kind).fit(task, family.kind, task.examples("train")[:100])
    settings = dataclasses.asdict(model_settings(config, kind, changes))
    facts = {"model": family.registered_name, "settings": settings, "kind": task.kind, "task": task.name, "data": None}
    run = Run(folder, facts, build_model(family.registered_name, settings, kind), kind, task)
    for weight in run.model.weights:
        if weight.dtype == "float32":
            weight.assign(draw(weight.path, weight.shape))
    run.save()
    return run


def inputs():
    """Token ids, segments and padding mask [3, 7] of three texts of unequal length, int32 and bool."""
    generator = np.random.default_rng(5)
    mask = np.arange(7) < np.array([7, 4, 2])[:, None]
    token_ids = generator.integers(6, 40, mask.shape).astype("int32")
    segment_ids = (np.arange(7) > np.array([3, 1, 0])[:, None]).astype("int32")
    return {"token_ids": token_ids, "segment_ids": segment_ids, "padding_mask": mask}


def refused(*parts):
    """Expects an error whose message has all ``parts`` in this order."""
    from zoo.pretrained import PretrainedError

    return pytest.raises(PretrainedError, match=".*".join(re.escape(str(part)) for part in parts))
