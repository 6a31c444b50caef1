"""Generating with GPT-2 small: 64 tokens after a prompt of 16, greedy and with 4 beams.

All contestants read the same random weights from one folder in the layout of Hugging Face, each is run as its
documentation says, and all have to write the same texts, which a checksum shows. No text ends early. "memory bandwidth"
only reads as many bytes as the weights have, once for each token that a text grows by: nobody can be much faster.
"""

import functools
import json
import os
import tempfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.race import Race

PROMPT, NEW = 16, 64
VOCABULARY, LAYERS, HEADS, DIM, POSITIONS = 50_257, 12, 12, 768, 1024
NO_END = -1  # no token has this id
FOLDER = Path(tempfile.gettempdir()) / "zoo-benchmarks" / "gpt2-small"


def weights():
    """The folder of a GPT-2 small with random weights."""
    if FOLDER.exists():
        return FOLDER
    from safetensors.numpy import save_file

    random = np.random.default_rng(0)

    def normal(*shape):
        return random.normal(scale=0.1, size=shape).astype(np.float32)

    arrays = {"wte.weight": normal(VOCABULARY, DIM), "wpe.weight": normal(POSITIONS, DIM)}
    norms = ["ln_f"]
    for i in range(LAYERS):
        norms += [f"h.{i}.ln_1", f"h.{i}.ln_2"]
        matrices = {"attn.c_attn": (DIM, 3 * DIM), "attn.c_proj": (DIM, DIM)}
        matrices |= {"mlp.c_fc": (DIM, 4 * DIM), "mlp.c_proj": (4 * DIM, DIM)}
        for name, shape in matrices.items():
            arrays |= {f"h.{i}.{name}.weight": normal(*shape), f"h.{i}.{name}.bias": normal(shape[1])}
    for name in norms:
        arrays |= {f"{name}.weight": 1 + normal(DIM), f"{name}.bias": normal(DIM)}
    config = {
        "architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": VOCABULARY, "n_layer": LAYERS,
        "n_head": HEADS, "n_embd": DIM, "n_positions": POSITIONS, "activation_function": "gelu_new",
        "bos_token_id": 50_256, "eos_token_id": 50_256, "layer_norm_epsilon": 1e-5, "dtype": "float32",
        "resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0,
    }  # fmt: skip
    FOLDER.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent) as partial:
        made = Path(partial) / "made"
        made.mkdir()
        save_file({f"transformer.{name}": array for name, array in arrays.items()}, made / "model.safetensors",
                  metadata={"format": "pt"})  # fmt: skip
        (made / "config.json").write_text(json.dumps(config))
        made.rename(FOLDER)
    return FOLDER


def prompts(batch):
    return np.random.default_rng(1).integers(0, VOCABULARY - 1, (batch, PROMPT)).astype(np.int32)


def counted(write, batch):
    """A ``turn`` of ``write() -> token ids [B, 80]``."""

    def turn():
        token_ids = np.asarray(write()).astype(np.int32)
        if token_ids.shape != (batch, PROMPT + NEW):
            raise ValueError(f"ids of shape {token_ids.shape} were written, not {(batch, PROMPT + NEW)}.")
        return {"work": batch * NEW, "answer": f"{zlib.crc32(token_ids.tobytes()):08x}"}

    return turn


def zoo(batch, beams):
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import tensorflow as tf

    import zoo
    from zoo.decoding import Beam, Greedy, generate
    from zoo.layers.heads import LanguageModelHead
    from zoo.memory import keep_freed_memory
    from zoo.task_model import TaskModel

    keep_freed_memory()
    backbone = zoo.create("gpt", weights=weights())
    model = TaskModel(backbone, LanguageModelHead(VOCABULARY, tied_to=backbone.tied_embedding))
    sampler = Beam(beams) if beams > 1 else Greedy()

    @tf.function(autograph=False, jit_compile=True)
    def write(token_ids):
        lengths = tf.fill(tf.shape(token_ids)[:1], PROMPT)
        return generate(model, {"token_ids": token_ids}, token_ids, lengths, PROMPT + NEW, NO_END, sampler)[0]

    return counted(functools.partial(write, tf.constant(prompts(batch))), batch)


