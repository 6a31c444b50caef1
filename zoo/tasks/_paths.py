"""Which files the user's own data are: named one by one, or a folder with one for each part."""

from pathlib import Path

from zoo.datasets import DataError


def absolute_paths(given):
    """One path, or several with commas between them; a file that exists may have a comma in its name."""
    given = str(given)
    if not given:
        raise DataError("data names no file: '' was given.")
    paths = [given] if Path(given).exists() else given.split(",")
    return [str(Path(path).absolute()) for path in paths]


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
    if 0 < len(missing) < len(found):
        raise DataError(f"{folder} has no file {missing[0]}.*; expected train.*, validation.* and test.*.")
    return None if missing else found
