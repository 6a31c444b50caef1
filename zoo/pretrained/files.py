"""Small things all layouts do with files."""

import json

from zoo.pretrained.errors import PretrainedError


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
        raise PretrainedError(f"{path} holds no dictionary.")
    return content
