"""One replica equals two, on one machine or on two: the same seed and the same global batch give the same weights."""

import json
import signal

import numpy as np
import pytest

from tests.processes import ended, made_once, start
from zoo import checkpoints
from zoo.run_folder import read_history
from zoo.serving.deployment import free_ports

WORDS = ["the", "cat", "saw", "a", "bird", "on", "our", "old", "roof", "and", "it", "sang", "for", "us"]

RECIPE = """
# Clipped steps, unequal lengths, and epochs of 16 examples whose last batch is not full. With a large
# epsilon a step of Adam's depends on the size of the gradient, too, and not on its direction alone.
recipe = {"clip_norm": 0.1, "learning_rate": 2e-3, "schedule": "constant", "warmup_steps": 0, "epsilon": 1e-3}
sizes = {"dropout": 0.0, "num_layers": 1, "hidden_dim": 16}
chosen = {"batch_size": 6, "seed": 5, "settings": sizes, "recipe": recipe, "progress": False}
"""

# Two logical devices must be made before TensorFlow starts: so, a process of its own.
SCRIPT = RECIPE + """
import signal, sys
import numpy as np, tensorflow as tf
folder = sys.argv[1]
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import zoo
from zoo.trainer import Trainer
def train(model, task, name, strategy, **changes):
    run = zoo.train(model, task, data=f"{folder}/{task}", out=f"{folder}/{name}", strategy=strategy, **chosen | changes)
    replicas = 1 if strategy == "none" else 2
    assert run.config["examples"] == 16
    assert run.config["strategy"].endswith(f"({replicas} replica{'s' * (replicas > 1)})"), run.config["strategy"]
    return run
def keep(run, name):
    np.savez(f"{folder}/{name}.npz", *run.model.get_weights())
for model, task, steps in (
    ("transformer", "translation", 50), ("birnn", "classification", 8), ("birnn", "pretraining", 8)
):
    for strategy in ("none", "mirrored"):
        name = f"{strategy}-{task}"
        of_task = recipe | {"layer_decay": 0.5 if task == "classification" else 1.0}
        keep(train(model, task, name, strategy, steps=steps, evaluate_every=25, recipe=of_task), name)

# With dropout, whose random state each replica has: whole, and stopped in the middle.
again = {"strategy": "mirrored", "steps": 12, "evaluate_every": 4, "settings": sizes | {"dropout": 0.5}}
keep(train("birnn", "classification", "whole", **again), "whole")
advance = Trainer.advance
def advance_or_stop(trainer, steps):
    figures = advance(trainer, 1)
    if trainer.step == 6:
        signal.raise_signal(signal.SIGTERM)
    return figures
Trainer.advance = advance_or_stop
assert train("birnn", "classification", "resumed", **again).config["status"] == "interrupted"
keep(zoo.resume(f"{folder}/resumed", strategy="mirrored", progress=False), "resumed")
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Data, and the weights of trainings in one process, on one device and on two."""


    def train(folder):
        write_data(folder)
        ((status, _, said),) = ended(start("-c", SCRIPT, folder), timeout=900)
        assert status == 0, said[-3000:]

    return made_once(tmp_path_factory, "distribution", train)


def weights(folder, name):
    with np.load(folder / f"{name}.npz") as file:
        assert file.files
        return [file[key] for key in file.files]


def assert_same_weights(folder, one, other):
    for a, b in zip(weights(folder, one), weights(folder, other), strict=True):
        np.testing.assert_allclose(b, a, atol=1e-5)


def assert_same_history(folder, one, other):
    one, other = (read_history(folder / name) for name in (one, other))
    assert len(one) == len(other) > 1
    for column in set(one[0]) - {"seconds"}:
        values = [[row[column] or 0.0 for row in rows] for rows in (one, other)]
        np.testing.assert_allclose(*values, atol=1e-5, err_msg=column)


@pytest.mark.parametrize("task", ["translation", "classification", "pretraining"])
def test_two_logical_devices_give_the_weights_of_one(folder, task):
    assert_same_weights(folder, f"none-{task}", f"mirrored-{task}")
    assert_same_history(folder, f"none-{task}", f"mirrored-{task}")


def test_two_logical_devices_go_on_bit_for_bit(folder):
    for a, b in zip(weights(folder, "whole"), weights(folder, "resumed"), strict=True):
        np.testing.assert_array_equal(b, a)


