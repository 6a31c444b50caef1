"""What an export answers in a process that knows nothing of the zoo, compared with what its run says.

ZOO_SERVING_PYTHON may name a Python that has TF Serving's version of TensorFlow and nothing else (`make test-serving`).
"""

import json
import os
import shutil
import sys

import pytest
import tensorflow as tf

import zoo
from tests.processes import Child
from zoo.kinds._writing import WritingKind
from zoo.ragged import dense, plain

LOADER = """
import json, sys
import tensorflow as tf, tensorflow_text

def ask(signature, inputs):
    specs = signature.structured_input_signature[1]
    outputs = signature(**{name: tf.constant(value, specs[name].dtype) for name, value in inputs.items()})
    return {name: plain(value.numpy().tolist()) for name, value in outputs.items()}

def plain(value):
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value

def nothing(signature):  # how many rows the answer to a batch of no row has
    specs = signature.structured_input_signature[1].items()
    outputs = signature(**{name: tf.zeros([0] + [2] * (len(spec.shape) - 1), spec.dtype) for name, spec in specs})
    return max(len(value) for value in outputs.values())

for line in sys.stdin:
    folder, asked = json.loads(line)
    try:
        signatures = tf.saved_model.load(folder).signatures
        said = {"answers": [], "nothing": {}}
        for names, inputs in asked:  # the answer of one signature is the question to the next
            for name in names:
                inputs = ask(signatures[name], inputs)
                said["nothing"][name] = nothing(signatures[name])
            said["answers"].append(inputs)
        assert not [name for name in sys.modules if name.split(".")[0] in ("zoo", "keras_hub")]
    except Exception as error:
        said = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(said), flush=True)
"""


class FreshProcess:
    """TensorFlow alone, asked about one export after the other.

    Args:
        folder: where it works, away from the zoo.
    """

    def __init__(self, folder):
        python = os.environ.get("ZOO_SERVING_PYTHON", sys.executable)
        self._process = Child([python, "-c", LOADER], cwd=folder)

    def ask(self, folder, asked):
        """Answers to a list of (names of signatures, inputs), and how many rows each signature answers to no row."""
        self._process.say(json.dumps([str(folder), asked]))
        said = json.loads(self._process.line())
        assert "error" not in said, said["error"]
        return said["answers"], said["nothing"]

    def stop(self):
        """Ends it."""
        self._process.__exit__()


def check(export, fresh, folder):
    """Asks an export, moved to a place where nobody may write, whatever its run has an answer to."""
    asked = questions(export)
    moved = moved_and_read_only(export, folder)
    answers, nothing = fresh.ask(moved, [(names, inputs) for names, inputs, _ in asked])
    for (names, _, wanted), answer in zip(asked, answers, strict=True):
        agree(answer, wanted, names)
    assert nothing and not any(nothing.values()), nothing


def moved_and_read_only(export, folder):
    """Another place for an export, which nobody may write to."""
    copied = shutil.copytree(export.folder, folder / export.folder.parent.name)
    for path in [copied, *copied.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return copied


def questions(export):
    """What is asked of an export, with what the run itself says."""
    run, records = export.run, export.records
    answers = zoo.predict(run, records)
    alone = answers[:1] if isinstance(run.kind, WritingKind) else zoo.predict(run, records[:1])  # without fillers
    asked = []
    for said in (answers, alone):  # an answer does not depend on its neighbours
        inputs = {field: [record[field] for record in records[: len(said)]] for field in run.kind.fields}
        asked.append((["serving_default"], inputs, {name: [row[name] for row in said] for name in said[0]}))
    inputs = asked[0][1]
    ids = {name: plain(rows) for name, rows in run.kind.tokenize(**inputs).items()}
    asked.append((["tokenize"], inputs, ids))
    if isinstance(run.kind, WritingKind):
        texts = [answer[run.kind.output] for answer in answers]
        if run.kind.continues:  # ids do not tell what they go on from: they are written by themselves
            written = run.kind.write(run.model, dense(run.kind.ragged_inputs(**inputs)))
            texts = plain(run.kind.writer.decode(written))
        asked.append((["tokenize", "tokens", "detokenize"], inputs, {"text": texts}))
    else:
        tokens = run.kind.signatures(run.model)["tokens"].function
        said = tokens(**{name: tf.constant(rows) for name, rows in ids.items()})
        asked.append((["tokens"], ids, {name: plain(value) for name, value in said.items()}))
    return asked


def agree(answer, wanted, place):
    """Numbers to 1e-5, everything else exactly."""
    assert set(answer) == set(wanted), place
    for name, values in answer.items():
        if isinstance(flat(wanted[name])[0], float):
            assert flat(values) == pytest.approx(flat(wanted[name]), abs=1e-5), (place, name)
        else:
            assert values == wanted[name], (place, name)


def flat(values):
    """Nested lists as one."""
    return [item for value in values for item in (flat(value) if isinstance(value, list) else [value])]
