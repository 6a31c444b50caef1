"""``zoo.export``: a run as a SavedModel for TF Serving, strings in, answers out.

Tokenizer, model and decoding are one graph. What is written needs TensorFlow to
be loaded (and tensorflow-text, whose operations TF Serving links), none of our
code. The layout is TF Serving's: ``DIR/<version>/``.
"""

import contextlib
import copy
import shutil
import tempfile
from pathlib import Path

import filelock
import tensorflow as tf

from zoo.datasets import DataError
from zoo.registry import unknown_name
from zoo.run_folder import BusyError, is_run
from zoo.runs import Run
from zoo.serving import deployment, facts, instructions
from zoo.serving.places import FILE, newest_version, versions
from zoo.serving.requests import MOST_TEXTS, write_warm_up

TOO_LONG = ("cut", "refuse")
LONGEST_TEXT = 200  # characters of an example
PARTIAL, LOCK = ".partial-", ".lock"
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
        directory: path of the folder of the model; its versions are 1, 2, 3, ... All of them answer the same questions,
            for a server goes over to a newer one: the family may be another, the task may not.
        too_long: what becomes of a text longer than the model reads: "cut" it (a language model's window slides over
            it), or "refuse" it (INVALID_ARGUMENT; a server that merges requests refuses those beside it, too).

    Returns:
        Path of the version's folder.

    Raises:
        ExportError: ``directory`` is no folder for versions, or holds those of another task, of other labels, or with
            signatures that this run does not have.
        BusyError: another export writes into ``directory`` at this moment.
        UnknownNameError: no such ``too_long``.
        RunError: ``run`` is the path of something else.
    """
    if too_long not in TOO_LONG:
        raise unknown_name("way with texts that are too long", too_long, TOO_LONG)
    run = run if isinstance(run, Run) else Run.load(run)
    directory = Path(directory)
    _check_folder(directory)
    kind = copy.copy(run.kind)
    kind.too_long = too_long
    signatures = kind.signatures(run.model)
    _next_version(run, directory, signatures, too_long)  # what is refused is refused before the long work
    records = [_fitting(kind, record) for record in _texts(run)]
    with _locked(directory):
        version, document = _next_version(run, directory, signatures, too_long)  # anew: exports may have come since
        # Written beside and moved: a server that watches the folder never sees half a version.
        with tempfile.TemporaryDirectory(dir=directory, prefix=PARTIAL) as partial:
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


def _check_folder(directory):
    """Refuses a folder that is none for versions; what else lies beside them is nobody's business."""
    another = "choose another folder."
    if directory.is_file():
        raise ExportError(f"{directory} is a file; an export needs a folder.")
    if (directory / FILE).exists():
        raise ExportError(f"{directory} is a version of an export: choose the folder that holds it.")
    if is_run(directory):
        raise ExportError(f"{directory} is a run, and 'zoo predict' would not ask it any more: {another}")
    readme = directory / instructions.README
    is_ours = newest_version(directory) is not None or (
        readme.is_file() and instructions.MARK in readme.read_text(encoding="utf-8", errors="replace")
    )
    strangers = [] if is_ours else [name for name in BESIDE if (directory / name).exists()]
    if strangers:
        raise ExportError(f"{directory} holds no export, but a {strangers[0]}, which would be replaced: {another}")


def _next_version(run, directory, signatures, too_long):
    """Folder and metadata of the next version, if the clients of the one before it can ask it alike."""
    # No version is replaced, not even one that is no whole one.
    version = directory / str(max(versions(directory), default=0) + 1)
    document = facts.metadata(run, directory, int(version.name), signatures, too_long)
    _check_clients(directory, document)
    return version, document


def _check_clients(directory, document):
    """Refuses a version that the clients of the one before it could not ask alike: a server would go over to it."""
    before = newest_version(directory)
    if before is None:
        return
    there = facts.read_metadata(before)
    if there is None:
        raise ExportError(f"{before} does not say what it is for, as an export does: choose another folder.")
    difference = facts.difference(there, document)
    if difference:
        raise ExportError(
            f"{directory} holds version {before.name}, {facts.described(there)}. {facts.described(document)} cannot be "
            f"the next one, for {difference}, and a server would switch its clients to it: choose another folder."
        )


@contextlib.contextmanager
def _locked(directory):
    """While this context is active, no other export goes into this folder; what killed ones left is deleted."""
    directory.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(directory / LOCK, timeout=0):
            for partial in directory.glob(f"{PARTIAL}*"):
                shutil.rmtree(partial, ignore_errors=True)
            yield
    except filelock.Timeout:
        raise BusyError(f"another export writes into {directory} at this moment: wait until it is done.") from None
