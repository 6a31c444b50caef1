"""Fixed seeds give the same figures twice: pre-training, fine-tuning and scores, in two processes, bit for bit."""

import json
import os
import subprocess
import sys

# Dropout, masks, pairs, the order of the batches, the drawn labels: all that chance decides takes part.
SCRIPT = """
import hashlib, json, sys
from pathlib import Path
import zoo
folder, seed = Path(sys.argv[1]), int(sys.argv[2])
sizes = {"num_layers": 1, "hidden_dim": 16, "intermediate_dim": 16, "max_sequence_length": 32, "dropout": 0.1}
options = {"steps": 4, "batch_size": 8, "evaluate_every": 2, "seed": seed, "progress": False}
start = zoo.train("bert", "pretraining", data=folder.parent / "documents.jsonl", settings=sizes,
                  text={"max_length": 32}, out=folder / "start", **options)
run = zoo.train("bert", "classification", data=folder.parent / "reviews.tsv", init=start.folder, examples=10,
                text={"max_length": 20}, out=folder / "run", **options)
found = {}
for name, one in (("pre-training", start), ("fine-tuning", run)):
    figures = zoo.evaluate(one, "test")
    figures.pop("seconds")
    history = [{key: value for key, value in row.items() if key != "seconds"} for row in one.history()]
    weights = b"".join(weight.tobytes() for weight in one.model.get_weights())
    found[name] = [figures, history, hashlib.sha256(weights).hexdigest()]
(folder / "found.json").write_text(json.dumps(found))
"""


def test_two_processes_with_one_seed_find_the_same_and_another_seed_something_else(tmp_path):
    words = ("cat", "dog", "고양이", "bird", "fish")
    documents = [
        f"The {a} sees the {b}. It runs {c}. The {b} is happy." for a in words for b in words for c in ("home", "away")
    ]
    lines = [json.dumps({"text": text}, ensure_ascii=False) for text in documents]
    (tmp_path / "documents.jsonl").write_text("\n".join(lines), encoding="utf-8")
    reviews = [f"The {a} saw the {b}.\t{'same' if a == b else 'other'}\n" for a in words for b in words]
    (tmp_path / "reviews.tsv").write_text("".join(reviews), encoding="utf-8")
    # Python's own hashes differ from process to process.
    tries = {"once": ("5", "1"), "again": ("5", "2"), "other": ("6", "1")}
    processes = []
    for name, (seed, hashing) in tries.items():
        (tmp_path / name).mkdir()
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / name), seed]
        environment = {**os.environ, "PYTHONHASHSEED": hashing}
        processes.append(subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True))
    said = [process.communicate()[1] for process in processes]  # of all, before one may fail
    for process, text in zip(processes, said, strict=True):
        assert process.returncode == 0, text[-3000:]
    once, again, other = (json.loads((tmp_path / name / "found.json").read_text()) for name in tries)
    assert once == again
    assert once["pre-training"][0]["nll"] != other["pre-training"][0]["nll"]
    assert once["fine-tuning"][0]["nll"] != other["fine-tuning"][0]["nll"]
