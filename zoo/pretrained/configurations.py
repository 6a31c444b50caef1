"""Configurations of others <-> settings of ours.

Every field of a published ``config.json`` is in one of three lists: it is a setting of ours, or
it must have the one value that our family has, or it changes nothing that the model computes. A
field in none of them stops the load: what it means is not known, and ignoring it might be wrong.
"""

import dataclasses

from zoo.pretrained.errors import PretrainedError, names
from zoo.registry import MODELS
from zoo.settings import replace


@dataclasses.dataclass(frozen=True)
class Fields:
    """What the fields of one kind of configuration mean.

    Args:
        family: name of our family.
        settings: their field -> our setting.
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
    harmless: tuple = ()
    constants: dict = dataclasses.field(default_factory=dict)
    defaults: dict = dataclasses.field(default_factory=dict)


# Of training, of generation, of the file itself: nothing that the hidden states depend on.
_HARMLESS = (
    "_name_or_path", "architectures", "bos_token_id", "chunk_size_feed_forward", "classifier_dropout", "dtype",
    "eos_token_id", "finetuning_task", "gradient_checkpointing", "id2label", "initializer_range", "is_decoder",
    "is_encoder_decoder", "keys_to_ignore_at_inference", "label2id", "language", "model_type", "name", "num_labels",
    "output_attentions", "output_hidden_states", "output_past", "pad_token_id", "problem_type", "return_dict",
    "sep_token_id", "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
    "summary_use_proj", "task_specific_params", "tokenizer_class", "torch_dtype", "torchscript",
    "transformers_version", "use_cache",
)  # fmt: skip
# Google's multilingual configurations describe a pooler for another task in them, which no checkpoint has.
_POOLER = ("directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
           "pooler_size_per_head", "pooler_type")  # fmt: skip

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
    },
    dropouts=("hidden_dropout_prob", "attention_probs_dropout_prob"),
    fixed={
        "hidden_act": ("gelu", "gelu_python"),
        "layer_norm_eps": (1e-12,),
        "position_embedding_type": ("absolute", None),
        "is_decoder": (False,),
        "add_cross_attention": (False,),
        "tie_word_embeddings": (True,),
        "pruned_heads": ({}, None),
    },
    harmless=tuple(name for name in (*_HARMLESS, *_POOLER) if name != "is_decoder"),
    defaults={"type_vocab_size": 2},
)
_GPT_SETTINGS = {
    "vocab_size": "vocabulary_size",
    "n_layer": "num_layers",
    "n_head": "num_heads",
    "n_embd": "hidden_dim",
    "n_positions": "max_sequence_length",
}
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
    harmless=(*_HARMLESS, "n_ctx", "reorder_and_upcast_attn"),  # the last: in which order float32 is multiplied
    constants={"norm_first": True},
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
    harmless=(*_HARMLESS, "n_ctx", "n_special", "predict_special_tokens"),
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
    "BertBackbone": _of_keras_hub("bert", *_SIZES, "num_segments"),
    "GPT2Backbone": _of_keras_hub("gpt", *_SIZES, norm_first=True),
}


def settings_of(config, fields, source, dropout=None):
    """The settings of ours that a configuration of others stands for.

    Args:
        config: contents of their file, a dictionary.
        fields: :class:`Fields` of this kind of configuration.
        source: what error messages call the file.
        dropout: the rate that the caller wants, a number, also as text; None takes theirs.

    Raises:
        PretrainedError: a field is missing, or our family cannot express it; names the field.
        SettingError: ``dropout`` is no rate.
    """
    known = {*fields.settings, *fields.dropouts, *fields.fixed, *fields.harmless}
    unknown = {name: value for name, value in config.items() if name not in known}
    if unknown:
        shown = names(f"{name} = {value!r}" for name, value in unknown.items())
        raise PretrainedError(
            f"{source}: the zoo's {fields.family} does not know what {shown} means. If it changes nothing that the "
            "model computes, delete it from the file."
        )
    for name, possible in fields.fixed.items():
        if name in config and config[name] not in possible:
            raise PretrainedError(
                f"{source}: {name} is {config[name]!r}; the zoo's {fields.family} has {possible[0]!r} and nothing "
                "else, so it would compute something other than these weights were trained for."
            )
    for name, value in config.items():
        whole = name in fields.settings
        if whole or name in fields.dropouts:
            _check_number(name, value, whole, source)
    values = {**fields.defaults, **config}
    if values.get("n_inner") is None and "n_embd" in values:  # GPT's feed-forward layers, unless it says otherwise
        values["n_inner"] = 4 * values["n_embd"]
    missing = [name for name in fields.settings if name not in values]
    if missing:
        raise PretrainedError(f"{source}: missing {names(missing)}.")
    settings = {ours: values[theirs] for theirs, ours in fields.settings.items()}
    if "intermediate_dim" not in settings:
        settings["intermediate_dim"] = values["n_inner"]
    settings["dropout"] = _dropout(values, fields, source) if dropout is None else 0.0
    try:
        config = MODELS.get(fields.family).Config(**settings, **fields.constants)
    except ValueError as error:  # sizes that do not go together
        raise PretrainedError(f"{source}: {error}") from error
    return dataclasses.asdict(config if dropout is None else replace(config, {"dropout": dropout}))


def _check_number(name, value, whole, source):
    if name == "n_inner" and value is None:  # it follows from n_embd
        return
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise PretrainedError(f"{source}: {name} is {value!r}; expected a {'whole ' if whole else ''}number.")


def _dropout(config, fields, source):
    rates = {name: config.get(name, 0.1) for name in fields.dropouts}
    if len(set(rates.values())) > 1:
        shown = ", ".join(f"{name} {rate}" for name, rate in rates.items())
        raise PretrainedError(
            f"{source}: {shown}; the zoo's {fields.family} has one rate for all: choose it, such as dropout=0.1 "
            "(zoo train: --set dropout=0.1)."
        )
    return rates[fields.dropouts[0]]


def config_of(settings, fields):
    """The contrary of :func:`settings_of`: their configuration for settings of ours."""
    return {
        **{theirs: settings[ours] for theirs, ours in fields.settings.items()},
        **dict.fromkeys(fields.dropouts, settings["dropout"]),
        **{name: values[0] for name, values in fields.fixed.items() if name != "pruned_heads"},
    }
