"""Published weights, in and out: BERT and GPT as others store them.

    hub.py             a folder, or a name on the Hugging Face hub -> a folder
    huggingface.py     config.json, model.safetensors, tokenizer files
    google.py          bert_config.json, bert_model.ckpt, vocab.txt
    keras_hub.py       a preset folder of keras-hub
    fields.py          what the fields of their configurations mean
    configurations.py  their settings <-> ours
    tables.py          their weights <-> ours, one table for each family and layout
    mapping.py         what the tables mean
    tokenizer_files.py their tokenizers -> ours
    weights.py         what was read, and how it comes into a model
    conversion.py      a run of the zoo -> Hugging Face's layout

Nothing is guessed: a weight that is missing, left over or of another shape stops the load, and so
does a setting that the zoo's family does not have. Only files that cannot hold programs are read
(safetensors, HDF5, TensorFlow checkpoints): a pickle runs code when it is opened.
"""

from zoo.pretrained import google, hub, huggingface, keras_hub
from zoo.pretrained.errors import PretrainedError, names
from zoo.pretrained.files import read_json
from zoo.pretrained.weights import Pretrained, fill

_CONFIGS = {"config.json", "bert_config.json"}
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".joblib")


def read(source, dropout=None):
    """Reads published weights.

    Args:
        source: a folder, or the name of a model on the Hugging Face hub. The layout is recognised by its files:
            Hugging Face's (model_type bert, gpt2 or openai-gpt), Google's BERT checkpoints, keras-hub's presets.
        dropout: the rate in place of the source's, a number, also as text.

    Returns:
        a :class:`Pretrained`.

    Raises:
        PretrainedError: it cannot be read, or is none of the zoo's families to the last detail; says why.
        SettingError: ``dropout`` is no rate.
    """
    folder = hub.locate(source)
    files = {name: read_json(folder / name) for name in _CONFIGS if (folder / name).is_file()}
    for layout in (huggingface, keras_hub, google):
        if layout.recognises(files):
            _refuse_pickles(folder, layout)
            pretrained = layout.load(folder, files[layout.CONFIG], dropout)
            break
    else:
        _refuse_pickles(folder, None)
        raise PretrainedError(_unknown(folder, files))
    _check(pretrained)
    return pretrained


def create(family, source, changes):
    """The backbone of ``family`` with the weights of a source, see :func:`zoo.create`.

    Args:
        family: name of a family.
        source: see :func:`read`; or what it returned.
        changes: settings, name -> value; only dropout may differ from the source's.

    Raises:
        PretrainedError: see :func:`read`; or it is another family, or other settings.
    """
    pretrained = source if isinstance(source, Pretrained) else read(source, changes.get("dropout"))
    check_family(pretrained, family)
    return pretrained.backbone(**changes)


def check_family(pretrained, family):
    """Raises PretrainedError unless the weights are those of ``family``."""
    if pretrained.family != family:
        raise PretrainedError(
            f"{pretrained.source} holds weights of {pretrained.family!r}, which cannot become a {family!r}: "
            f"take {pretrained.family!r}, or other weights."
        )


def _refuse_pickles(folder, layout):
    readable = {".safetensors"} if layout is huggingface else {".safetensors", ".h5", ".index"}
    if layout in (huggingface, None) and not any(file.suffix in readable for file in folder.iterdir()):
        pickles = sorted(file.name for file in folder.iterdir() if file.suffix in _PICKLES)
        if pickles:
            raise PretrainedError(
                f"{folder} has its weights in {names(pickles)} only, a pickle: opening one runs whatever program is "
                "in it. The zoo reads safetensors, HDF5 and TensorFlow checkpoints. Look for a model.safetensors of "
                "the same model or, if you trust the file, convert it: transformers' from_pretrained, save_pretrained."
            )


def _unknown(folder, files):
    if "kind" in files.get("config.json", {}):
        return f"{folder} is a run of the zoo: zoo.load({str(folder)!r}).model.backbone has its weights."
    return (
        f"{folder} is none of the layouts that the zoo reads. Expected: config.json (with model_type) and "
        "model.safetensors; or bert_config.json and bert_model.ckpt.index; or keras-hub's config.json and "
        "model.weights.h5."
    )


def _check(pretrained):
    """Whether tokenizer and embeddings go together."""
    tokenizer, rows = pretrained.tokenizer, pretrained.settings["vocabulary_size"]
    if tokenizer is not None and tokenizer.vocabulary_size > rows:
        raise PretrainedError(
            f"{pretrained.source} has a tokenizer of {tokenizer.vocabulary_size} tokens, but only {rows} embeddings: "
            "it belongs to other weights."
        )


__all__ = ["Pretrained", "PretrainedError", "create", "fill", "read"]
