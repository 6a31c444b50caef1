"""Weights under the names of others <-> weights under ours: what the tables in :mod:`zoo.pretrained.tables` mean.

Our names are the attributes of the model: ``blocks.0.attention.query.kernel`` is
``backbone.blocks[0].attention.query.kernel``. The tables speak of keys and values as layers of
their own; in the zoo they lie side by side in one, ``key_value`` (:func:`fuse`, :func:`unfuse`).

Shapes: V vocabulary, P positions, G segments, D hidden_dim, F intermediate_dim, H heads, E size of
one head, C classes. A kernel is [inputs, outputs].
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from zoo.pretrained.errors import PretrainedError, names


@dataclasses.dataclass(frozen=True)
class Form:
    """How an array lies in a file of others.

    Args:
        theirs: (array as it is here, number of heads) -> array as it lies there.
        ours: (array as it lies there, its shape here) -> array as it is here.
    """

    theirs: Callable
    ours: Callable


SAME = Form(lambda array, heads: array, lambda array, shape: array)
TRANSPOSED = Form(lambda array, heads: array.T, lambda array, shape: array.T)
OUTPUT_HEADS = Form(  # [..., D] -> [..., H, E]
    lambda array, heads: array.reshape(*array.shape[:-1], heads, -1), lambda array, shape: array.reshape(shape)
)
INPUT_HEADS = Form(  # [D, D] -> [H, E, D]
    lambda array, heads: array.reshape(heads, -1, array.shape[-1]), lambda array, shape: array.reshape(shape)
)


@dataclasses.dataclass(frozen=True)
class Table:
    """The weights of one family in one layout.

    Args:
        backbone: rows ``(their layer, our layer or layers, weights, shape)``. ``{i}`` counts the blocks.
            Several layers of ours lie there side by side in one. ``weights`` are triples (ending of
            their name, our attribute, form). ``shape`` is that of the kernel or vector, a letter an axis.
        heads: name of a part of a head -> rows of the same kind; a file has all of a part or nothing.
        repeated: name of an array that says nothing new -> function (array, all arrays) -> whether that is so.
    """

    backbone: tuple
    heads: dict = dataclasses.field(default_factory=dict)
    repeated: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Weight:
    """An array of a file: its name there, what it becomes here, each of that shape."""

    theirs: str
    ours: tuple
    shape: tuple
    form: Form
    num_heads: int

    @property
    def joined(self):
        """The shape of all of ours side by side."""
        return (*self.shape[:-1], len(self.ours) * self.shape[-1])

    @property
    def their_shape(self):
        return self.form.theirs(np.broadcast_to(np.float32(0), self.joined), self.num_heads).shape

    def read(self, array):
        """Their array -> {our name: array}."""
        parts = np.split(self.form.ours(array, self.joined), len(self.ours), axis=-1)
        return dict(zip(self.ours, parts, strict=True))

    def write(self, weights):
        """{our name: array} -> their array."""
        joined = np.concatenate([weights[name] for name in self.ours], axis=-1)
        return np.ascontiguousarray(self.form.theirs(joined, self.num_heads))


def expand(rows, sizes):
    """The rows of a table as a :class:`Weight` for each array; ``sizes``: letter -> size, "L" the number of blocks."""
    found = []
    for layer, ours, weights, letters in rows:
        ours = (ours,) if isinstance(ours, str) else ours
        for i in range(sizes["L"] if "{i}" in ours[0] else 1):
            for ending, attribute, form in weights:
                shape = tuple(sizes[letter] for letter in (letters[-1:] if attribute == "bias" else letters))
                names_here = tuple(f"{_numbered(name, i)}.{attribute}" for name in ours)
                found.append(Weight(_numbered(layer, i) + ending, names_here, shape, form, sizes["H"]))
    return found


def _numbered(name, i):
    """``{_i}``: keras-hub gives the first of several layers no number."""
    return name.replace("{i}", str(i)).replace("{_i}", f"_{i}" if i else "")


def read(table, sizes, arrays, source, original=None):
    """Arrays of a file -> the backbone's weights, and those of the head parts that the file has.

    Args:
        table: a :class:`Table`.
        sizes: letter -> size.
        arrays: {name as in the table: array}.
        source: what error messages call the file.
        original: {name as in the table: name as in the file}, where they differ.

    Returns:
        {our name: float32 array}, names of head parts as in the table.

    Raises:
        PretrainedError: lists what is missing, left over or of another shape, by name.
    """
    if sizes["L"] > len(arrays):  # before a name is made for each weight of each layer
        raise PretrainedError(f"{source} has {len(arrays)} arrays: too few for the {sizes['L']} layers it speaks of.")
    called = {**{name: name for name in arrays}, **(original or {})}
    wanted = expand(table.backbone, sizes)
    for rows in table.heads.values():
        part = expand(rows, sizes)
        if any(weight.theirs in arrays for weight in part):
            wanted += part
    missing = [weight.theirs for weight in wanted if weight.theirs not in arrays]
    repeated = {_numbered(name, i): says for name, says in table.repeated.items() for i in range(sizes["L"])}
    left_over = sorted(set(arrays) - {weight.theirs for weight in wanted} - set(repeated))
    other_shapes = [
        f"{called[weight.theirs]} is {arrays[weight.theirs].shape} in place of {weight.their_shape}"
        for weight in wanted
        if weight.theirs in arrays and arrays[weight.theirs].shape != weight.their_shape
    ]
    problems = [
        f"{what}: {names(found)}"
        for what, found in (
            ("missing", missing),
            ("left over", [called[name] for name in left_over]),
            ("of another shape", other_shapes),
        )
        if found
    ]
    if problems:
        raise PretrainedError(f"the weights in {source} are not those that its configuration describes; "
                              f"{'; '.join(problems)}.")  # fmt: skip
    untied = [name for name, repeats in repeated.items() if name in arrays and not repeats(arrays[name], arrays)]
    if untied:
        raise PretrainedError(
            f"{names([called[name] for name in untied])} in {source} should repeat other weights (or be a "
            "plain mask) and has numbers of its own: the zoo's family has no such weights."
        )
    weights = {}
    for weight in wanted:
        weights.update(weight.read(_float32(arrays[weight.theirs], weight.theirs, source)))
    return fuse(weights)


def write(table, parts, sizes, weights):
    """Our weights -> {their name: array} of the backbone and of some ``parts`` of heads."""
    weights = unfuse(weights)
    rows = [*table.backbone, *(row for part in parts for row in table.heads[part])]
    return {weight.theirs: weight.write(weights) for weight in expand(rows, sizes)}


def fuse(weights):
    """Puts keys and values side by side, as :class:`zoo.layers.attention.MultiHeadAttention` has them."""
    fused = {}
    for name, array in weights.items():
        if ".key." in name:
            array = np.concatenate([array, weights[name.replace(".key.", ".value.")]], axis=-1)
        if ".value." not in name:
            fused[name.replace(".key.", ".key_value.")] = array
    return fused


def unfuse(weights):
    """The contrary of :func:`fuse`."""
    parts = {}
    for name, array in weights.items():
        if ".key_value." in name:
            for part, half in zip(("key", "value"), np.split(array, 2, axis=-1), strict=True):
                parts[name.replace(".key_value.", f".{part}.")] = half
        else:
            parts[name] = array
    return parts


def _float32(array, name, source):
    if array.dtype.kind in "iub":
        raise PretrainedError(f"{name} in {source} is {array.dtype}: quantised weights are not read, only floats.")
    array = np.ascontiguousarray(array, "float32")
    if not np.isfinite(array).all():
        raise PretrainedError(f"{name} in {source} has values that are infinite or no numbers: get the file again.")
    return array
