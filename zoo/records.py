"""What is asked, as records: a dictionary of texts for each question, whoever is to answer it."""

from collections.abc import Iterable, Mapping

from zoo.composed import composed


def records_of(inputs, fields):
    """Texts as people give them, as the records that kinds of task read.

    Args:
        inputs: list of dictionaries with the keys ``fields``, or of strings if there is but one field; one of either
            by itself is a list of one.
        fields: names of the texts of a record.

    Returns:
        List of dictionaries, field -> str, in NFC (:mod:`zoo.composed`).

    Raises:
        ValueError: an input is something else; says which, what it is, and what is possible.
    """
    wanted = "a text (str)" if len(fields) == 1 else f"a dictionary of the texts {list(fields)}"
    if isinstance(inputs, (str, Mapping)):
        inputs = [inputs]
    if isinstance(inputs, (bytes, bytearray)) or not isinstance(inputs, Iterable):
        raise ValueError(f"{_shown(inputs)} cannot be asked about; expected {wanted}, or a list of such.")
    return [_record(given, fields, number, wanted) for number, given in enumerate(inputs, 1)]


def name_of(number, field, fields):
    """What errors call a text: "text 2", or "the context of text 2" where a record has several ``fields``."""
    return f"text {number}" if len(fields) == 1 else f"the {field.replace('_', ' ')} of text {number}"


def _record(given, fields, number, wanted):
    if not isinstance(given, (str, Mapping)):
        raise ValueError(f"text {number} is {_shown(given)}; expected {wanted}.")
    record = {fields[0]: given} if isinstance(given, str) else dict(given)
    if set(record) != set(fields):
        raise ValueError(f"text {number} has the fields {list(record)}; this model needs {list(fields)}.")
    for field, text in record.items():
        name = name_of(number, field, fields)
        if not isinstance(text, str):
            raise ValueError(f"{name} is {_shown(text)}; expected a text (str).")
        if any("\ud800" <= letter <= "\udfff" for letter in text):  # so Python keeps bytes that are no letters
            raise ValueError(f"{name} is {text!a:.80}, which is not UTF-8; expected UTF-8.")
    return composed(record)


def _shown(value):
    """A value as an error names it."""
    return f"{' '.join(repr(value).split()):.60} ({type(value).__name__})"
