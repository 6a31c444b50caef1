"""The fields of a record of the user's own data, checked."""

import json

from zoo.datasets.readers import malformed

LONGEST = 100_000  # characters of a text to be judged or translated: a longer one is a file without line ends


def text(record, name, path, line, longest=LONGEST):
    """The text of a record's field ``name``, without white space around it.

    Raises:
        DataError: the field is missing, empty, not a string, or has more than ``longest`` characters.
    """
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise malformed(path, line, f"{name!r} is {found(record, name)}", f"a text that is not empty for {name!r}")
    if longest:
        _check_length("a text", len(value), name, path, line, longest)
    return value.strip()


def strings(record, name, path, line):
    """The list of strings in a record's field ``name``; DataError if it is something else, or longer than a text."""
    value = record.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item.strip() for item in value):
        problem = f"{name!r} is {found(record, name)}"
        raise malformed(path, line, problem, f"a list of strings, none empty, for {name!r}")
    _check_length("strings", sum(map(len, value)), name, path, line, LONGEST)
    return value


def found(record, name):
    """What a record has in a field, as it stands in the file: ``missing``, ``'a text'``, ``null``."""
    if name not in record:
        return "missing"
    value = record[name]
    written = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{written:.60}"


def _check_length(what, characters, name, path, line, longest):
    if characters > longest:
        expected = f"at most {longest:,} for {name!r} (is a line end missing?)"
        raise malformed(path, line, f"{what} of {characters:,} characters", expected)
