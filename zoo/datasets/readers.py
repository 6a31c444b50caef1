"""Readers of text formats; each says file and line of what it cannot read.

Only a line feed ends a line (after an optional carriage return):
``str.splitlines`` would also cut at characters such as U+2028 or U+0085, which
occur inside sentences, and parallel files would lose step.
"""

import gzip
import zipfile
from pathlib import Path

from zoo.datasets import DataError


def text_of(path, member=None):
    """The text of a UTF-8 file, ``.gz`` unpacked, without byte order mark, lines ended by a line feed.

    Args:
        path: the file.
        member: a file inside ``path``, if that is a ZIP archive.

    Raises:
        DataError: no such file, empty, or invalid UTF-8, with its line.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    if member:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(member)
    else:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise malformed(path, line, f"byte 0x{content[error.start]:02x} is not valid UTF-8", "text in UTF-8") from error
    if not text.strip():
        raise DataError(f"{path}: the file is empty.")
    return text.replace("\r\n", "\n")


def lines_of(path, member=None):
    """The lines of a text file, without line ends; see :func:`text_of`."""
    lines = text_of(path, member).split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def malformed(path, line, problem, expected):
    """The error for a malformed line: ``file:line: what is wrong; expected ...``."""
    return DataError(f"{path}:{line}: {problem}; expected {expected}.")


def parallel(first, second):
    """Pairs of lines of two files that are translations of each other, line by line.

    Raises:
        DataError: the files do not have the same number of lines.
    """
    sources, targets = lines_of(first), lines_of(second)
    if len(sources) != len(targets):
        raise DataError(
            f"{first} has {len(sources):,} lines and {second} has {len(targets):,}; "
            "expected as many in both: line n of one is the translation of line n of the other."
        )
    return list(zip(sources, targets, strict=True))
