"""Small things all layouts do with files."""

import json

from zoo.pretrained.errors import PretrainedError

# What a checkout without Git LFS has in place of a large file.
LFS_POINTER = b"version https://git-lfs"


def read_json(path):
    """The contents of a JSON file, a dictionary.

    Raises:
        PretrainedError: it is missing or damaged.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PretrainedError(f"{path} is missing.") from error
    except ValueError as error:
        raise PretrainedError(f"{path} is damaged ({error}); get it again.") from error
    if not isinstance(content, dict):
        raise PretrainedError(f"{path} is damaged (it holds no dictionary); get it again.")
    return content


def read_config_of(path):
    """The entry ``config`` of a JSON file of keras-hub, a dictionary.

    Raises:
        PretrainedError: see :func:`read_json`; or there is no such entry.
    """
    config = read_json(path).get("config")
    if not isinstance(config, dict):
        raise PretrainedError(f"{path} is damaged (its entry config is no dictionary); get it again.")
    return config


def check_large_file(path):
    """Raises PretrainedError unless there is a file of weights, and not only a pointer to one."""
    if not path.is_file():
        raise PretrainedError(f"{path} is missing.")
    with open(path, "rb") as file:
        if file.read(len(LFS_POINTER)) == LFS_POINTER:
            raise PretrainedError(f"{path} only points to the weights, which Git LFS keeps: 'git lfs pull' gets them.")
