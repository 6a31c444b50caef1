"""Where an export can be asked: in a folder, or at a server's address."""

import re
from pathlib import Path

FILE = "saved_model.pb"
VERSION = re.compile("[0-9]{1,18}")  # its number is one of 64 bits


def is_address(place):
    """Whether this is the address of a server."""
    return isinstance(place, str) and re.match(r"(https?|grpc)://", place) is not None


def is_export(place):
    """Whether this is the folder of an exported model, or of one of its versions."""
    return not is_address(place) and newest_version(place) is not None


def newest_version(folder):
    """The folder of the newest version of an export, or this folder if it is a version; None if it is neither."""
    folder = Path(folder)
    if (folder / FILE).exists():
        return folder
    return next((version for version in versions(folder).values() if (version / FILE).exists()), None)


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