# Each process is one worker. It may be asked to stop after one step, goes on, and may be killed after another.
WORKER = RECIPE + """
import os, signal, sys, time
folder, worker, workers, stop_at, kill_at = sys.argv[1:6]
from zoo.strategies import make_strategy
strategy = make_strategy("multi-worker", workers=workers.split(","), worker=int(worker))
import numpy as np
import zoo
from zoo.checkpoints import newest
from zoo.trainer import Trainer
advance = Trainer.advance
def advance_and_obey(trainer, steps):
    figures = advance(trainer, steps)
    if trainer.step == int(stop_at):
        signal.raise_signal(signal.SIGTERM)
    if trainer.step == int(kill_at):
        os.kill(os.getpid(), signal.SIGKILL)
    return figures
Trainer.advance = advance_and_obey
out = f"{folder}/together"
if not os.path.exists(out):
    run = zoo.train(
        "transformer", "translation", data=f"{folder}/translation", steps=50, strategy=strategy, evaluate_every=25,
        checkpoint_steps=10, out=out, **chosen,
    )
    print(run.config["status"], flush=True)
    while newest(run.folder).name != "step-00000013.npz":  # the other may still be writing
        time.sleep(0.1)
run = zoo.resume(out, strategy=strategy, progress=False)
print(run.config["status"])
np.savez(f"{folder}/together-{worker}.npz", *run.model.get_weights())
"""


def start_workers(folder, stop_at=0, kill_at=0):
    """Starts two workers on free ports of this machine; the second one obeys."""
    workers = free_addresses()
    return [
        start("-c", WORKER, folder, worker, workers, stop, kill)
        for worker, (stop, kill) in enumerate(((0, 0), (stop_at, kill_at)))
    ]


def free_addresses():
    """Two on this machine, for ``--workers``."""
    return ",".join(f"127.0.0.1:{port}" for port in free_ports(0, 0))


def test_two_workers_stop_together_survive_a_kill_and_give_the_weights_of_one_process(folder):
    # The second worker alone is asked to stop after step 13: both do, and the first one writes a checkpoint, from which
    # both go on. Then the second one dies, and the other ends with an error that says what to do.
    (status, told, said), (status_of_other, told_by_other, _) = ended(*start_workers(folder, stop_at=13, kill_at=27))
    assert (told, told_by_other) == ("interrupted\n", "interrupted\n"), said[-3000:]
    assert (status, status_of_other) == (1, -signal.SIGKILL), said[-3000:]
    assert "WorkerLostError: another worker does not answer any more" in said and "--resume" in said, said[-3000:]
    assert checkpoints.newest(folder / "together").name == "step-00000020.npz"

    # Started again, both go on to the weights of a training that was never stopped.
    for status, told, said in ended(*start_workers(folder)):
        assert (status, told) == (0, "complete\n"), said[-3000:]
    config = json.loads((folder / "together" / "config.json").read_text())
    assert (config["status"], config["strategy"]) == ("complete", "multi-worker (2 replicas)")
    assert_same_history(folder, "none-translation", "together")
    for worker in (0, 1):
        assert_same_weights(folder, "none-translation", f"together-{worker}")


# The command, whose process is killed after a step if it is the chief.
KILLED_CHIEF = """
import os, signal, sys
from zoo.quiet import load_tensorflow
load_tensorflow()
from zoo.trainer import Trainer
advance = Trainer.advance
def advance_and_die(trainer, steps):
    if trainer.step == 2 and sys.argv[-1] == "0":
        os.kill(os.getpid(), signal.SIGKILL)
    return advance(trainer, steps)
Trainer.advance = advance_and_die
from zoo.cli.main import main
main()
"""


def test_a_killed_chief_ends_the_others_with_one_line(folder):
    command = ["-c", KILLED_CHIEF, "train", "bag_of_words", "classification", "--steps", "50"]
    command += ["--data", f"{folder}/classification", "--out", f"{folder}/without-chief", "--batch-size", "4"]
    command += ["--strategy", "multi-worker", "--workers", free_addresses(), "--worker"]
    (status_of_chief, _, _), (status, _, said) = ended(start(*command, 0), start(*command, 1))
    assert (status_of_chief, status) == (-signal.SIGKILL, 1), said[-3000:]
    last = said.splitlines()[-1]
    assert last.startswith("zoo: another worker does not answer any more (at step 2).") and "--resume" in last, last
