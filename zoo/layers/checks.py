"""Sizes that cannot work are refused before a model is built."""

import dataclasses
import math


def check_sizes(config):
    """Checks the settings that the configurations of the families have in common.

    Args:
        config: a dataclass; each setting that is a whole number counts something and must be at least 1,
            ``dropout`` is a rate, ``initializer_range`` a standard deviation, and ``num_heads`` divides ``hidden_dim``,
            where there are such settings.

    Raises:
        ValueError: names the setting, its value and what is possible.
    """
    values = dataclasses.asdict(config)
    for field in dataclasses.fields(config):
        value = values[field.name]
        if field.type not in (float, "float") and isinstance(value, int) and not isinstance(value, bool) and value < 1:
            raise ValueError(f"{field.name} must be at least 1, not {value}.")
    if not 0 <= values["dropout"] < 1:
        raise ValueError(f"dropout is the share of values set to zero, from 0 to below 1, not {values['dropout']}.")
    if not 0 < values.get("initializer_range", 1) < math.inf:
        raise ValueError(f"initializer_range must be positive and finite, not {values['initializer_range']}.")
    if "num_heads" in values:
        check_heads(values["num_heads"], values["hidden_dim"])


def check_heads(num_heads, hidden_dim):
    """Raises ValueError unless ``num_heads`` divides ``hidden_dim``."""
    if num_heads < 1 or hidden_dim % num_heads:
        raise ValueError(
            f"hidden_dim {hidden_dim} cannot be split into {num_heads} heads of equal size: "
            "choose num_heads so that it divides hidden_dim."
        )


def check_length(length, max_sequence_length):
    """Raises ValueError if a length that is known before the model runs is above the maximum."""
    if isinstance(length, int) and length > max_sequence_length:
        raise ValueError(
            f"a sequence of {length} tokens is longer than max_sequence_length {max_sequence_length} of this model: "
            "cut the text, or create the model with a larger max_sequence_length."
        )
