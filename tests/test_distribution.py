"""One replica equals two: the same seed and the same global batch give the same weights."""

import subprocess
import sys

import numpy as np

# Two logical devices must be made before TensorFlow starts, and a process holds one strategy: so, a process of its own.
SCRIPT = """
import sys
import keras, numpy as np, tensorflow as tf
strategy_name, out = sys.argv[1:]
if strategy_name == "mirrored":
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import zoo
for model, task in (("transformer", "tiny-translation"), ("birnn", "tiny-sentiment")):
    # Clipped steps, unequal lengths, and an epoch's last batch that is not full.
    run = zoo.train(
        model, task, steps=8, batch_size=6, seed=5, strategy=strategy_name, settings={"dropout": 0.0},
        recipe={"clip_norm": 0.1, "learning_rate": 1e-3, "schedule": "constant", "warmup_steps": 0},
        out=f"{out}/{model.replace(':', '-')}", progress=False,
    )
    assert run.config["strategy"].endswith("(2)" if strategy_name == "mirrored" else "(1)"), run.config["strategy"]
    weights = [keras.ops.convert_to_numpy(weight) for weight in run.model.weights]
    np.savez(f"{out}/{model.replace(':', '-')}.npz", *weights)
"""


def train_in_a_process(strategy, folder):
    folder.mkdir()
    done = subprocess.run([sys.executable, "-c", SCRIPT, strategy, str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def test_two_logical_devices_give_the_weights_of_one(tmp_path):
    train_in_a_process("none", tmp_path / "one")
    train_in_a_process("mirrored", tmp_path / "two")
    for name in ("transformer", "birnn"):
        one, two = (np.load(tmp_path / folder / f"{name}.npz") for folder in ("one", "two"))
        assert one.files
        for key in one.files:
            np.testing.assert_allclose(two[key], one[key], atol=1e-5, err_msg=f"{name} {key}")
