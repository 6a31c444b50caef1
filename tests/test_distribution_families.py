"""One replica equals two, for each family and for whatever a step may consist of: the same losses, the same weights."""

import json

import pytest

from tests.processes import ended, made_once, start
from tests.test_distribution import RECIPE, assert_same_history, assert_same_weights, write_data
from zoo.registry import MODELS

# The others learn for longer in tests/test_distribution.py.
FAMILIES = [name for name in MODELS.names() if name not in ("birnn", "transformer")]
PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16")

SCRIPT = RECIPE + """
import functools, json, sys
import keras, numpy as np, tensorflow as tf
folder, *models = sys.argv[1:]
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import zoo
from zoo import training
from zoo.registry import MODELS
from zoo.trainer import Trainer
trainers = []
training.Trainer = lambda *args: trainers.append(Trainer(*args)) or trainers[-1]
# Of float16's scale so large that at first gradients overflow: the replicas leave out the same steps.
keras.optimizers.LossScaleOptimizer = functools.partial(keras.optimizers.LossScaleOptimizer, initial_scale=2.0**24)
sizes |= {"num_heads": 2, "embedding_dim": 16, "intermediate_dim": 16}
def both(model, name, **changes):
    family = MODELS.get(model)
    task = "classification" if family.kind == "encoder" else "translation"
    settings = {size: value for size, value in sizes.items() if hasattr(family.Config, size)}
    for strategy in ("none", "mirrored"):
        run = zoo.train(
            model, task, data=f"{folder}/{task}", out=f"{folder}/{name}-{strategy}", strategy=strategy,
            **chosen | {"settings": settings, "steps": 3, "evaluate_every": 3} | changes,
        )
        np.savez(f"{folder}/{name}-{strategy}.npz", *run.model.get_weights())
for model in models:
    both(model, model)
for precision in ("float32", "mixed_bfloat16", "mixed_float16"):
    of_all = {"accumulation": 3, "recipe": recipe | {"ema": 0.5}, "steps": 12}
    both("bag_of_words", precision, precision=precision, **of_all)
    with open(f"{folder}/{precision}.json", "w") as file:  # in how many steps the weights have moved
        json.dump([int(trainer.optimizer.iterations.numpy()) for trainer in trainers[-2:]], file)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Trainings on one device and on two; two must be made before TensorFlow starts: so, a process of its own."""


    def train(folder):
        write_data(folder)
        ((status, _, said),) = ended(start("-c", SCRIPT, folder, *FAMILIES), timeout=900)
        assert status == 0, said[-3000:]

    return made_once(tmp_path_factory, "families", train)


@pytest.mark.parametrize("name", [*FAMILIES, *PRECISIONS])
def test_two_logical_devices_give_the_losses_and_weights_of_one(folder, name):
    """The last three: batches in parts and averaged weights, in each precision."""
    assert_same_history(folder, f"{name}-none", f"{name}-mirrored")
    assert_same_weights(folder, f"{name}-none", f"{name}-mirrored")


def test_steps_that_overflow_in_float16_were_among_them(folder):
    moved = {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in PRECISIONS}
    assert moved["float32"] == moved["mixed_bfloat16"] == [12, 12]
    on_one, on_two = moved["mixed_float16"]
    assert on_one == on_two and 0 < on_one < 12
