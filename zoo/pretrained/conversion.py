"""``zoo.convert``: a run of the zoo in the layout of Hugging Face, for ``transformers`` and keras-hub.

==============  ==========================================  =====================================================
family          head of the run                             becomes
==============  ==========================================  =====================================================
bert            pretraining                                 BertForPreTraining; BertForMaskedLM if next_sentence=false
bert            classification                              BertForSequenceClassification
bert            tagging                                     BertForTokenClassification
bert            span-answering                              BertForQuestionAnswering
gpt             language-modelling, text-to-text            GPT2LMHeadModel; OpenAIGPTLMHeadModel if post-norm,
                                                            which keras-hub does not have
==============  ==========================================  =====================================================

keras-hub reads all of GPT-2, if its intermediate_dim is four times its hidden_dim. Of BERT it reads
backbone and pooler, never a head, and stops where there is no pooler: such runs (tagging,
span-answering) have none, and one that nobody trained would be made up. It approximates BERT's GELU
by a tanh: only a run with ``activation="gelu_tanh"`` computes the same numbers there. Its
preprocessor cuts texts at 512 tokens unless told another ``sequence_length``; ask for no more than
the run's max_sequence_length.
"""

import json
import shutil
import tempfile
from pathlib import Path

from keras import ops

from zoo.pretrained.configurations import config_of
from zoo.pretrained.errors import PretrainedError, names
from zoo.pretrained.fields import BERT, GPT1, GPT2
from zoo.pretrained.huggingface import CONFIG, WEIGHTS, letters
from zoo.pretrained.mapping import expand, write
from zoo.pretrained.tables import HUGGINGFACE_BERT, HUGGINGFACE_GPT1, HUGGINGFACE_GPT2
from zoo.pretrained.tokenizer_files import OWN
from zoo.pretrained.tokenizer_writing import WRITTEN, write_tokenizer
from zoo.pretrained.weights import find
from zoo.registry import unknown_name
from zoo.runs import Run

FORMATS = ("huggingface",)
PARTIAL = ".converting-"
# Kind of task -> the class in transformers, and the parts of the head: name in the table -> attribute of our head.
BERT_HEADS = {
    "classification": ("BertForSequenceClassification", {"pooler": "pooler", "classifier": "classifier"}),
    "pretraining": (
        "BertForPreTraining", {"pooler": "pooler", "masked_lm": "masked_lm", "next_sentence": "next_sentence"},
    ),
    "pretraining without next sentences": ("BertForMaskedLM", {"masked_lm": "masked_lm"}),
    "tagging": ("BertForTokenClassification", {"classifier": "classifier"}),
    "span-answering": ("BertForQuestionAnswering", {"span": "classifier"}),
}


