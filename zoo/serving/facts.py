"""What an export says of itself to programs: its metadata, a file of JSON inside of the SavedModel's folder."""

import json

from zoo.serving.deployment import model_name
from zoo.serving.requests import EXTRA

METADATA = "zoo.json"


def metadata(run, directory, version, signatures, too_long):
    """All that is known of an export, as plain JSON values."""
    kind = run.kind
    return {
        "name": model_name(directory),
        "version": version,
        "model": run.config.get("model"),
        "preset": run.config.get("preset"),
        "task": run.config.get("task"),
        "kind": kind.registered_name,
        "fields": list(kind.fields),
        "too_long": too_long,
        "facts": kind.facts,
        "tokenizers": {
            name: {
                "name": tokenizer.name,
                "vocabulary_size": tokenizer.vocabulary_size,
                "special_ids": special_ids(tokenizer),
            }
            for name, tokenizer in kind.tokenizers.items()
        },
        "versions": run.config.get("versions"),
        "signatures": {
            name: {
                "about": signature.about,
                "inputs": {
                    given_name: {
                        "about": given.about,
                        "dtype": given.dtype.name,
                        "shape": list(given.shape),
                        "default": given.default,
                    }
                    for given_name, given in signature.inputs.items()
                },
                "outputs": signature.outputs,
            }
            for name, signature in signatures.items()
        },
    }


def special_ids(tokenizer):
    """Role -> id of a tokenizer's special tokens."""
    ids = {role: getattr(tokenizer, f"{role}_id") for role in tokenizer.special_tokens}
    return {role: token_id for role, token_id in ids.items() if token_id is not None}


def write_metadata(version, document):
    """Writes the metadata into the folder of a SavedModel."""
    (version / EXTRA).mkdir(exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, indent=1)
    (version / EXTRA / METADATA).write_text(text + "\n", encoding="utf-8")


def read_metadata(version):
    """What :func:`write_metadata` wrote; None for a SavedModel of others."""
    file = version / EXTRA / METADATA
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
