"""One replica equals two, on one machine or on two: the same seed and the same global batch give the same weights."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import time

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
    for model, task in (("transformer", "translation"), ("birnn", "classification"), ("birnn", "pretraining")):
        # Clipped steps, unequal lengths, and epochs of 16 examples whose last batch is not full. With a large
        # epsilon a step of Adam's depends on the size of the gradient, too, and not on its direction alone.
        # One of them learns with a learning rate for each layer, which has an optimizer of its own.
        run = zoo.train(
            model, task, data=f"{folder}/{task}", steps=8, batch_size=6, seed=5, strategy=strategy, evaluate_every=8,
            settings={"dropout": 0.0, "num_layers": 1}, out=f"{folder}/{strategy}-{model}-{task}", progress=False,
            recipe={"clip_norm": 0.1, "learning_rate": 2e-3, "schedule": "constant", "warmup_steps": 0,
                    "epsilon": 1e-3, "layer_decay": 0.5 if task == "classification" else 1.0},
        )
        assert run.config["examples"] == 16
        assert run.config["strategy"].endswith(f"({replicas} replica{'s' * (replicas > 1)})"), run.config["strategy"]
        np.savez(f"{folder}/{strategy}-{model}-{task}.npz", *[keras.ops.convert_to_numpy(w) for w in run.model.weights])
"""


def write_data(folder):
    """Texts of 1 to 16 words for all splits."""
    texts = [" ".join((WORDS * 3)[n : 2 * n + 1]) for n in range(16)]
    rows = {
        "translation": [f"{text}\t{text[::-1]}" for text in texts],
        "classification": [f"{text}\t{'even' if n % 2 else 'odd'}" for n, text in enumerate(texts)],
        "pretraining": [json.dumps({"text": f"{text}. {text[:10]}."}) for text in texts],
    }
    for task, lines in rows.items():
        (folder / task).mkdir()
        for split in ("train", "validation", "test"):
            ending = "jsonl" if task == "pretraining" else "tsv"
            (folder / task / f"{split}.{ending}").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_two_logical_devices_give_the_weights_of_one(tmp_path):
    write_data(tmp_path)
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    for name in ("transformer-translation", "birnn-classification", "birnn-pretraining"):
        one, two = (np.load(tmp_path / f"{strategy}-{name}.npz") for strategy in ("none", "mirrored"))
        assert one.files
        for key in one.files:
            np.testing.assert_allclose(two[key], one[key], atol=1e-5, err_msg=f"{name} {key}")


# 50 steps of dropout-free training; each process is one worker. The last argument delays every call.
WORKER = """
import sys, time
folder, name, worker, workers, steps, delay, resumed = sys.argv[1:8]
from zoo.strategies import make_strategy
strategy = make_strategy("multi-worker", workers=workers.split(","), worker=int(worker)) if workers else "none"
import numpy as np
import zoo
from zoo.trainer import Trainer
advance = Trainer.advance
def slow(trainer, steps):
    time.sleep(float(delay))
    return advance(trainer, min(steps, 5))
Trainer.advance = slow
if resumed:
    run = zoo.resume(f"{folder}/{name}", strategy=strategy, progress=False)
else:
    run = zoo.train(
        "transformer", "translation", data=f"{folder}/translation", steps=int(steps), batch_size=6, seed=5,
        strategy=strategy, evaluate_every=25, checkpoint_steps=10, out=f"{folder}/{name}", progress=False,
        settings={"dropout": 0.0, "num_layers": 1},
        recipe={"clip_norm": 0.1, "learning_rate": 2e-3, "schedule": "constant", "warmup_steps": 0, "epsilon": 1e-3},
    )
np.savez(f"{folder}/{name}-{worker}.npz", *run.model.get_weights())
"""


def start_workers(folder, name, count, steps=50, delay=0.0, resumed=False):
    """Starts ``count`` workers on free ports of this machine (0: one process without workers)."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        workers = ",".join(f"127.0.0.1:{each.getsockname()[1]}" for each in sockets)
    arguments = [workers, str(steps), str(delay), "again" if resumed else ""]
    return [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(folder), name, str(worker), *arguments],
            stderr=subprocess.PIPE, text=True,
        )
        for worker in range(count or 1)
    ]  # fmt: skip


def wait_for(processes):
    said = [process.communicate(timeout=300)[1] for process in processes]  # of all, before one may fail
    for process, text in zip(processes, said, strict=True):
        assert process.returncode == 0, text[-3000:]


def assert_same_weights(folder, one, other):
    one, other = np.load(folder / f"{one}.npz"), np.load(folder / f"{other}.npz")
    assert one.files
    for key in one.files:
        np.testing.assert_allclose(other[key], one[key], atol=1e-5, err_msg=key)


def test_two_workers_give_the_weights_of_one_process_and_survive_a_kill(tmp_path):
    write_data(tmp_path)
    wait_for(start_workers(tmp_path, "alone", 0))
    wait_for(start_workers(tmp_path, "together", 2))
    for worker in (0, 1):
        assert_same_weights(tmp_path, "alone-0", f"together-{worker}")
    config = json.loads((tmp_path / "together" / "config.json").read_text())
    assert (config["status"], config["strategy"]) == ("complete", "multi-worker (2 replicas)")

    # One worker dies: the other ends with an error that says what to do, and both go on from the checkpoint.
    chief, other = start_workers(tmp_path, "killed", 2, delay=0.5)
    deadline = time.monotonic() + 200
    while not list(tmp_path.glob("killed/checkpoints/step-*.npz")) and time.monotonic() < deadline:
        assert chief.poll() is None
        time.sleep(0.1)
    other.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    other.communicate()
    _, said = chief.communicate(timeout=120)
    assert chief.returncode == 1
    assert time.monotonic() - killed_at < 60
    assert "WorkerLostError: another worker does not answer any more" in said and "--resume" in said, said[-3000:]
    wait_for(start_workers(tmp_path, "killed", 2, resumed=True))
    assert_same_weights(tmp_path, "alone-0", "killed-1")
