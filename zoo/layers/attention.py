"""Attention."""

import contextlib
import contextvars

from keras import ops

_RECORD = contextvars.ContextVar("attention_record", default=None)


@contextlib.contextmanager
def recording():
    """Collects the attention weights of every layer that runs inside the ``with`` block.

    Example::

        with recording() as maps:
            model(inputs)  # eagerly: not predict(), which runs a compiled graph
        maps["bert/block_0/attention"]  # [B, H, T, S]

    Yields:
        a dictionary: path of the layer -> NumPy array [B, H, T, S]; row t says
        where target place t looked, and sums to 1 over the S source places.
    """
    maps = {}
    token = _RECORD.set(maps)
    try:
        yield maps
    finally:
        _RECORD.reset(token)


def record(name, weights):
    """Keeps ``weights`` [B, H, T, S] under ``name`` while a :func:`recording` is open; else does nothing.

    Raises:
        RuntimeError: inside a compiled function, where there are no numbers to keep.
    """
    maps = _RECORD.get()
    if maps is None:
        return
    try:
        maps[name] = ops.convert_to_numpy(weights)
    except (NotImplementedError, TypeError) as error:
        raise RuntimeError(
            f"attention of {name!r} cannot be recorded inside a compiled function: call model(inputs) directly."
        ) from error
