"""What is exported answers like the run, in a process that knows nothing of the zoo."""

import json
import os
import shutil
import subprocess
import sys

import pytest
import tensorflow as tf

import zoo
from tests.serving.exports import operations
from tests.serving.record_operations import stock
from zoo.kinds import plain
from zoo.kinds._writing import WritingKind
from zoo.registry import UnknownNameError
from zoo.saved_model import ExportError

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

requests = json.load(open(sys.argv[1]))
answers = {}
for folder, asked in requests.items():
    signatures = tf.saved_model.load(folder).signatures
    answers[folder] = []
    for names, inputs in asked:  # the answer of one signature is the question to the next
        for name in names:
            inputs = ask(signatures[name], inputs)
        answers[folder].append(inputs)
assert not [name for name in sys.modules if name.split(".")[0] in ("zoo", "keras_hub")]
json.dump(answers, open(sys.argv[2], "w"))
"""


def ask_in_a_fresh_process(requests, folder):
    """Answers to ``{folder of an export: [(signatures, inputs), ...]}`` from TensorFlow alone.

    ZOO_SERVING_PYTHON may name a Python that has TF Serving's version of it and nothing else (`make test-serving`).
    """
    python = os.environ.get("ZOO_SERVING_PYTHON", sys.executable)
    (folder / "requests.json").write_text(json.dumps(requests))
    command = [python, "-c", LOADER, str(folder / "requests.json"), str(folder / "answers.json")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "answers.json").read_text())


def moved_and_read_only(export, folder):
    """Another place for an export, which nobody may write to."""
    copied = shutil.copytree(export.folder, folder / export.folder.parent.name)
    for path in [copied, *copied.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return str(copied)


def questions(export):
    """What is asked of an export, with what the run itself says."""
    run, records = export.run, export.records
    asked = []
    for some in (records, records[:1]):  # together and alone: an answer does not depend on its neighbours
        inputs = {field: [record[field] for record in some] for field in run.kind.fields}
        answers = zoo.predict(run, some)
        wanted = {name: [answer[name] for answer in answers] for name in answers[0]}
        asked.append((["serving_default"], inputs, wanted))
    inputs = {field: [record[field] for record in records] for field in run.kind.fields}
    ids = {name: plain(rows) for name, rows in run.kind.tokenize(**inputs).items()}
    asked.append((["tokenize"], inputs, ids))
    if isinstance(run.kind, WritingKind):
        texts = asked[0][2][run.kind.output]
        asked.append((["tokenize", "tokens", "detokenize"], inputs, {"text": texts}))
    else:
        tokens = run.kind.signatures(run.model)["tokens"].function
        said = tokens(**{name: tf.constant(rows) for name, rows in ids.items()})
        asked.append((["tokens"], ids, {name: plain(value) for name, value in said.items()}))
    return asked


def agree(answer, wanted, place):
    assert set(answer) == set(wanted), place
    for name, values in answer.items():
        if isinstance(flat(wanted[name])[0], float):
            assert flat(values) == pytest.approx(flat(wanted[name]), abs=1e-5), (place, name)
        else:
            assert values == wanted[name], (place, name)


def flat(values):
    return [item for value in values for item in (flat(value) if isinstance(value, list) else [value])]


def test_every_family_on_every_kind_of_task_answers_alike_after_export(exports, tmp_path):
    asked = {moved_and_read_only(export, tmp_path): questions(export) for export in exports.all().values()}
    requests = {folder: [(name, inputs) for name, inputs, _ in parts] for folder, parts in asked.items()}
    answers = ask_in_a_fresh_process(requests, tmp_path)
    for folder, parts in asked.items():
        for (name, _, wanted), answer in zip(parts, answers[folder], strict=True):
            agree(answer, wanted, (folder, name))


def test_a_stock_server_has_all_operations_of_every_export(exports):
    for pair, export in exports.all().items():
        needed = operations(export.folder)
        assert {"VarHandleOp", "Placeholder"} <= needed  # the graph was read
        assert not needed - stock(), (pair, sorted(needed - stock()))
        if isinstance(export.run.kind, WritingKind):  # decoding is a loop in the graph
            assert needed & {"While", "StatelessWhile"}, pair


def test_embed_gives_the_encoders_hidden_states(exports):
    export = exports("bert", "tiny-names")
    run = export.run
    text = [record["text"] for record in export.records]
    said = tf.saved_model.load(str(export.folder)).signatures["embed"](tf.constant(text))
    inputs = run.kind.inputs_from_ids(run.kind.tokenize(text=tf.constant(text)))
    hidden_states = run.model.backbone(inputs, training=False).numpy()
    for i, length in enumerate(inputs["padding_mask"].numpy().sum(axis=1)):
        row = said["hidden_states"][i].numpy()
        assert row[:length] == pytest.approx(hidden_states[i, :length], abs=1e-5)
        assert not row[length:].any()
        assert said["mean"][i].numpy() == pytest.approx(hidden_states[i, :length].mean(axis=0), abs=1e-5)
        assert (said["token_ids"][i].numpy() >= 0).sum() == length


def test_a_text_too_long_is_cut_or_refused_as_the_export_was_told(exports, tmp_path):
    cuts = exports("bag_of_words", "tiny-inference")
    refuses = tf.saved_model.load(str(zoo.export(cuts.run, tmp_path / "model", too_long="refuse"))).signatures
    most = cuts.run.kind.facts["max_length"]
    word = cuts.records[0]["text"].split()[0]
    texts = {"text": tf.constant([word, word]), "text_pair": tf.constant([word, " ".join([word] * (most + 1))])}
    (short,) = zoo.predict(cuts.run, [{"text": word, "text_pair": " ".join([word] * most)}])
    said = tf.saved_model.load(str(cuts.folder)).signatures["serving_default"](**texts)
    assert said["probabilities"][1].numpy() == pytest.approx(short["probabilities"], abs=1e-6)
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"too long: at most {most} tokens are read"):
        refuses["serving_default"](**texts)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"token_ids is too long"):
        refuses["tokens"](token_ids=tf.ones([1, 500], tf.int32), segment_ids=tf.zeros([1, 500], tf.int32))
    allowed = {name: value[:1] for name, value in texts.items()}
    assert refuses["serving_default"](**allowed)["label"].shape == (1,)
    with pytest.raises(UnknownNameError, match=r"'trim'.*cut, refuse"):
        zoo.export(cuts.run, tmp_path / "model", too_long="trim")


def test_versions_count_up_and_strangers_are_refused(exports, tmp_path):
    run = exports("bag_of_words", "tiny-inference").run
    assert zoo.export(run, tmp_path / "model").name == "1"
    assert zoo.export(run, tmp_path / "model").name == "2"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(ExportError, match=r"notes\.txt"):
        zoo.export(run, tmp_path / "other")
