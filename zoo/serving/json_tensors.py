"""TF Serving's JSON to tensors and back (tensorflow.org/tfx/serving/api_rest).

A request has ``instances``, one object (or plain value) for each row, or
``inputs``, one list for each input; its answer ``predictions`` or ``outputs``
accordingly. Bytes are ``{"b64": "..."}``: in a request anywhere for a string,
in an answer where the output's name ends in ``_bytes``.
"""

import base64
import binascii
import json

import numpy as np
import tensorflow as tf

from zoo.serving.limits import invalid

ROWS, COLUMNS = "instances", "inputs"
DEEPEST = 8  # no tensor of ours has as many dimensions
ANSWERS = {ROWS: "predictions", COLUMNS: "outputs"}


def parse(body):
    """The document of a request's body, bytes -> dictionary.

    Raises:
        ServingError: it is no JSON, or no object.
    """
    try:
        document = json.loads(body)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise invalid(f"JSON Parse error: {error}") from error
    if not isinstance(document, dict):
        raise invalid(f"JSON Value: {_shown(document)} Is not object")
    if not isinstance(document.get("signature_name", ""), str):
        raise invalid("'signature_name' key must be a string value.")
    if ROWS in document and COLUMNS in document:
        raise invalid(f"expecting only one of '{COLUMNS}' or '{ROWS}' keys to exist")
    if ROWS not in document and COLUMNS not in document:
        raise invalid(f"Missing '{COLUMNS}' or '{ROWS}' key")
    return document


def to_arrays(document, definition):
    """The inputs of a request: name -> array. All inputs must be there, as TF Serving's REST interface demands.

    Args:
        document: from :func:`parse`.
        definition: the ``SignatureDef``.

    Raises:
        ServingError: a name, a type or a shape that does not fit.
    """
    types = {name: tf.as_dtype(info.dtype) for name, info in definition.inputs.items()}
    columns = _from_rows(document[ROWS], types) if ROWS in document else _from_columns(document[COLUMNS], types)
    return {name: _array(values, types[name], name) for name, values in columns.items()}


def to_document(outputs, key):
    """The answer to a request.

    Args:
        outputs: name -> array.
        key: ``ROWS`` or ``COLUMNS``, as it was asked.
    """
    columns = {name: _plain(value, as_bytes=name.endswith("_bytes")) for name, value in outputs.items()}
    if len(columns) == 1:
        (values,) = columns.values()
        return {ANSWERS[key]: values}
    if key == COLUMNS:
        return {ANSWERS[key]: columns}
    rows = zip(*columns.values(), strict=True)
    return {ANSWERS[key]: [dict(zip(columns, row, strict=True)) for row in rows]}


def _from_rows(rows, types):
    if not isinstance(rows, list):
        raise invalid(f"Excepting '{ROWS}' to be an list/array")
    if not rows:
        raise invalid(f"No values in '{ROWS}' array")
    if not _is_object(rows[0]):
        if len(types) > 1:
            raise invalid(f"{ROWS} is a plain list, but expecting list of objects as multiple input tensors required")
        if any(_is_object(row) for row in rows):
            raise invalid(f"Expecting value/list but got object in '{ROWS}'")
        return dict.fromkeys(types, rows)
    for i, row in enumerate(rows):
        if not _is_object(row) or set(row) != set(types):
            raise invalid(
                f"Failed to process element: {i} of '{ROWS}' list. JSON object: {_shown(row)} keys must be equal to: "
                f"{','.join(sorted(types))}"
            )
    return {name: [row[name] for row in rows] for name in types}


def _from_columns(columns, types):
    if not _is_object(columns):
        if len(types) > 1:
            raise invalid(
                f"{COLUMNS} is a plain value/list, but expecting an object as multiple input tensors required"
            )
        return dict.fromkeys(types, columns)
    missing = sorted(set(types) - set(columns))
    if missing:
        raise invalid(f"Missing named input: {missing[0]} in '{COLUMNS}' object.")
    return {name: columns[name] for name in types}


def _array(values, dtype, name):
    """Nested lists -> array; refuses what is not rectangular or of another type."""
    shape, first = [], values
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None
    if len(shape) > DEEPEST:
        raise invalid(f"input {name}: lists in more than {DEEPEST} levels")
    flat = []

    def collect(value, level):
        if not isinstance(value, list):
            if level != len(shape):
                raise invalid(f"input {name}: JSON Value: {_shown(value)} found at incorrect level: {level + 1}")
            flat.append(_scalar(value, dtype, name))
        elif level >= len(shape) or len(value) != shape[level]:
            raise invalid(f"input {name}: Encountered list at unexpected size: {len(value)} at level: {level}")
        else:
            for item in value:
                collect(item, level + 1)

    collect(values, 0)
    array = np.empty(len(flat), object if dtype == tf.string else dtype.as_numpy_dtype)
    array[:] = flat
    return array.reshape(shape)


def _scalar(value, dtype, name):
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if dtype == tf.string:
        if isinstance(value, str):
            try:
                return value.encode()
            except UnicodeEncodeError as error:  # half of a surrogate pair
                raise invalid(f"input {name}: JSON Value: {_shown(value)} is no valid Unicode") from error
        if isinstance(value, dict) and list(value) == ["b64"] and isinstance(value["b64"], str):
            try:
                return base64.b64decode(value["b64"], validate=True)
            except (binascii.Error, ValueError) as error:
                raise invalid(f"input {name}: Unable to base64 decode") from error
    elif dtype.is_bool:
        if isinstance(value, bool):
            return value
    elif dtype.is_integer:
        if is_number and isinstance(value, int) and dtype.min <= value <= dtype.max:
            return value
    elif is_number and (abs(value) <= float(dtype.max) or value != value or abs(value) == float("inf")):
        return value
    raise invalid(
        f"input {name}: JSON Value: {_shown(value)} Type: {type(value).__name__} is not of expected type: {dtype.name}"
    )


def _plain(array, as_bytes):
    """An array as nested lists of plain values."""
    if array.dtype.kind in "OS":
        return _each(array.tolist(), _bytes if as_bytes else _text)
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        # The fewest digits that tell a float32 from its neighbours.
        return array.astype(str).astype("float64").tolist()
    return array.tolist()


def _each(value, function):
    return [_each(item, function) for item in value] if isinstance(value, list) else function(value)


def _text(value):
    return value.decode("utf-8", errors="replace")


def _bytes(value):
    return {"b64": base64.b64encode(value).decode()}


def _is_object(value):
    return isinstance(value, dict) and list(value) != ["b64"]


def _shown(value):
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else f"{text[:100]}..."
