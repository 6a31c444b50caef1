"""Where an export can be asked: in a folder, or at a server's address."""

import re
from pathlib import Path

FILE = "saved_model.pb"


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
    found = [path.parent for path in folder.glob(f"*/{FILE}") if re.fullmatch("[0-9]+", path.parent.name)]
    return max(found, key=lambda path: int(path.name), default=None)
