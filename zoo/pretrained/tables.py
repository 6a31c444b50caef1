"""Which weight of others is which of ours: a table for each family and layout, see :mod:`zoo.pretrained.mapping`.

A row: their layer, our layer(s), how its weights are named and lie there, the shape of its kernel or
vector (V vocabulary, P positions, G segments, D hidden_dim, F intermediate_dim, C classes).
Parts of heads have the names of the zoo's heads: ``pooler`` and ``classifier`` are attributes of
:class:`zoo.layers.heads.ClassificationHead`, ``masked_lm`` is a
:class:`zoo.layers.heads.MaskedLanguageModelHead`, ``next_sentence`` and ``span`` are dense layers.
"""

import numpy as np

from zoo.pretrained.mapping import INPUT_HEADS, OUTPUT_HEADS, SAME, TRANSPOSED, Table

# -- how the layers of PyTorch, TensorFlow and keras-hub store their weights -------------------------------------

LINEAR = ((".weight", "kernel", TRANSPOSED), (".bias", "bias", SAME))  # torch.nn.Linear: [outputs, inputs]
CONV1D = ((".weight", "kernel", SAME), (".bias", "bias", SAME))  # transformers' Conv1D: [inputs, outputs]
NORM = ((".weight", "gamma", SAME), (".bias", "beta", SAME))
EMBEDDING = ((".weight", "embeddings", SAME),)
BIAS = ((".bias", "bias", SAME),)

TF_DENSE = (("/kernel", "kernel", SAME), ("/bias", "bias", SAME))
TF_NORM = (("/gamma", "gamma", SAME), ("/beta", "beta", SAME))
TF_TABLE = (("", "embeddings", SAME),)

HUB_DENSE = (("/vars/0", "kernel", SAME), ("/vars/1", "bias", SAME))
HUB_TO_HEADS = (("/vars/0", "kernel", OUTPUT_HEADS), ("/vars/1", "bias", OUTPUT_HEADS))
HUB_FROM_HEADS = (("/vars/0", "kernel", INPUT_HEADS), ("/vars/1", "bias", SAME))
HUB_NORM = (("/vars/0", "gamma", SAME), ("/vars/1", "beta", SAME))
HUB_EMBEDDING = (("/vars/0", "embeddings", SAME),)


# -- arrays that say nothing new ---------------------------------------------------------------------------------


def same_as(name):
    return lambda array, arrays: name in arrays and np.array_equal(array, arrays[name])


def counts(array, arrays):
    """0, 1, 2, ...: the numbers of the positions."""
    return np.array_equal(array.ravel(), np.arange(array.size))


def causal(array, arrays):
    """1 on and below the diagonal: the mask that hides the future."""
    return np.array_equal(array.astype("float32").reshape(array.shape[-2:]), np.tri(*array.shape[-2:]))


def very_negative(array, arrays):
    """What is written over a hidden score."""
    return bool(np.all(array.astype("float32") <= -1e4))


# -- Hugging Face ------------------------------------------------------------------------------------------------