def transformers(batch, beams):
    import torch
    from transformers import GenerationConfig, GPT2LMHeadModel

    torch.set_num_threads(os.cpu_count())
    model = GPT2LMHeadModel.from_pretrained(weights()).eval()
    token_ids = torch.from_numpy(prompts(batch)).long()
    config = GenerationConfig(
        max_new_tokens=NEW, do_sample=False, num_beams=beams, eos_token_id=None, pad_token_id=0, use_cache=True
    )

    def write():
        with torch.inference_mode():
            return model.generate(token_ids, attention_mask=torch.ones_like(token_ids), generation_config=config)

    return counted(write, batch)


def keras_hub(batch, beams):
    import keras_hub
    import tensorflow as tf

    backbone = keras_hub.models.GPT2Backbone.from_preset(str(weights()))
    model = keras_hub.models.GPT2CausalLM(backbone, preprocessor=None)
    model.compile(sampler=keras_hub.samplers.BeamSampler(beams) if beams > 1 else "greedy")
    token_ids = np.zeros((batch, PROMPT + NEW), np.int32)
    token_ids[:, :PROMPT] = prompts(batch)
    inputs = {"token_ids": tf.constant(token_ids), "padding_mask": tf.constant(np.arange(PROMPT + NEW) < PROMPT)}
    inputs["padding_mask"] = tf.broadcast_to(inputs["padding_mask"], token_ids.shape)
    return counted(lambda: model.generate(inputs, stop_token_ids=None)["token_ids"], batch)


def ctranslate2(batch, beams):
    import ctranslate2
    from ctranslate2.converters.transformers import GPT2Loader

    converted = FOLDER.with_name("ctranslate2")
    if not converted.exists():
        from transformers import GPT2LMHeadModel

        loader = GPT2Loader()
        model = GPT2LMHeadModel.from_pretrained(weights())
        spec = loader.get_model_spec(model)
        loader.set_vocabulary(spec, [str(i) for i in range(VOCABULARY)])
        spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = str(VOCABULARY - 1)
        spec.validate()
        spec.optimize()
        converted.mkdir()
        spec.save(str(converted))
    generator = ctranslate2.Generator(str(converted), device="cpu", compute_type="float32",
                                      inter_threads=1, intra_threads=os.cpu_count())  # fmt: skip
    texts = [[str(i) for i in row] for row in prompts(batch)]

    def write():
        results = generator.generate_batch(texts, max_length=NEW, min_length=NEW, beam_size=beams,
                                           include_prompt_in_result=False)  # fmt: skip
        return np.concatenate([prompts(batch), [result.sequences_ids[0] for result in results]], axis=1)

    return counted(write, batch)


def memory_bandwidth(batch, beams):
    size = (weights() / "model.safetensors").stat().st_size
    parts = np.array_split(np.ones(size // 4, np.float32), os.cpu_count())
    threads = ThreadPoolExecutor(len(parts))

    def turn():
        for _ in range(NEW):
            list(threads.map(np.max, parts))
        return {"work": batch * NEW}

    return turn


def race(batch, beams):
    work = {"batch": batch, "beams": beams}
    return Race(
        title=f"generate, GPT-2 small, {NEW} tokens after {PROMPT}, batch {batch}, "
        + ("greedy" if beams == 1 else f"{beams} beams"),
        unit="tokens",
        contestants={
            "zoo": functools.partial(zoo, **work),
            "transformers": functools.partial(transformers, **work),
            "keras-hub": functools.partial(keras_hub, **work),
            "CTranslate2": functools.partial(ctranslate2, **work),
            "memory bandwidth": functools.partial(memory_bandwidth, **work),
        },
        goals={"transformers": 1.5, "keras-hub": 1.5, "CTranslate2": 0.8},
    )


RACES = {
    "generate-1": race(1, 1),
    "generate-8": race(8, 1),
    "generate-beam-1": race(1, 4),
    "generate-beam-8": race(8, 4),
}
