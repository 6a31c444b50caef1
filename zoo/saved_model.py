"""``zoo.export``: a run as a SavedModel for TF Serving, strings in, answers out.

Tokenizer, model and decoding are one graph. What is written needs TensorFlow to
be loaded (and tensorflow-text, whose operations TF Serving links), none of our
code. The layout is TF Serving's: ``DIR/<version>/``.
"""

import copy
import tempfile
from pathlib import Path

import tensorflow as tf

from zoo.datasets import DataError
from zoo.registry import unknown_name
from zoo.runs import Run
from zoo.serving import deployment, facts, instructions
from zoo.serving.places import VERSION, versions
from zoo.serving.requests import MOST_TEXTS, write_warm_up

TOO_LONG = ("cut", "refuse")
LONGEST_TEXT = 200  # characters of an example
BESIDE = (instructions.README, *deployment.FILES)  # what lies beside the versions


class ExportError(ValueError):
    """A folder into which nothing can be exported."""


def export(run, directory, too_long="cut"):
    """Writes a run as the next version below ``directory``.

    >>> folder = zoo.export("runs/translator", "serving/translator")  # serving/translator/1

    What it can be asked are the signatures of its kind of task; the README.md beside the versions describes those
    of this run, with requests to copy. ``serving_default`` takes one string tensor [B] for each of the kind's fields:

    ==================  ======================  ================================================
    kind                inputs                  outputs
    ==================  ======================  ================================================
    text-to-text        source                  target
    language-modelling  text                    continuation
    pretraining         text                    filled, token, probability [B, N]
    classification      text, [text_pair]       label, label_names, probabilities [B, C]
    regression          text, [text_pair]       score
    tagging             text                    word, tag, start, end [B, W]
    span-answering      question, context       answer, start, end, score
    ==================  ======================  ================================================

    Shapes: B texts, C labels, W words, N blanks. All have ``tokenize`` (strings to ids) and ``tokens`` (ids to ids);
    what writes has ``generate`` (``max_tokens``, ``temperature``, ``top_k``, ``top_p``, ``seed`` for each row) and
    ``detokenize``; encoders have ``embed``.

    Args:
        run: a :class:`zoo.runs.Run` or the path of one.
        directory: path of the folder of the model; its versions are 1, 2, 3, ...
        too_long: what becomes of a text longer than the model reads: "cut" it (a language model's window slides over
            it), or "refuse" it (INVALID_ARGUMENT; a server that merges requests refuses those beside it, too).

    Returns:
        Path of the version's folder.

    Raises:
        ExportError: ``directory`` is a file, or a folder that holds something else than versions.
        UnknownNameError: no such ``too_long``.
        RunError: ``run`` is the path of something else.
    """
    if too_long not in TOO_LONG:
        raise unknown_name("way with texts that are too long", too_long, TOO_LONG)
    run = run if isinstance(run, Run) else Run.load(run)
    directory = Path(directory)
    version = directory / str(_next_version(directory))
    kind = copy.copy(run.kind)
    kind.too_long = too_long
    signatures = kind.signatures(run.model)
    document = facts.metadata(run, directory, int(version.name), signatures, too_long)
    records = [_fitting(kind, record) for record in _texts(run)]
    directory.mkdir(parents=True, exist_ok=True)
    # Written beside and moved: a server that watches the folder never sees half a version.
    with tempfile.TemporaryDirectory(dir=directory, prefix=".partial-") as partial:
        made = Path(partial) / "made"  # a temporary folder itself is closed to other users, such as the server's
        tf.saved_model.save(
            _weights_and_tables(run), made, {name: signature.traced() for name, signature in signatures.items()}
        )
        facts.write_metadata(made, document)
        write_warm_up(made, document["name"], kind, signatures, records)
        made.rename(version)
    readme = instructions.readme(document, kind, signatures, records)
    (directory / instructions.README).write_text(readme, encoding="utf-8")
    deployment.write_configuration(directory)
    return version


def _texts(run):
    """Some texts of the task, field -> text: what the model will be asked is like them. None where they are missing."""
    try:
        examples = run.task.examples("validation")
    except (DataError, OSError):
        return []
    return short_records(run.kind, examples, MOST_TEXTS, LONGEST_TEXT)


def short_records(kind, examples, most, longest):
    """What a model is given of some examples, of short ones if there are any: a text that is cut may lose its blank.

    Args:
        kind: a :class:`zoo.kinds.Kind`.
        examples: list of examples, of which the first hundred are looked at.
        most: int, how many records are wanted.
        longest: int, characters of a text.

    Returns:
        list of dictionaries, field -> text.
    """
    shown = [kind.show_input(example) for example in examples[:100]]
    short = [record for record in shown if all(len(text) <= longest for text in record.values())]
    return [{field: text[:longest] for field, text in record.items()} for record in (short or shown)[:most]]


def _fitting(kind, record):
    """A record in pieces that the export does not refuse: a server whose warm-up is refused does not start."""
    while True:
        try:
            kind.tokenize(**{field: tf.constant([text]) for field, text in record.items()})
            return record
        except tf.errors.InvalidArgumentError:
            record = {field: text[: len(text) // 2] for field, text in record.items()}


def _weights_and_tables(run):
    """All that the graphs read, without the Keras objects around it: a loader shall find tensors, nothing of ours."""
    module = tf.Module()
    module.weights = [variable.value for variable in run.model.variables]
    module.tokenizers = list(run.kind.tokenizers.values())
    return module


def _next_version(directory):
    if directory.is_file():
        raise ExportError(f"{directory} is a file; an export needs a folder.")
    names = {path.name for path in directory.iterdir()} if directory.exists() else set()
    names = {name for name in names - set(BESIDE) if not name.startswith(".")}
    strangers = sorted(name for name in names if not VERSION.fullmatch(name))
    if strangers:
        raise ExportError(f"{directory} holds {strangers[0]!r}, which is no version: choose an empty or new folder.")
    return max(versions(directory), default=0) + 1
