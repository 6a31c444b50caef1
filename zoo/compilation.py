"""Whether XLA compiles the steps of a training: ``--compile auto|on|off``.

XLA fuses what TensorFlow's graph does one operation after the other. On a processor a small Transformer's step is
mostly such small operations and gets faster (``make bench``: ``gpt-small``); in a large one the matrix products
decide, for which TensorFlow has the faster library. XLA compiles anew for each shape of a batch, which takes as long
as hundreds of small steps: so all batches are padded to one length, which pays only where most rows are about that
long.
"""

from zoo.registry import unknown_name
from zoo.settings import SettingError

COMPILE = ("auto", "on", "off")

# Measured on processors: compile-small.json and compile-large.json in results/benchmarks.
MOST_PARAMETERS = 5_000_000
FEWEST_STEPS = 500
LEAST_FILLED = 0.9


def check_compile(wish, family, strategy):
    """Raises an error for a wish that there is not, or one that is not possible.

    Args:
        wish: one of ``COMPILE``.
        family: a family, or one of its backbones.
        strategy: a ``tf.distribute.Strategy``.

    Raises:
        UnknownNameError, SettingError: see there.
    """
    if wish not in COMPILE:
        raise unknown_name("compile", wish, COMPILE)
    obstacle = _obstacle(family, strategy)
    if wish == "on" and obstacle:
        raise SettingError(f"compile=on is not possible: {obstacle}. Leave it out, or choose off.")


def decide(wish, model, batches, steps, strategy, precision):
    """Whether to compile.

    Args:
        wish: one of ``COMPILE``.
        model: the :class:`zoo.task_model.TaskModel`.
        batches: :class:`zoo.batching.Batches` of the training split.
        steps: int, the length of the training; None if it is not known.
        strategy: a ``tf.distribute.Strategy``.
        precision: what layers compute in.

    Returns:
        bool.

    Raises:
        UnknownNameError, SettingError: as :func:`check_compile`.
    """
    check_compile(wish, model.backbone, strategy)
    if wish != "auto":
        return wish == "on"
    return (
        _obstacle(model.backbone, strategy) is None
        and precision == "float32"  # in bfloat16 XLA is the slower one on processors
        and steps is not None
        and steps >= FEWEST_STEPS
        and model.count_params() <= MOST_PARAMETERS
        and batches.filled() >= LEAST_FILLED
    )


def _obstacle(family, strategy):
    """Why XLA cannot compile this training; None if it can."""
    if strategy.num_replicas_in_sync > 1:
        return "several replicas wait for each other within a step, which XLA cannot compile on processors"
    if not family.compiles:
        return f"{family.registered_name} runs a loop over time whose length XLA must know beforehand"
    return None