HUGGINGFACE_BERT = Table(
    backbone=(
        ("embeddings.word_embeddings", "token_embedding", EMBEDDING, "VD"),
        ("embeddings.token_type_embeddings", "segment_embedding", EMBEDDING, "GD"),
        ("embeddings.position_embeddings", "positions", EMBEDDING, "PD"),
        ("embeddings.LayerNorm", "embedding_norm", NORM, "D"),
        ("encoder.layer.{i}.attention.self.query", "blocks.{i}.attention.query", LINEAR, "DD"),
        ("encoder.layer.{i}.attention.self.key", "blocks.{i}.attention.key", LINEAR, "DD"),
        ("encoder.layer.{i}.attention.self.value", "blocks.{i}.attention.value", LINEAR, "DD"),
        ("encoder.layer.{i}.attention.output.dense", "blocks.{i}.attention.output_projection", LINEAR, "DD"),
        ("encoder.layer.{i}.attention.output.LayerNorm", "blocks.{i}.attention_norm", NORM, "D"),
        ("encoder.layer.{i}.intermediate.dense", "blocks.{i}.feed_forward.expand", LINEAR, "DF"),
        ("encoder.layer.{i}.output.dense", "blocks.{i}.feed_forward.contract", LINEAR, "FD"),
        ("encoder.layer.{i}.output.LayerNorm", "blocks.{i}.feed_forward_norm", NORM, "D"),
    ),
    heads={
        "pooler": (("pooler.dense", "pooler", LINEAR, "DD"),),
        "masked_lm": (
            ("cls.predictions.transform.dense", "masked_lm.dense", LINEAR, "DD"),
            ("cls.predictions.transform.LayerNorm", "masked_lm.norm", NORM, "D"),
            ("cls.predictions", "masked_lm.output_head", BIAS, "V"),
        ),
        "next_sentence": (("cls.seq_relationship", "next_sentence", LINEAR, "D2"),),
        "classifier": (("classifier", "classifier", LINEAR, "DC"),),
        "span": (("qa_outputs", "span", LINEAR, "D2"),),
    },
    repeated={
        "embeddings.position_ids": counts,
        "cls.predictions.decoder.weight": same_as("embeddings.word_embeddings.weight"),
        "cls.predictions.decoder.bias": same_as("cls.predictions.bias"),
    },
)


def _huggingface_gpt(tokens, positions, last=()):
    """GPT-1 and GPT-2 have the same blocks; query, key and value are one matrix [D, 3 D]."""
    attention = "blocks.{i}.self_attention"
    return Table(
        backbone=(
            (tokens, "embedding", EMBEDDING, "VD"),
            (positions, "positions", EMBEDDING, "PD"),
            ("h.{i}.attn.c_attn", tuple(f"{attention}.{part}" for part in ("query", "key", "value")), CONV1D, "DD"),
            ("h.{i}.attn.c_proj", f"{attention}.output_projection", CONV1D, "DD"),
            ("h.{i}.ln_1", "blocks.{i}.self_attention_norm", NORM, "D"),
            ("h.{i}.mlp.c_fc", "blocks.{i}.feed_forward.expand", CONV1D, "DF"),
            ("h.{i}.mlp.c_proj", "blocks.{i}.feed_forward.contract", CONV1D, "FD"),
            ("h.{i}.ln_2", "blocks.{i}.feed_forward_norm", NORM, "D"),
            *last,
        ),
        heads={"classifier": (("score", "classifier", ((".weight", "kernel", TRANSPOSED),), "DC"),)},
        repeated={
            "lm_head.weight": same_as(f"{tokens}.weight"),
            "h.{i}.attn.bias": causal,
            "h.{i}.attn.masked_bias": very_negative,
        },
    )


HUGGINGFACE_GPT2 = _huggingface_gpt("wte", "wpe", last=(("ln_f", "final_norm", NORM, "D"),))
HUGGINGFACE_GPT1 = _huggingface_gpt("tokens_embed", "positions_embed")

# -- Google's checkpoints ----------------------------------------------------------------------------------------

GOOGLE_BERT = Table(
    backbone=(
        ("bert/embeddings/word_embeddings", "token_embedding", TF_TABLE, "VD"),
        ("bert/embeddings/token_type_embeddings", "segment_embedding", TF_TABLE, "GD"),
        ("bert/embeddings/position_embeddings", "positions", TF_TABLE, "PD"),
        ("bert/embeddings/LayerNorm", "embedding_norm", TF_NORM, "D"),
        ("bert/encoder/layer_{i}/attention/self/query", "blocks.{i}.attention.query", TF_DENSE, "DD"),
        ("bert/encoder/layer_{i}/attention/self/key", "blocks.{i}.attention.key", TF_DENSE, "DD"),
        ("bert/encoder/layer_{i}/attention/self/value", "blocks.{i}.attention.value", TF_DENSE, "DD"),
        ("bert/encoder/layer_{i}/attention/output/dense", "blocks.{i}.attention.output_projection", TF_DENSE, "DD"),
        ("bert/encoder/layer_{i}/attention/output/LayerNorm", "blocks.{i}.attention_norm", TF_NORM, "D"),
        ("bert/encoder/layer_{i}/intermediate/dense", "blocks.{i}.feed_forward.expand", TF_DENSE, "DF"),
        ("bert/encoder/layer_{i}/output/dense", "blocks.{i}.feed_forward.contract", TF_DENSE, "FD"),
        ("bert/encoder/layer_{i}/output/LayerNorm", "blocks.{i}.feed_forward_norm", TF_NORM, "D"),
    ),
    heads={
        "pooler": (("bert/pooler/dense", "pooler", TF_DENSE, "DD"),),
        "masked_lm": (
            ("cls/predictions/transform/dense", "masked_lm.dense", TF_DENSE, "DD"),
            ("cls/predictions/transform/LayerNorm", "masked_lm.norm", TF_NORM, "D"),
            ("cls/predictions", "masked_lm.output_head", (("/output_bias", "bias", SAME),), "V"),
        ),
        "next_sentence": (
            (
                "cls/seq_relationship",
                "next_sentence",
                (("/output_weights", "kernel", TRANSPOSED), ("/output_bias", "bias", SAME)),
                "D2",
            ),
        ),
    },
)