def convert(run, directory, format="huggingface", overwrite=False):
    """Writes a run so that other libraries load it and give the same logits.

    Args:
        run: a :class:`zoo.runs.Run` or its folder; of ``bert`` or ``gpt``.
        directory: where to; made if it is not there.
        format: "huggingface": model.safetensors, config.json, tokenizer files.
        overwrite: whether earlier converted weights in the directory may be replaced.

    Returns:
        the directory, a Path. :func:`zoo.pretrained.read` reads it, too.

    Raises:
        UnknownNameError: another format.
        PretrainedError: this run has no counterpart there; or the directory holds something else, or cannot be made.
    """
    if format not in FORMATS:
        raise unknown_name("format", format, FORMATS)
    directory = Path(directory)
    _check_directory(directory, overwrite)
    run = run if isinstance(run, Run) else Run.load(run)
    model_type, architecture, parts = _counterpart(run)
    tokenizer = _tokenizer(run)
    arrays = _arrays(run.model, model_type, parts, run.config["settings"])
    config = _config(run, tokenizer, model_type, architecture)

    from safetensors.numpy import save_file

    try:
        directory.mkdir(parents=True, exist_ok=True)
        partial = tempfile.TemporaryDirectory(dir=directory, prefix=PARTIAL)
    except OSError as error:
        raise PretrainedError(f"cannot write into {directory} ({error.strerror}): choose another folder.") from error
    with partial as made:
        made = Path(made)
        save_file(arrays, made / WEIGHTS, metadata={"format": "pt"})  # without it, transformers refuses the file
        (made / CONFIG).write_text(json.dumps(config, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        write_tokenizer(tokenizer, run.config["model"], made, run.config["settings"]["max_sequence_length"])
        for part in made.iterdir():  # what else stands there (a model card) stays
            old = directory / part.name
            if old.is_dir():
                shutil.rmtree(old)
            part.replace(old)
    return directory


def _check_directory(directory, overwrite):
    """Only what an earlier conversion wrote is ever deleted."""
    if not directory.exists():
        return
    if directory.is_dir() and all(path.name.startswith(PARTIAL) for path in directory.iterdir()):
        return  # empty, but for what is left of a conversion that was killed
    if not (directory / OWN).is_dir() or not (directory / WEIGHTS).is_file():
        raise PretrainedError(f"{directory} holds something else than converted weights: choose another folder.")
    if not overwrite:
        raise PretrainedError(
            f"{directory} already holds converted weights. Choose another folder, or say --overwrite (overwrite=True)."
        )


_FORMS = {"bert": (BERT, HUGGINGFACE_BERT), "gpt2": (GPT2, HUGGINGFACE_GPT2), "openai-gpt": (GPT1, HUGGINGFACE_GPT1)}


def _counterpart(run):
    """model_type, architecture, and parts of the head."""
    family, kind, settings = run.config["model"], run.config["kind"], run.config["settings"]
    if run.config.get("prompt_length"):
        raise PretrainedError(
            f"{run.folder} is a tuned prompt, which is no part of a {family} elsewhere: convert {run.config['init']}."
        )
    if kind == "pretraining" and not run.kind.asks_next:
        kind = "pretraining without next sentences"
    if family == "bert" and kind in BERT_HEADS:
        return "bert", *BERT_HEADS[kind]
    if family == "gpt" and kind in ("language-modelling", "text-to-text"):
        if settings["norm_first"]:
            return "gpt2", "GPT2LMHeadModel", {}
        if settings["intermediate_dim"] != 4 * settings["hidden_dim"]:
            raise PretrainedError(
                f"GPT-1 has an intermediate_dim of four times its hidden_dim in transformers; {run.folder} has "
                f"{settings['intermediate_dim']} and {settings['hidden_dim']}."
            )
        return "openai-gpt", "OpenAIGPTLMHeadModel", {}
    if family == "gpt":
        raise PretrainedError(
            f"{run.folder} classifies with a gpt; the head for that in transformers has no bias, ours has one. "
            "Runs of gpt can be converted if they write text."
        )
    if family == "bert":
        raise PretrainedError(f"{run.folder} is of kind {kind!r}; runs of bert can be converted if they are of kind "
                              f"{names(BERT_HEADS)}.")  # fmt: skip
    raise PretrainedError(
        f"{run.folder} is a run of {family!r}, which has no counterpart in transformers; bert and gpt can be converted."
    )


def _tokenizer(run):
    first, *others = run.kind.tokenizers.values()
    if any(other.tokens != first.tokens for other in others):
        raise PretrainedError(f"{run.folder} has a vocabulary for each side; other libraries take one for everything.")
    if first.name not in WRITTEN:
        raise PretrainedError(
            f"{run.folder} has a {first.name} tokenizer, which other libraries cannot be told of; "
            f"they can of {names(WRITTEN)}."
        )
    return first


def _arrays(model, model_type, parts, settings):
    """{their name: array} of a whole model."""
    _, table = _FORMS[model_type]
    sizes = {**letters(settings), "C": 0}
    if "classifier" in parts:
        sizes["C"] = model.head.classifier.units
    layers = {None: model.backbone} | {part: getattr(model.head, attribute) for part, attribute in parts.items()}
    weights = {}
    for part, layer in layers.items():
        for weight in expand(table.heads[part] if part else table.backbone, sizes):
            for name in weight.ours:
                fused = name.replace(".key.", ".key_value.").replace(".value.", ".key_value.")
                weights[fused] = ops.convert_to_numpy(find(layer, fused.removeprefix(f"{part}.")))
    arrays = write(table, parts, sizes, weights)
    if sum(array.size for array in arrays.values()) != model.count_params():
        raise PretrainedError(f"{model.backbone.name} with its head has weights that {model_type} does not know.")
    prefix = "bert." if model_type == "bert" else "transformer."
    heads = {weight.theirs for part in parts if part != "pooler" for weight in expand(table.heads[part], sizes)}
    return {name if name in heads else prefix + name: array for name, array in arrays.items()}


def _config(run, tokenizer, model_type, architecture):
    fields, _ = _FORMS[model_type]
    config = {
        "architectures": [architecture],
        "model_type": model_type,
        **config_of(run.config["settings"], fields),
        "dtype": "float32",
        "pad_token_id": tokenizer.padding_id,
        "bos_token_id": tokenizer.start_id,
        "eos_token_id": tokenizer.end_id,
    }
    labels = run.kind.facts.get("labels") or run.kind.facts.get("tags")
    if labels:
        config["id2label"] = {str(i): label for i, label in enumerate(labels)}
        config["label2id"] = {label: i for i, label in enumerate(labels)}
    return config
