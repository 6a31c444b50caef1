"""Where an export can be asked: in a folder, or at a server's address."""

import re
from pathlib import Path

FILE = "saved_model.pb"
VERSION = re.compile("[0-9]{1,18}")  # its number is one of 64 bits
SHARD = re.compile("variables.data-[0-9]{5}-of-(?P<count>[0-9]{5})")  # of the weights


def is_address(place):
    """Whether this is the address of a server, be it one that can be asked or not."""
    return isinstance(place, str) and re.match("[a-z]+://", place) is not None


def is_export(place):
    """Whether this is the folder of an exported model, or of one of its versions, be it whole or not."""
    folders = () if is_address(place) else (Path(place), *versions(place).values())
    return any((folder / FILE).exists() for folder in folders)


def newest_version(folder):
    """The folder of the newest version of an export, or this folder if it is a version; None if it is neither."""
    folder = Path(folder)
    if (folder / FILE).exists():
        return folder
    return next((version for version in versions(folder).values() if is_whole(version)), None)


def is_whole(version):
    """Whether all files of a SavedModel are in a folder: where a copy was killed in the middle, some are missing."""
    weights = version / "variables"
    shards = [SHARD.fullmatch(path.name) for path in weights.glob("variables.data-*")]
    counts = {int(shard["count"]) for shard in shards if shard}
    return (version / FILE).is_file() and (weights / "variables.index").is_file() and counts == {len(shards)}


def no_version(folder):
    """What is wrong with a folder that holds no export, in one line."""
    parts = ", ".join(path.name for path in versions(folder).values() if path.is_dir())
    found = f"; {parts} lacks files of a SavedModel" if parts else ""
    return f"{folder} holds no exported version{found}. 'zoo export RUN {folder}' makes one."


def versions(folder):
    """Number -> folder of each version below a folder, the newest first, be it whole or not.

    As for TF Serving 01 is version 1. A folder that cannot be read has none.
    """
    try:
        names = sorted(path.name for path in Path(folder).iterdir() if VERSION.fullmatch(path.name))
    except OSError:
        names = []
    found = {int(name): Path(folder) / name for name in names}
    return dict(sorted(found.items(), reverse=True))
