"""What an export says of itself to programs: its metadata, a file of JSON inside of the SavedModel's folder."""

import json

from zoo.serving.deployment import model_name
from zoo.serving.requests import EXTRA

METADATA = "zoo.json"
ANSWERS = ("labels", "tags", "target_language")  # the facts of a kind that tell what an answer can be


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
    try:
        return json.loads((version / EXTRA / METADATA).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def described(document):
    """What an export is, in words."""
    return f"{document['model']}:{document['preset']} for {document['task']} ({document['kind']})"


def difference(there, new):
    """What keeps an export from taking another one's place on a server, in words; None where its clients need not care.

    Args:
        there, new: documents of :func:`metadata`.
    """
    new = json.loads(json.dumps(new))  # lists for tuples, as in what was read
    for name in ("task", "kind"):
        if new[name] != there[name]:
            return f"its {name} is another"
    for name in ANSWERS:
        was, would_be = there["facts"].get(name), new["facts"].get(name)
        if was != would_be:
            return f"its {name.replace('_', ' ')} would be {_listed(would_be)} in place of {_listed(was)}"
    for name, signature in there["signatures"].items():
        if name not in new["signatures"]:
            return f"it has no signature {name}"
        for side in ("inputs", "outputs"):
            was, would_be = _forms(signature[side]), _forms(new["signatures"][name][side])
            if was != would_be:
                return f"the {side} of its signature {name} would be {_listed(would_be)} in place of {_listed(was)}"
    return None


def _forms(side):
    """Name, type and shape of each input or output, and its default value; the words for what it is do not matter."""
    forms = []
    for name, given in sorted(side.items()):
        about, default = (given["about"], given["default"]) if isinstance(given, dict) else (given, None)
        forms.append(f"{name} {about.partition(':')[0]}" + ("" if default is None else f" = {default}"))
    return forms


def _listed(names):
    return ", ".join(names) if isinstance(names, list) else names
