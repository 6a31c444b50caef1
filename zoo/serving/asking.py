"""Answers of an export as :func:`zoo.predict` gives them, whichever of :mod:`zoo.serving.clients` asks it."""

import numpy as np
import tensorflow as tf

from zoo.records import records_of
from zoo.registry import KINDS
from zoo.samplers import Sample, check_number
from zoo.serving.clients import ClientError
from zoo.serving.deployment import MOST_ROWS
from zoo.serving.served_model import DEFAULT_SIGNATURE

DRAWING = ("temperature", "top_k", "top_p")
SETTINGS = ("max_tokens", *DRAWING, "seed")
LARGEST = 2**31 - 1  # an int32


def predict(client, records, batch_size=MOST_ROWS, **settings):
    """Answers as :func:`zoo.predict` gives them.

    Args:
        client: from :func:`zoo.serving.clients.connect`.
        records: as for :func:`zoo.predict`.
        batch_size: texts of one request; of more TF Serving refuses to answer any, configured as ``zoo export`` does.
        **settings: of ``SETTINGS``, where the model generates; with a seed, text i draws with ``seed + i``.

    Returns:
        A list with one dictionary for each record, output -> value.

    Raises:
        ClientError: the model does not generate, or the server refuses.
        ValueError: a record or a setting that is not possible, as for a run.
    """
    settings = {name: value for name, value in settings.items() if value is not None}
    names = fields(client)
    signature = "generate" if settings else DEFAULT_SIGNATURE
    records = records_of(records, names)
    _check(client, settings, len(records))
    if set(settings) & {"top_k", "top_p", "seed"}:
        settings.setdefault("temperature", 1.0)  # who says how to draw wants to draw
    answers = []
    for first in range(0, len(records), batch_size):
        some = records[first : first + batch_size]
        inputs = {name: np.array([record[name].encode() for record in some], object) for name in names}
        if settings:
            inputs |= _rows_of_settings(client.signatures[signature], settings, first, len(some))
        columns = client.ask(signature, inputs)
        answers += [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return answers


def fields(client):
    """The names of a model's texts, in the order in which its kind of task has them.

    Raises:
        ClientError: the model is none that ``zoo export`` wrote.
    """
    if DEFAULT_SIGNATURE not in client.signatures:
        found = ", ".join(sorted(client.signatures)) or "none"
        raise ClientError(f"this model has no signature {DEFAULT_SIGNATURE} to be asked; it has: {found}.")
    given = set(client.signatures[DEFAULT_SIGNATURE].inputs)
    for name in KINDS.names():
        order = KINDS.get(name).fields
        if isinstance(order, tuple) and set(order) == given:
            return order
    return tuple(sorted(given))


def _check(client, settings, count):
    """Refuses for ``count`` texts what a run would refuse, too, and seeds that an export would not keep to."""
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise ClientError(f"{unknown[0]} is not possible here; exports take {', '.join(SETTINGS)}.")
    if settings and "generate" not in client.signatures:
        raise ClientError(f"{', '.join(settings)}: this model writes no text; leave out what chooses words.")
    Sample(**{name: settings[name] for name in DRAWING if name in settings})
    check_number("max_tokens", settings.get("max_tokens"), lambda x: x >= 1, "at least 1")
    last = LARGEST + 1 - max(count, 1)
    possible = f"from 0 to {last}: text i draws with seed + i, and an export reads 31 bits"
    check_number("seed", settings.get("seed"), lambda x: 0 <= x <= last, possible)


def _rows_of_settings(definition, settings, first, count):
    """Each setting for each of ``count`` texts, of which the first is number ``first``."""
    columns = {}
    for name in SETTINGS:
        default = definition.defaults[name]
        value = settings.get(name, tf.make_ndarray(default)[0])
        columns[name] = np.full([count], min(value, LARGEST), tf.as_dtype(default.dtype).as_numpy_dtype)
    if "seed" in settings:
        columns["seed"] += np.arange(first, first + count, dtype=columns["seed"].dtype)
    return columns