# -- keras-hub presets: names of the layers' classes, {_i} is "", "_1", "_2", ... ---------------------------------


def _hub_blocks(layer, attention):
    """keras-hub's encoder and decoder blocks have the same parts."""
    return (
        (f"{layer}/_self_attention_layer/query_dense", f"blocks.{{i}}.{attention}.query", HUB_TO_HEADS, "DD"),
        (f"{layer}/_self_attention_layer/key_dense", f"blocks.{{i}}.{attention}.key", HUB_TO_HEADS, "DD"),
        (f"{layer}/_self_attention_layer/value_dense", f"blocks.{{i}}.{attention}.value", HUB_TO_HEADS, "DD"),
        (
            f"{layer}/_self_attention_layer/output_dense",
            f"blocks.{{i}}.{attention}.output_projection",
            HUB_FROM_HEADS,
            "DD",
        ),
        (f"{layer}/_self_attention_layer_norm", f"blocks.{{i}}.{attention}_norm", HUB_NORM, "D"),
        (f"{layer}/_feedforward_intermediate_dense", "blocks.{i}.feed_forward.expand", HUB_DENSE, "DF"),
        (f"{layer}/_feedforward_output_dense", "blocks.{i}.feed_forward.contract", HUB_DENSE, "FD"),
        (f"{layer}/_feedforward_layer_norm", "blocks.{i}.feed_forward_norm", HUB_NORM, "D"),
    )


KERAS_HUB_BERT = Table(
    backbone=(
        ("layers/reversible_embedding", "token_embedding", HUB_EMBEDDING, "VD"),
        ("layers/embedding", "segment_embedding", HUB_EMBEDDING, "GD"),
        ("layers/position_embedding", "positions", HUB_EMBEDDING, "PD"),
        ("layers/layer_normalization", "embedding_norm", HUB_NORM, "D"),
        *_hub_blocks("layers/transformer_encoder{_i}", "attention"),
    ),
    heads={
        "pooler": (("layers/dense", "pooler", HUB_DENSE, "DD"),),
        "masked_lm": (  # of the file task.weights.h5, as the next
            ("task/layers/masked_lm_head/_intermediate_dense", "masked_lm.dense", HUB_DENSE, "DD"),
            ("task/layers/masked_lm_head/_intermediate_layer_norm", "masked_lm.norm", HUB_NORM, "D"),
            ("task/layers/masked_lm_head", "masked_lm.output_head", (("/vars/0", "bias", SAME),), "V"),
        ),
        "classifier": (("task/layers/dense", "classifier", HUB_DENSE, "DC"),),
    },
)
KERAS_HUB_GPT2 = Table(
    backbone=(
        ("layers/reversible_embedding", "embedding", HUB_EMBEDDING, "VD"),
        ("layers/position_embedding", "positions", HUB_EMBEDDING, "PD"),
        *_hub_blocks("layers/transformer_decoder{_i}", "self_attention"),
        ("layers/layer_normalization", "final_norm", HUB_NORM, "D"),
    ),
)
