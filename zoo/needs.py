"""The least memory that a training needs, so that one which cannot end well is refused before it begins.

What is counted is needed in any case; a training that is not refused may still be too large.
"""

import dataclasses
import math

import tensorflow as tf

from zoo.memory import physical_memory
from zoo.parameters import count_parameters
from zoo.settings import SettingError

# Bytes of each parameter while a checkpoint is written: itself, its best value so far, what is written of it; if it
# learns, Adam's two moments, twice as well.
LEARNING, FROZEN = 28, 12


def check_weights(model_class, config, learns=True):
    """Refuses a model that is too large to be trained here, before its weights are made, for that takes long.

    Args:
        model_class: a :class:`zoo.base.Backbone`.
        config: its settings.
        learns: whether its weights do, and not only a head's or a prompt's.

    Raises:
        SettingError: what is needed at least is more than the machine has.
    """
    present, each = _memory(), LEARNING if learns else FROZEN
    sizes = {name: value for name, value in dataclasses.asdict(config).items() if type(value) is int}
    # A layer has (far) less weights than the square of all sizes: only few models must be counted.
    if each * sizes.get("num_layers", 1) * sum(sizes.values()) ** 2 < present:
        return
    parameters = _count(model_class, config)
    if each * parameters > present:
        greatest = max(sizes, key=sizes.get)
        raise SettingError(
            f"{model_class.registered_name} with {greatest}={sizes[greatest]} needs {_gigabytes(each * parameters)} to "
            f"train its weights, this machine has {_gigabytes(present)}: choose a smaller {greatest}"
            f"{' (of the texts: max_length)' if greatest == 'max_sequence_length' else ''}, or a smaller preset."
        )


def check_batch(config, batch_size, tokens, precision):
    """Refuses batches that do not fit, by what the backward pass needs of each layer: hidden states, attention weights.

    Args:
        config: the settings of a family.
        batch_size: texts that are computed at once.
        tokens: of the longest text.
        precision: what layers compute in.

    Raises:
        SettingError: what is needed at least is more than the machine has.
    """
    present = _memory()
    layers, dim, heads = (getattr(config, name, 0) for name in ("num_layers", "hidden_dim", "num_heads"))
    needed = batch_size * tokens * layers * (dim + heads * tokens) * (4 if precision == "float32" else 2)
    if needed > present:
        raise SettingError(
            f"a batch of {batch_size} texts of {tokens} tokens needs {_gigabytes(needed)} at least, this machine has "
            f"{_gigabytes(present)}: choose a smaller batch_size, more parts (accumulation), or a smaller max_length."
        )


def _count(model_class, config):
    """Parameters of a model; of many layers only two are made, for they are alike."""
    layers = getattr(config, "num_layers", 1)
    if layers < 3:
        return count_parameters(model_class, config)
    one, two = (count_parameters(model_class, dataclasses.replace(config, num_layers=number)) for number in (1, 2))
    return one + (layers - 1) * (two - one)


def _memory():
    """The memory in bytes that is known to be all there is: not that of accelerators."""
    return (None if tf.config.list_physical_devices("GPU") else physical_memory()) or math.inf


def _gigabytes(size):
    return f"{size / 1e9:,.0f} GB"
