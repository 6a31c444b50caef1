"""From what the user names to a folder: a folder as it is, or one that is downloaded from the Hugging Face hub."""

import difflib
import re
from pathlib import Path

from zoo.datasets.files import arrival, cache_folder
from zoo.pretrained.errors import PretrainedError

HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
# Nothing else is downloaded: no pickles, no code.
FILES = ("config.json", "*.safetensors", "model.safetensors.index.json", "tokenizer.json", "tokenizer_config.json",
         "vocab.txt", "vocab.json", "merges.txt")  # fmt: skip
BY_HAND = (
    "config.json, model.safetensors (or model.safetensors.index.json and the files it names), and tokenizer.json or "
    "vocab.txt with tokenizer_config.json or vocab.json with merges.txt"
)


def locate(source):
    """The folder of a source.

    Args:
        source: a folder, or the name of a model on the Hugging Face hub ("google-bert/bert-base-uncased"): it
            is looked for in ``<cache>/pretrained/<name>`` (the cache is ``ZOO_CACHE`` or
            ``~/.cache/keras-nlp-zoo``) and downloaded there if it is missing.

    Raises:
        PretrainedError: neither; or it cannot be downloaded. Says which files are needed, and where.
        DataError: there can be no cache.
    """
    if not str(source):
        raise PretrainedError("the weights have no name: give a folder, or a name on the Hugging Face hub.")
    folder = Path(source).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_file():
        raise PretrainedError(f"{source} is a file: name the folder that holds weights, configuration and tokenizer.")
    if not HUB_NAME.fullmatch(str(source)) or set(str(source).split("/")) & {".", ".."}:
        raise PretrainedError(
            f"{source} is no folder here{_nearest(folder)}, and no name on the Hugging Face hub, such as "
            "google-bert/bert-base-uncased."
        )
    cached = cache_folder() / "pretrained" / str(source)
    return cached if cached.is_dir() else _download(str(source), cached)


def _nearest(folder):
    """A hint at the neighbour, if any, whose name is most like that of a folder which is not there."""
    neighbours = sorted(place.name for place in folder.parent.glob("*") if place.is_dir())
    near = difflib.get_close_matches(folder.name, neighbours, n=1)
    return f" (did you mean {folder.parent / near[0]}?)" if near else ""


def _download(name, target):
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise PretrainedError(_by_hand(name, target, "pip install huggingface_hub")) from error
    with arrival(target) as partial:
        try:
            snapshot_download(name, local_dir=partial / "made", allow_patterns=list(FILES))
        except Exception as error:  # of many kinds
            unknown = "Repository" in type(error).__name__ or "Gated" in type(error).__name__
            reason = "it has no such model, or none that is open to all" if unknown else "is there a network?"
            raise PretrainedError(_by_hand(name, target, f"{reason} {type(error).__name__}")) from error
        (partial / "made").rename(target)  # a folder inside: a temporary one is closed to other users
    return target


def _by_hand(name, target, reason):
    return (
        f"{name} is either a folder, but there is none here{_nearest(Path(name))}; or a name on the Hugging Face hub, "
        f"but it cannot be downloaded ({reason}): then get its files elsewhere ({BY_HAND}) and put them into {target}."
    )
