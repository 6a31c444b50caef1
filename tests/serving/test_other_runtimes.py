"""Exports outside of Python: in a program on TensorFlow's C library, and in OpenVINO, which shares no code with it.

TF Serving is a C++ program on the library that loader.c is linked with.
"""

import shutil
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text

import zoo
from tests.processes import finished
from zoo.ragged import plain
from zoo.serving.served_model import signature_definitions

SOURCE = Path(__file__).with_name("loader.c")
LIBRARIES = ("_regex_split_ops", "_normalize_ops")  # of tensorflow-text: which a word tokenizer needs; a server has all


@pytest.fixture(scope="module")
def loader(tmp_path_factory):
    """The program of loader.c, compiled."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler here")
    folder, program = tf.sysconfig.get_lib(), tmp_path_factory.mktemp("loader") / "loader"
    libraries = ("-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2", f"-Wl,-rpath,{folder}")
    command = [compiler, SOURCE, "-o", program, f"-I{tf.sysconfig.get_include()}", f"-L{folder}", *libraries]
    finished(command)
    return program


def ask(loader, export, signature, feed, fetch, rows, is_text):
    """The values of an output, as lines of text."""
    definition = signature_definitions(export.folder)[signature]
    names = definition.inputs[feed].name, definition.outputs[fetch].name
    operations = Path(tensorflow_text.__file__).parent / "python" / "ops"
    libraries = ":".join(str(operations / f"{name}.so") for name in LIBRARIES)
    values = rows if is_text else [str(value) for row in rows for value in row]
    command = [loader, export.folder, *names, "strings" if is_text else "ids", libraries, len(rows), *values]
    return finished(command).splitlines()


def test_a_program_in_c_gets_the_answers_of_the_run(exports, loader):
    export = exports("transformer", "tiny-translation:en-ko")
    sources = [record["source"] for record in export.records]
    said = ask(loader, export, "serving_default", "source", "target", sources, is_text=True)
    assert said == [answer["target"] for answer in zoo.predict(export.run, sources)]

    ids = plain(export.run.kind.tokenize(source=tf.constant(sources))["encoder_token_ids"])
    written = ask(loader, export, "tokens", "encoder_token_ids", "token_ids", ids, is_text=False)
    wanted = export.run.kind.signatures(export.run.model)["tokens"].function(encoder_token_ids=tf.constant(ids))
    assert list(map(int, written)) == plain(tf.reshape(wanted["token_ids"], [-1]))


@pytest.mark.parametrize("task", ["tiny-names", "tiny-sentiment", "tiny-questions"])
def test_openvino_computes_the_same_from_ids(exports, task):
    """It has no rule (2026.4) for the loops of recurrent layers, nor for the ragged answers of what writes."""
    openvino = pytest.importorskip("openvino", reason="pip install openvino")
    export = exports("bert", task)
    record = {field: tf.constant([each[field] for each in export.records]) for field in export.run.kind.fields}
    ids = {name: rows.numpy() for name, rows in export.run.kind.tokenize(**record).items()}
    loaded = tf.saved_model.load(export.folder)
    signature = loaded.signatures["tokens"]
    ids = {name: ids[name] for name in signature.structured_input_signature[1]}
    wanted = signature(**ids)
    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # it would take bfloat16 where a processor has it
    answers = openvino.compile_model(openvino.convert_model(signature), "CPU", exact)(ids)
    for name, tensor in wanted.items():
        np.testing.assert_allclose(answers[name], tensor.numpy(), rtol=1e-4, atol=1e-5)
