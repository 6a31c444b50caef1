"""One replica equals two: the same seed and the same global batch give the same weights."""

import subprocess
import sys

import numpy as np

WORDS = ["the", "cat", "saw", "a", "bird", "on", "our", "old", "roof", "and", "it", "sang", "for", "us"]

# Two logical devices must be made before TensorFlow starts: so, a process of its own.
SCRIPT = """
import sys
import keras, numpy as np, tensorflow as tf
folder = sys.argv[1]
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import zoo
for strategy, replicas in (("none", 1), ("mirrored", 2)):
    for model, task in (("transformer", "translation"), ("birnn", "classification")):
        # Clipped steps, unequal lengths, and epochs of 16 examples whose last batch is not full. With a large
        # epsilon a step of Adam's depends on the size of the gradient, too, and not on its direction alone.
        run = zoo.train(
            model, task, data=f"{folder}/{task}", steps=8, batch_size=6, seed=5, strategy=strategy, evaluate_every=8,
            settings={"dropout": 0.0, "num_layers": 1}, out=f"{folder}/{strategy}-{model}", progress=False,
            recipe={"clip_norm": 0.1, "learning_rate": 1e-2, "schedule": "constant", "warmup_steps": 0,
                    "epsilon": 1e-3},
        )
        assert run.config["examples"] == 16
        assert run.config["strategy"].endswith(f"({replicas})"), run.config["strategy"]
        np.savez(f"{folder}/{strategy}-{model}.npz", *[keras.ops.convert_to_numpy(w) for w in run.model.weights])
"""


def write_data(folder):
    """Texts of 1 to 16 words for all splits."""
    texts = [" ".join((WORDS * 3)[n : 2 * n + 1]) for n in range(16)]
    rows = {
        "translation": [f"{text}\t{text[::-1]}" for text in texts],
        "classification": [f"{text}\t{'even' if n % 2 else 'odd'}" for n, text in enumerate(texts)],
    }
    for task, lines in rows.items():
        (folder / task).mkdir()
        for split in ("train", "validation", "test"):
            (folder / task / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_two_logical_devices_give_the_weights_of_one(tmp_path):
    write_data(tmp_path)
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    for name in ("transformer", "birnn"):
        one, two = (np.load(tmp_path / f"{strategy}-{name}.npz") for strategy in ("none", "mirrored"))
        assert one.files
        for key in one.files:
            np.testing.assert_allclose(two[key], one[key], atol=1e-5, err_msg=f"{name} {key}")
