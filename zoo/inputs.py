"""What a backbone is called with: a dictionary of ids and masks, and the error for anything else.

Only names, ranks and dtypes are looked at. They are known before anything is computed, so that a traced step is not
slower.

Shapes: B batch, T target or query length, S source length.
"""


def dtype_of(name):
    """The dtype of the input ``name``: "bool" for a mask, "int32" for ids."""
    return "bool" if name.endswith("mask") else "int32"


def check_inputs(model, names, inputs):
    """Refuses what a model cannot read.

    Args:
        model: str, what the model is called in the error.
        names: the inputs that it needs; others are left alone.
        inputs: what it was given.

    Raises:
        ValueError: not a dictionary with a tensor of two axes for each name, or ids that are no integers.
    """
    if isinstance(inputs, dict) and all(_is_right(name, inputs.get(name)) for name in names):
        return
    sizes = {name: "[B, S]" if name.startswith("encoder") else "[B, T]" for name in names}
    wanted = ", ".join(f'"{name}": {dtype_of(name)} {size}' for name, size in sizes.items())
    raise ValueError(
        f"{model} takes a dictionary of tensors, {{{wanted}}}, with masks that are True for real tokens, not "
        f"{_described(inputs)}."
    )


def _is_right(name, value):
    """Whether ``value`` can be the input ``name``; ids may have any integer dtype, masks may be 0 and 1."""
    shape = getattr(value, "shape", None)
    return shape is not None and len(shape) == 2 and (name.endswith("mask") or "float" not in str(value.dtype))


def _described(inputs):
    """What was given: ``{"token_ids": int64 [1, 3]}``, ``int64 [1, 3]``, ``a list``."""
    if isinstance(inputs, dict):
        return "{" + ", ".join(f'"{name}": {_described(value)}' for name, value in inputs.items()) + "}"
    if not hasattr(inputs, "shape"):
        return f"a {type(inputs).__name__}"
    dtype = str(getattr(inputs.dtype, "name", inputs.dtype)).removeprefix("torch.")
    return f"{dtype} {list(inputs.shape)}"
