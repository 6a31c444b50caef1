"""Finds the files of a corpus: in ``ZOO_DATA``, in the cache, or at their address.

A file is used only if its size and checksum are those of the catalogue, so a
download that broke off or a copy that went wrong cannot pass as data.
"""

import contextlib
import hashlib
import os
import sys
import tempfile
from functools import cache
from pathlib import Path

from zoo.datasets import DataError
from zoo.datasets.catalogue import CORPORA, corpus


def locate(corpus_name, file_name, *others):
    """The path of a corpus file, verified; downloads it if it is nowhere.

    Looks in the folder that the environment variable ``ZOO_DATA`` names, then
    in the cache (``ZOO_CACHE``, or ``~/.cache/keras-nlp-zoo``); a download goes
    into the cache.

    Args:
        corpus_name: a name of the catalogue, e.g. ``"multi30k"``.
        file_name: a file of that corpus, e.g. ``"train.de.gz"``.
        others: files that serve as well, if one of them is here and ``file_name`` is not.

    Raises:
        UnknownNameError: no such corpus or file.
        DataError: the file is corrupt or truncated; or it is not here and cannot be downloaded.
    """
    files = [corpus(corpus_name).file(name) for name in (file_name, *others)]
    file, path = next(((file, path) for file in files if (path := _find(file))), (files[0], None))
    if path is None:
        return _download(file)
    problem = _problem(path, file)
    if problem:
        again = f"Delete it, and it will be downloaded again from {file.address}, or put" if file.address else "Put"
        raise DataError(f"{path} is corrupt: {problem}. {again} a good copy in its place.")
    return path


def corpora_status():
    """What ``zoo data`` shows: a dictionary for each corpus.

    ``present`` is "yes", "no", "partly" (some of the files; e.g. one direction
    of translation) or "corrupt"; ``places`` are the folders where files were
    found, ``problems`` one line for each corrupt file.
    """
    return [_status(entry) for entry in CORPORA.values()]


def cache_folder():
    """Where downloads are kept."""
    return Path(os.environ.get("ZOO_CACHE") or Path.home() / ".cache" / "keras-nlp-zoo")


def _data_folder():
    """The folder named by ``ZOO_DATA``, or None."""
    given = os.environ.get("ZOO_DATA")
    if given and not Path(given).is_dir():
        raise DataError(f"ZOO_DATA is {given!r}, which is not a folder. Correct it, or unset it to use downloads.")
    return Path(given) if given else None


def _find(file):
    """The path where a catalogue file lies, or None; ``ZOO_DATA`` comes before the cache."""
    for folder in (_data_folder(), cache_folder()):
        if folder is not None and (folder / file.path).is_file():
            return folder / file.path
    return None


def _problem(path, file):
    """What is wrong with the file at ``path``, or None."""
    found = path.stat()
    if found.st_size != file.bytes:
        return f"expected {file.bytes:,} bytes, found {found.st_size:,}"
    sha256 = _sha256(path, found.st_size, found.st_mtime_ns)
    if sha256 != file.sha256:
        return f"expected sha256 {file.sha256}, found {sha256}"
    return None


@cache
def _sha256(path, size, modified):
    """Checksum of a file; size and time of modification make a changed file a new question."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@contextlib.contextmanager
def arrival(target):
    """A temporary folder beside a place in the cache.

    What is downloaded into it gets its name in one step, when it is whole: no other process ever sees half of it.

    Args:
        target: the Path that it will have.

    Raises:
        DataError: there can be no cache folder.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = tempfile.TemporaryDirectory(dir=target.parent, prefix="download-")
    except OSError as error:
        raise DataError(f"cannot write into the cache ({error}). Set ZOO_CACHE to another folder.") from error
    with folder as name:
        yield Path(name)


def _download(file):
    """Downloads a file into the cache and returns its path."""
    target = cache_folder() / file.path
    if file.address is None:
        raise DataError(f"{file.path} is not here, and nobody publishes it: it is found in a ZOO_DATA that has it.")
    with arrival(target) as folder:
        import keras  # here, because it takes seconds and most look-ups need no download

        try:
            with contextlib.redirect_stdout(sys.stderr):  # the progress bar; standard output is for results
                path = keras.utils.get_file(
                    file.name, file.address, file_hash=file.sha256, hash_algorithm="sha256",
                    cache_dir=folder, cache_subdir="",
                )  # fmt: skip
        except Exception as error:  # get_file raises bare Exception when the network fails
            raise DataError(
                f"{file.path} is not here and cannot be downloaded from {file.address} ({error}). "
                f"Download it elsewhere and put it at {target}, or at {file.path} in a folder named by ZOO_DATA."
            ) from error
        os.replace(path, target)
    return target


def _status(entry):
    found = {file: path for file in entry.files if (path := _find(file)) is not None}
    problems = [f"{path}: {problem}" for file, path in found.items() if (problem := _problem(path, file))]
    if problems:
        present = "corrupt"
    elif len(found) == len(entry.files):
        present = "yes"
    else:
        present = "partly" if found else "no"
    return {
        "name": entry.name,
        "title": entry.title,
        "languages": list(entry.languages),
        "examples": entry.examples,
        "bytes": entry.bytes,
        "licence": entry.licence,
        "present": present,
        "places": sorted({str(path.parent) for path in found.values()}),
        "problems": problems,
        "files": [{"path": file.path, "address": file.address, "bytes": file.bytes} for file in entry.files],
        "citation": entry.citation,
    }
