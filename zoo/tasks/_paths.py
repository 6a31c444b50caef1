"""Which files the user's own data are: named one by one, or a folder with one for each part."""

import os
from pathlib import Path

from zoo.datasets import DataError

OTHER_NAMES = {"train": ("training",), "validation": ("dev", "val", "valid"), "test": ("testing",)}  # of files of parts


def absolute_paths(data):
    """The data as absolute paths, each once: what is given are paths, or several in one string with commas between.

    Raises:
        DataError: something is no path, or names the same file as another.
    """
    paths = [path for given in data for path in _named(given)]
    seen = set()
    for path in paths:
        if path.resolve() in seen:
            raise DataError(f"data names {path} twice: give each file once.")
        seen.add(path.resolve())
    return list(map(str, paths))


def _named(given):
    """The paths in one of the data; a file that exists may have a comma in its name."""
    if not isinstance(given, (str, os.PathLike)):
        raise DataError(f"data takes paths of files or of a folder, and {given!r:.200} is no path.")
    given = str(given)
    if not given:
        raise DataError("data names no file: '' was given.")
    paths = [given] if Path(given).exists() else given.split(",")
    return [Path(path).absolute() for path in paths]


def only_folder(data):
    """The folder, where the data are one; else None."""
    return Path(data[0]) if len(data) == 1 and Path(data[0]).is_dir() else None


def files(data):
    """The data as files; DataError for a folder beside others."""
    paths = [Path(path) for path in data]
    folders = [path for path in paths if path.is_dir()]
    if folders:
        raise DataError(
            f"data names the folder {folders[0]} beside {len(paths) - 1} other(s): give one folder with train.*, "
            "validation.* and test.* in it and nothing else, or files and no folder."
        )
    return paths


def split_files(folder, splits):
    """{split: files} of a folder whose files are named after the splits; None for another, and without a folder."""
    if not folder:
        return None
    every = sorted(path for path in folder.iterdir() if path.is_file())
    found = {split: [path for path in every if path.name.split(".")[0] == split] for split in splits}
    missing = [split for split in splits if not found[split]]
    hint = _by_other_names(every, missing)
    if 0 < len(missing) < len(found) or hint.count(" to ") >= len(found):
        lacking = " and no file ".join(f"{split}.*" for split in missing)
        raise DataError(f"{folder} has no file {lacking}; expected train.*, validation.* and test.*.{hint}")
    return None if missing else found


def _by_other_names(paths, missing):
    """What files are to be called that are likely to be the parts that are missing."""
    renamed = [
        f"{path.name} to {'.'.join([split, *path.name.split('.')[1:]])}"
        for split in missing
        for path in paths
        if path.name.split(".")[0].lower() in (split, *OTHER_NAMES.get(split, ()))
    ]
    return f" Rename {', '.join(renamed)}." if renamed else ""
