"""``zoo.export``: a run as a SavedModel for TF Serving, strings in, answers out.

Tokenizer, model and decoding are one graph. What is written needs TensorFlow to
be loaded (and tensorflow-text, whose operations TF Serving links), none of our
code. The layout is TF Serving's: ``DIR/<version>/``.
"""

import re
import tempfile
from pathlib import Path

import keras
import tensorflow as tf

from zoo.runs import Run


class ExportError(ValueError):
    """A folder into which nothing can be exported."""


def export(run, directory):
    """Writes a run as the next version below ``directory``.

    The signature ``serving_default`` takes one string tensor [B] for each of the
    kind's fields and returns what the kind's ``respond`` returns:

    ==================  ======================  ================================================
    kind                inputs                  outputs
    ==================  ======================  ================================================
    text-to-text        source                  target
    language-modelling  text                    continuation
    pretraining         text                    filled, token, probability [B, blanks]
    classification      text, [text_pair]       label, probabilities [B, C]
    regression          text, [text_pair]       score
    tagging             text                    word, tag, start, end [B, W]
    span-answering      question, context       answer, start, end, score
    ==================  ======================  ================================================

    Args:
        run: a :class:`zoo.runs.Run` or the path of one.
        directory: the folder of the model; its versions are 1, 2, 3, ...

    Returns:
        Path of the version's folder.

    Raises:
        ExportError: ``directory`` is a file, or a folder that holds something else than versions.
    """
    run = run if isinstance(run, Run) else Run.load(run)
    directory = Path(directory)
    version = directory / str(_next_version(directory))

    def respond(*texts):
        return run.kind.respond(run.model, **dict(zip(run.kind.fields, texts, strict=True)))

    archive = keras.export.ExportArchive()
    archive.track(run.model)
    for tokenizer in run.kind.tokenizers.values():
        archive.track(tokenizer)
    signature = [tf.TensorSpec([None], tf.string, name=field) for field in run.kind.fields]
    archive.add_endpoint("serving_default", respond, signature)
    directory.mkdir(parents=True, exist_ok=True)
    # Written beside and moved: a server that watches the folder never sees half a version.
    with tempfile.TemporaryDirectory(dir=directory, prefix=".partial-") as partial:
        made = Path(partial) / "made"  # a temporary folder itself is closed to other users, such as the server's
        archive.write_out(made, verbose=False)
        made.rename(version)
    return version


def _next_version(directory):
    if directory.is_file():
        raise ExportError(f"{directory} is a file; an export needs a folder.")
    names = [path.name for path in directory.iterdir() if not path.name.startswith(".")] if directory.exists() else []
    strangers = [name for name in names if not re.fullmatch(r"[0-9]+", name)]
    if strangers:
        raise ExportError(f"{directory} holds {strangers[0]!r}, which is no version: choose an empty or new folder.")
    return max(map(int, names), default=0) + 1
