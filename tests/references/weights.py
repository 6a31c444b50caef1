"""One set of numbers for the weights of several libraries, which name and shape them differently.

A weight is called by its place in the zoo's models, e.g. ``bert.blocks.0.attention.query.kernel``, and a matrix is
[in, out]; keys and values, which the zoo keeps side by side, have a name each. For each library ``view_of(arrays)``
gives a function ``view(name)``, which says where that weight stands in the library's arrays: a NumPy *view*, through
which numbers are written into weights and read from gradients, so that one table of names serves both.
"""

from types import SimpleNamespace

import numpy as np
from keras import ops

from tests.backends import with_gradients
from tests.references import draw

NAMES_OF_KIND = {"norm": ("gamma", "beta"), "embedding": ("embeddings",), "positions": ("embeddings",)}


def weight_names(table):
    """The names of all weights of the layers in ``table``; a name that ends in "bias" is that of a single weight."""
    for layer in table:
        if layer.endswith(".bias"):
            yield layer
        else:
            kind = layer.split(".")[-1].split("_")[-1]
            yield from (f"{layer}.{weight}" for weight in NAMES_OF_KIND.get(kind, ("kernel", "bias")))


def per_block(num_layers, ours, theirs, table):
    """The table of one block for all of them: ``ours`` and ``theirs`` are prefixes, {} the number of the block."""
    return {ours.format(i) + our: theirs.format(i) + their for i in range(num_layers) for our, their in table.items()}


def fill(names, arrays, view_of):
    """Writes the numbers that belong to each name: none zero, those that multiply after a normalisation near 1.

    All but the matrices are small, so that what is said depends on the tokens, and an epsilon shows. No array may
    be left out: it would keep a comfortable value such as a bias of zero.
    """
    for array in arrays.values():
        array[...] = np.nan
    view = view_of(arrays)
    for name in names:
        place = view(name)
        is_matrix, multiplies = name.endswith("kernel"), name.endswith("gamma")
        place[...] = draw(name, place.shape, 0.3 if is_matrix or multiplies else 0.1, float(multiplies))
    for key, array in arrays.items():
        assert not np.isnan(array).any(), f"{key} is not filled"


def gradients(names, arrays, view_of):
    """Reads the gradients: ``{"gradient of NAME": array}``.

    A key's bias adds the same number to all scores of a target, which the softmax ignores: its gradient is
    zero but for rounding, and a relative difference of two roundings says nothing.
    """
    view = view_of(arrays)
    return {f"gradient of {name}": view(name).copy() for name in names if not name.endswith("key.bias")}


# -- Keras: arrays are {id of a variable: array} ----------------------------------------------------------------------


def zoo_view(models):
    """``view_of`` for models of the zoo: ``{first part of the names: model}``."""

    def view(arrays, name):
        *path, layer, weight = name.split(".")
        owner = SimpleNamespace(**models)
        for step in path:
            owner = owner[int(step)] if step.isdigit() else getattr(owner, step)
        if layer not in ("key", "value"):
            return arrays[id(getattr(getattr(owner, layer), weight))]
        array = arrays[id(owner.key_value.kernel if weight == "kernel" else owner.key_value.bias)]
        half = array.shape[-1] // 2
        return array[..., :half] if layer == "key" else array[..., half:]

    return lambda arrays: lambda name: view(arrays, name)


def keras_hub_view(variables, table):
    """``view_of`` for keras-hub's variables; ``table`` is {layer or single weight of the zoo: path in keras-hub}."""
    ids = {variable.path: id(variable) for variable in variables}

    def view(arrays, name):
        layer, weight = name.rsplit(".", 1)
        path = table.get(name) or f"{table[layer]}/{weight}"
        array = arrays[ids[path]]
        if weight == "bias":
            return array.reshape(-1)  # also [H, E] -> [D]
        if array.ndim == 3:  # [D, H, E], or the output's [H, E, D] -> [D, D]
            return array.reshape((-1, array.shape[2]) if "output" in path else (array.shape[0], -1))
        return array

    return lambda arrays: lambda name: view(arrays, name)


def all_variables(*layers):
    """The variables of all layers; one that several share is named once."""
    return list({id(variable): variable for layer in layers for variable in layer.weights}.values())


def fill_keras(names, variables, view_of):
    """:func:`fill` for Keras variables."""
    arrays = {id(variable): ops.convert_to_numpy(variable).copy() for variable in variables}
    fill(names, arrays, view_of)
    for variable in variables:
        variable.assign(arrays[id(variable)])


def keras_answers(answer, names, variables, view_of):
    """Runs ``answer() -> {name: tensor}``, of which one is the loss; adds the loss's gradients."""
    answers, found = with_gradients(answer, variables)
    arrays = {id(variable): array for variable, array in zip(variables, found, strict=True)}
    return {**answers, **gradients(names, arrays, view_of)}
