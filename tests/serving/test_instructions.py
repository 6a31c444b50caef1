"""The requests that an export brings along: those of its README, as they are copied, and those that warm it up."""

import json
import re
import shutil
import sys

import pytest
import tensorflow as tf

import zoo
from tests.processes import Child, finished
from zoo.serving.deployment import GRPC_PORT, REST_PORT, free_ports
from zoo.serving.development import DevelopmentServer
from zoo.serving.facts import read_metadata
from zoo.serving.instructions import README
from zoo.serving.requests import WARM_UP, read_warm_up

# One that tags, one that writes, one of two texts, one that measures, one that fills blanks.
EXPORTS = [
    ("birnn", "tiny-names"),
    ("ngram", "tiny-stories"),
    ("bag_of_words", "tiny-inference"),
    ("bag_of_words", "regression"),
    ("bag_of_words", "tiny-pretraining"),
]


@pytest.fixture(scope="module", params=EXPORTS, ids="-".join)
def served(exports, request):
    """An export, and a server of it, which has answered the requests for its warm-up."""
    export = exports(*request.param)
    with DevelopmentServer(export.folder.parent) as server:
        yield export, server.grpc_port, server.rest_port


def blocks(folder, grpc_port, rest_port):
    """What stands in the README to be copied, with the server's ports: commands of a shell, and two pieces of Python.

    The first command starts a server.
    """
    text = (folder / README).read_text(encoding="utf-8")
    text = text.replace(f"localhost:{GRPC_PORT}", f"localhost:{grpc_port}")
    text = text.replace(f"localhost:{REST_PORT}", f"localhost:{rest_port}")
    found = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return [code for mark, code in found if not mark], [code for mark, code in found if mark == "python"]


def by_curl(command):
    """The one answer to a request."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    (answer,) = json.loads(finished(["bash", "-c", command]))["predictions"]
    return answer


def first_question(export):
    """The text of the README, which is one of the task's: what the warm-up asks first."""
    asked = next(request for request in read_warm_up(export.folder))
    return {name: tf.make_ndarray(asked.inputs[name])[0].decode() for name in export.run.kind.fields}


def test_each_request_for_curl_is_answered(served):
    export, *ports = served
    (_, *commands), _ = blocks(export.folder.parent, *ports)
    signatures = read_metadata(export.folder)["signatures"]
    answers = {}
    for command in commands:
        (name,) = re.findall(r'"signature_name": "(\w+)"', command) or ["serving_default"]
        answers[name] = by_curl(command)
    assert set(answers) == set(signatures) - {"detokenize"}  # which a text alone does not ask
    (wanted,) = zoo.predict(export.run, [first_question(export)])
    answer = answers["serving_default"]
    answer = answer if isinstance(answer, dict) else {next(iter(wanted)): answer}
    for name, value in wanted.items():
        assert answer[name] == (value if isinstance(value, str) else pytest.approx(value, abs=1e-5)), name


def test_both_pieces_of_python_print_the_answer(served, monkeypatch, capsys):
    export, *ports = served
    _, (remote, local) = blocks(export.folder.parent, *ports)
    monkeypatch.chdir(export.folder.parent)
    printed = []
    for code in (remote, local):
        exec(code, {})
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    (wanted,) = zoo.predict(export.run, [first_question(export)])
    numbers = [float(number) for number in re.findall(r"[0-9.]*[0-9]", printed[0])]
    for value in wanted.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str):
                assert repr(item)[1:-1] in printed[0]
            else:
                assert any(number == pytest.approx(item, abs=1e-4) for number in numbers)


def test_all_of_it_runs_as_it_stands_wherever_the_export_is_moved(exports, tmp_path):
    """In processes of their own; a Korean text is printed as text, not as the bytes that TensorFlow makes of it."""
    export = exports("birnn", "tiny-names")
    folder = shutil.copytree(export.folder.parent, tmp_path / "모델 1")
    text, korean = first_question(export)["text"], "진주는 진주에서 진주를 샀다."
    readme = (folder / README).read_text(encoding="utf-8")
    (folder / README).write_text(readme.replace(text, korean), encoding="utf-8")
    ports = free_ports(0, 0)
    (start, request, *_), python = blocks(folder, *ports)
    start = start.partition("#")[0].replace("zoo serve", f"exec {sys.executable} -m zoo.cli serve")
    command = f"{start} --with development --port {ports[0]} --rest-port {ports[1]}"
    with Child(["bash", "-c", command], cwd=folder) as server:
        server.line()
        assert "진주에서" in by_curl(request)["word"]
        said = {finished([sys.executable, "-c", code], cwd=folder) for code in python}
    assert len(said) == 1 and "'진주에서'" in said.pop()


def test_warm_up_asks_every_signature_about_real_texts(served):
    export = served[0]
    requests = read_warm_up(export.folder)
    assert (export.folder / "assets.extra" / WARM_UP).exists()
    names = set(read_metadata(export.folder)["signatures"]) - {"detokenize"}  # which a text alone does not ask
    assert {request.model_spec.signature_name for request in requests} == names
    kind, field = export.run.kind, export.run.kind.fields[0]
    texts = {
        text for request in requests if field in request.inputs for text in tf.make_ndarray(request.inputs[field])
    }
    real = [kind.show_input(example)[field] for example in export.run.task.examples("validation")]
    assert texts and all(any(whole.startswith(text.decode()) for whole in real) for text in texts)
