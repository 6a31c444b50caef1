"""How many parameters a model has, and where, without the memory to hold them."""

import math
from concurrent.futures import ThreadPoolExecutor

import keras


def count_parameters(model_class, config):
    """Counts the parameters of a model that is never filled with numbers.

    The weights exist as shapes only, so that GPT-2 XL is counted in seconds
    and in a few megabytes.

    Args:
        model_class: a :class:`zoo.base.Backbone`, or any function of ``config`` that returns a Keras layer.
        config: what it takes, e.g. an instance of the family's ``Config``.

    Returns:
        int.
    """
    return _of_shapes(lambda: model_class(config).count_params())


def count_by_part(model_class, config):
    """Counts the parameters of each part, in the order in which they were made (with PyTorch lists first).

    Returns:
        ``{attribute of the model: int}``; a list of equal layers is one part, weights of the model itself are "own".
    """
    return _of_shapes(lambda: _parts(model_class(config)))


def _of_shapes(measure):
    """Calls ``measure`` where new weights have shapes but no values."""

    def without_values():
        with keras.StatelessScope(initialize_variables=False):
            return measure()

    # Keras remembers weights without values, to fill them later: a list for each thread, and this thread ends here.
    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(without_values).result()


def _parts(model):
    parts, seen = {}, set()
    children = getattr(model, "named_children", dict)()  # PyTorch keeps layers, but not lists of them, here
    for name, value in {**vars(model), **dict(children)}.items():
        layers = value if isinstance(value, (list, tuple)) else [value]
        layers = [layer for layer in layers if isinstance(layer, keras.layers.Layer)]
        # A weight that two parts share counts in the first.
        weights = [weight for layer in layers for weight in layer.weights if id(weight) not in seen]
        if name.startswith("_") or not weights:
            continue
        seen.update(map(id, weights))
        parts[name] = _size(weights)
    own = [weight for weight in model.weights if id(weight) not in seen]
    return {**parts, "own": _size(own)} if own else parts


def _size(weights):
    return sum(math.prod(weight.shape) for weight in weights)
