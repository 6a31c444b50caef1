"""What is exported answers like the run, in a process that knows nothing of the zoo."""

import json
import subprocess
import sys

import keras
import pytest

import zoo
from zoo.registry import KINDS, MODELS
from zoo.runs import Run, build_model, model_settings, parse_model
from zoo.saved_model import ExportError
from zoo.tasks import find

# One task for each kind of task.
TASKS = (
    "tiny-translation:en-ko", "tiny-stories", "tiny-pretraining", "tiny-inference", "tiny-names", "tiny-questions",
    "regression",
)  # fmt: skip
SCORES = "".join(f"the {a}\tthe {b}\t{n}\n" for a in "abcd" for n, b in enumerate("abcd"))
PAIRS = [
    (family, task)
    for task in TASKS
    for family in MODELS.names()
    if MODELS.get(family).kind in KINDS.get(find(task).kind).backbone_kinds
]
LOADER = """
import json, sys
import tensorflow as tf, tensorflow_text
requests = json.load(open(sys.argv[1]))
answers = {}
for folder, inputs in requests.items():
    signature = tf.saved_model.load(folder).signatures["serving_default"]
    outputs = signature(**{name: tf.constant(texts) for name, texts in inputs.items()})
    one = signature(**{name: tf.constant(texts[:1]) for name, texts in inputs.items()})  # another batch size
    plain = lambda value: [x.decode() if isinstance(x, bytes) else x for x in value.numpy().flatten().tolist()]
    answers[folder] = [{name: plain(value) for name, value in part.items()} for part in (outputs, one)]
assert not [name for name in sys.modules if name.split(".")[0] in ("zoo", "keras_hub")]
json.dump(answers, open(sys.argv[2], "w"))
"""


def untrained_run(family, task_name, folder):
    """A run with random weights: what it says makes no sense, but must be said by the export too."""
    keras.utils.set_random_seed(7)
    data = None
    if task_name == "regression":
        data = folder.parent / "scores.tsv"
        data.parent.mkdir(parents=True, exist_ok=True)
        data.write_text(SCORES)
    task = find(task_name, data=data)
    family, preset, config = parse_model(family)
    kind = KINDS.get(task.kind).fit(task, family.kind, task.examples("train")[:200])
    config = model_settings(config, kind, {})
    model = build_model(family.registered_name, vars(config), kind)
    return Run(folder, {"model": family.registered_name, "preset": preset}, model, kind, task)


def flat(values):
    return [item for value in values for item in (flat(value) if isinstance(value, list) else [value])]


def test_every_family_on_every_kind_of_task_answers_alike_after_export(tmp_path):
    requests, expected = {}, {}
    for family, task in PAIRS:
        name = f"{family}-{task.replace(':', '-')}"
        run = untrained_run(family, task, tmp_path / "runs" / name)
        examples = run.task.examples("test")[:3]
        records = [run.kind.show_input(example) for example in examples]
        folder = str(zoo.export(run, tmp_path / "exports" / name))
        requests[folder] = {field: [record[field] for record in records] for field in run.kind.fields}
        # One at a time and together: an answer does not depend on its neighbours.
        expected[folder] = zoo.predict(run, records), zoo.predict(run, records[:1])
    (tmp_path / "requests.json").write_text(json.dumps(requests))
    command = [sys.executable, "-c", LOADER, str(tmp_path / "requests.json"), str(tmp_path / "answers.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    answers = json.loads((tmp_path / "answers.json").read_text())
    for folder, parts in expected.items():
        for responses, answer in zip(parts, answers[folder], strict=True):
            assert set(answer) == set(responses[0]), folder
            for name, values in answer.items():
                wanted = flat([response[name] for response in responses])
                if isinstance(wanted[0], float):
                    assert values == pytest.approx(wanted, abs=1e-5), (folder, name)
                else:
                    assert values == wanted, (folder, name)


def test_versions_count_up_and_strangers_are_refused(tmp_path):
    run = untrained_run("bag_of_words", "tiny-sentiment", tmp_path / "run")
    assert zoo.export(run, tmp_path / "model").name == "1"
    assert zoo.export(run, tmp_path / "model").name == "2"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"notes\.txt"):
        zoo.export(run, tmp_path / "other")
