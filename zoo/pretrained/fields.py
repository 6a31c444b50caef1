"""What the fields of published configurations mean: a table for each kind, see :mod:`zoo.pretrained.configurations`.

Every field of a published ``config.json`` is in one of these lists: it is a setting of ours, or it
must have the one value that our family has, or it changes nothing that the model computes.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Fields:
    """What the fields of one kind of configuration mean.

    Args:
        family: name of our family.
        settings: their field -> our setting.
        choices: their field -> our setting, and what each of their values is there; of several that mean the same
            the first is written.
        dropouts: their fields which must be one rate, our ``dropout``; the first is the one that counts.
        fixed: their field -> the values it may have; the first is what is written, and what an absent field means.
        harmless: fields that change nothing that the model computes.
        constants: settings of ours that follow from the kind of configuration.
        defaults: value of a field that may be absent.
    """

    family: str
    settings: dict
    dropouts: tuple
    fixed: dict
    choices: dict = dataclasses.field(default_factory=dict)
    harmless: tuple = ()
    constants: dict = dataclasses.field(default_factory=dict)
    defaults: dict = dataclasses.field(default_factory=dict)

    def possible(self, name):
        """The values that a field may have, a tuple; None if it is in no such list."""
        return tuple(self.choices[name][1]) if name in self.choices else self.fixed.get(name)


# Of training, of generation, of the file itself: nothing that the hidden states depend on.
_HARMLESS = (
    "_name_or_path", "architectures", "bos_token_id", "chunk_size_feed_forward", "classifier_dropout", "dtype",
    "eos_token_id", "finetuning_task", "gradient_checkpointing", "id2label", "is_decoder",
    "is_encoder_decoder", "keys_to_ignore_at_inference", "label2id", "language", "model_type", "name", "num_labels",
    "output_attentions", "output_hidden_states", "output_past", "pad_token_id", "problem_type", "return_dict",
    "sep_token_id", "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
    "summary_use_proj", "task_specific_params", "tokenizer_class", "torch_dtype", "torchscript",
    "transformers_version", "use_cache",
)  # fmt: skip
# Google's multilingual configurations describe a pooler for another task in them, which no checkpoint has.
_POOLER = ("directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
           "pooler_size_per_head", "pooler_type")  # fmt: skip
# The first two by the error function, the others by a tanh, differing in the order of their multiplications.
_GELUS = {"gelu": "gelu", "gelu_python": "gelu", "gelu_new": "gelu_tanh", "gelu_pytorch_tanh": "gelu_tanh",
          "gelu_fast": "gelu_tanh"}  # fmt: skip

BERT = Fields(
    family="bert",
    settings={
        "vocab_size": "vocabulary_size",
        "num_hidden_layers": "num_layers",
        "num_attention_heads": "num_heads",
        "hidden_size": "hidden_dim",
        "intermediate_size": "intermediate_dim",
        "max_position_embeddings": "max_sequence_length",
        "type_vocab_size": "num_segments",
        "initializer_range": "initializer_range",
    },
    dropouts=("hidden_dropout_prob", "attention_probs_dropout_prob"),
    fixed={
        "layer_norm_eps": (1e-12,),
        "position_embedding_type": ("absolute", None),
        "is_decoder": (False,),
        "add_cross_attention": (False,),
        "tie_word_embeddings": (True,),
        "pruned_heads": ({}, None),
    },
    choices={"hidden_act": ("activation", _GELUS)},
    harmless=tuple(name for name in (*_HARMLESS, *_POOLER) if name != "is_decoder"),
    defaults={"type_vocab_size": 2, "hidden_act": "gelu", "initializer_range": 0.02},
)
_GPT_SETTINGS = {
    "vocab_size": "vocabulary_size",
    "n_layer": "num_layers",
    "n_head": "num_heads",
    "n_embd": "hidden_dim",
    "n_positions": "max_sequence_length",
}
_HARMLESS_IN_GPT = (*_HARMLESS, "initializer_range", "n_ctx")  # our GPT always begins with its papers' deviation
_GPT_DROPOUTS = ("resid_pdrop", "embd_pdrop", "attn_pdrop")
GPT2 = Fields(
    family="gpt",
    settings={**_GPT_SETTINGS, "n_inner": "intermediate_dim"},
    dropouts=_GPT_DROPOUTS,
    fixed={
        "activation_function": ("gelu_new", "gelu_pytorch_tanh"),
        "layer_norm_epsilon": (1e-5,),
        "scale_attn_weights": (True,),
        "scale_attn_by_inverse_layer_idx": (False,),
        "add_cross_attention": (False,),
        "tie_word_embeddings": (True,),
        "pruned_heads": ({}, None),
    },
    harmless=(*_HARMLESS_IN_GPT, "reorder_and_upcast_attn"),  # the last: in which order float32 is multiplied
    constants={"norm_first": True},
    defaults={"n_inner": None},
)
GPT1 = Fields(
    family="gpt",
    settings=_GPT_SETTINGS,
    dropouts=_GPT_DROPOUTS,
    fixed={
        "afn": ("gelu", "gelu_new"),  # both mean the approximation by tanh there
        "layer_norm_epsilon": (1e-5,),
        "tie_word_embeddings": (True,),
        "pruned_heads": ({}, None),
    },
    harmless=(*_HARMLESS_IN_GPT, "n_special", "predict_special_tokens"),
    constants={"norm_first": False},
)
HUGGINGFACE = {"bert": BERT, "gpt2": GPT2, "openai-gpt": GPT1}


def _of_keras_hub(family, *settings, **constants):
    return Fields(
        family=family,
        settings={name: name for name in settings},
        dropouts=("dropout",),
        fixed={},
        harmless=("name", "trainable", "dtype"),
        constants=constants,
    )


_SIZES = ("vocabulary_size", "num_layers", "num_heads", "hidden_dim", "intermediate_dim", "max_sequence_length")
KERAS_HUB = {
    "BertBackbone": _of_keras_hub("bert", *_SIZES, "num_segments", activation="gelu_tanh"),
    "GPT2Backbone": _of_keras_hub("gpt", *_SIZES, norm_first=True),
}
