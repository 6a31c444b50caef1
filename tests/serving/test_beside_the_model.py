"""What lies beside an export: warm-up requests, metadata, a README whose requests work, TF Serving's configuration."""

import json
import re
from types import SimpleNamespace

import pytest
import tensorflow as tf
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

import zoo
from tests.serving.upper import post
from zoo.saved_model import short_records
from zoo.serving import clients, deployment
from zoo.serving.development import DevelopmentServer
from zoo.serving.instructions import README, read_metadata
from zoo.serving.places import is_export
from zoo.serving.requests import WARM_UP, read_warm_up
from zoo.serving.served_model import ServedModel


@pytest.fixture(scope="module")
def export(exports):
    return exports("birnn", "tiny-names")


@pytest.fixture(scope="module")
def server(export):
    with DevelopmentServer(export.folder.parent, "names") as server:
        yield server


def test_warm_up_asks_every_signature_about_real_texts_and_is_answered(export):
    requests = read_warm_up(export.folder)
    assert (export.folder / "assets.extra" / WARM_UP).exists()
    assert {request.model_spec.signature_name for request in requests} == {
        "serving_default",
        "tokenize",
        "embed",
        "tokens",
    }
    texts = {
        text for request in requests if "text" in request.inputs for text in tf.make_ndarray(request.inputs["text"])
    }
    real = {export.run.kind.show_input(example)["text"] for example in export.run.task.examples("validation")}
    assert texts and {text.decode() for text in texts} <= {text[:200] for text in real}
    ServedModel(export.folder).warm_up()


def test_texts_of_requests_are_short_ones_where_there_are_any():
    kind = SimpleNamespace(show_input=lambda example: {"text": example, "text_pair": "b"})
    assert short_records(kind, ["long " * 9, "short", "brief", "short"], 2, 10) == [
        {"text": "short", "text_pair": "b"},
        {"text": "brief", "text_pair": "b"},
    ]
    assert short_records(kind, ["long " * 9], 2, 10) == [{"text": "long long ", "text_pair": "b"}]


def test_metadata_names_all_inputs_and_outputs_of_all_signatures(exports):
    for pair in (("birnn", "tiny-names"), ("bert", "tiny-questions"), ("bag_of_words", "tiny-inference")):
        export = exports(*pair)
        document, definitions = read_metadata(export.folder), ServedModel(export.folder).definitions
        assert set(document["signatures"]) == set(definitions)
        for name, described in document["signatures"].items():
            assert set(described["inputs"]) == set(definitions[name].inputs), (pair, name)
            assert set(described["outputs"]) == set(definitions[name].outputs), (pair, name)
        for tokenizer in document["tokenizers"].values():
            assert {"padding", "start", "end"} <= set(tokenizer["special_ids"])


def test_each_request_of_the_readme_is_answered(export, server):
    text = (export.folder.parent / README).read_text(encoding="utf-8")
    bodies = [body.replace("'\\''", "'") for body in re.findall(r"curl -d '(.*)' \\\n", text)]
    assert len(bodies) == 4
    for body in bodies:
        status, document = post(server, body.encode(), "/v1/models/names:predict")
        assert (status, len(document.get("predictions", []))) == (200, 1), document
    for name in read_metadata(export.folder)["signatures"]:
        assert f"### `{name}`" in text


def test_the_python_of_the_readme_prints_text(export, server, capsys, monkeypatch):
    """A Korean name, too: not the bytes that TensorFlow makes of it."""
    folder = export.folder.parent
    _, remote, local = (folder / README).read_text(encoding="utf-8").split("```python\n")
    remote = remote.partition("```")[0].replace("localhost:8500", f"127.0.0.1:{server.grpc_port}")
    remote = re.sub(r"name = '.*'", "name = 'names'", remote)
    exec(re.sub(r"make_tensor_proto\(\[.*?\]\)", 'make_tensor_proto(["진주는 진주에서 진주를 샀다."])', remote), {})
    assert "'진주에서'" in capsys.readouterr().out
    monkeypatch.chdir(folder)
    said = {}
    exec(local.partition("```")[0], said)
    assert set(said["model"].signatures) == set(read_metadata(export.folder)["signatures"])


def test_the_configuration_is_one_that_tf_serving_reads(export):
    folder = export.folder.parent
    read = model_server_config_pb2.ModelServerConfig()
    text_format.Parse((folder / deployment.MODELS).read_text(encoding="utf-8"), read)
    (model,) = read.model_config_list.config
    assert (model.name, model.base_path) == (folder.name, f"/models/{folder.name}")
    compose = (folder / deployment.COMPOSE).read_text(encoding="utf-8")
    assert f".:{model.base_path}:ro" in compose and deployment.IMAGE in compose
    assert f"{model.base_path}/{deployment.BATCHING}" in compose
    assert all(f'"127.0.0.1:{port}:' in compose for port in (deployment.GRPC_PORT, deployment.REST_PORT))


def test_a_folder_and_both_interfaces_answer_like_the_run(export, server):
    expected = zoo.predict(export.run, export.records)
    places = (
        str(export.folder.parent),
        f"http://127.0.0.1:{server.rest_port}/names",
        f"grpc://127.0.0.1:{server.grpc_port}/names",
    )
    for place in places:
        answers = clients.predict(clients.connect(place), export.records)
        assert json.loads(json.dumps(answers)) == expected, place


def test_what_a_client_cannot_ask(export, server, tmp_path):
    here = clients.connect(str(export.folder))
    with pytest.raises(clients.ClientError, match=r"writes no text"):
        clients.predict(here, ["a"], temperature=1.0)
    with pytest.raises(clients.ClientError, match=r"beam is not possible here"):
        clients.predict(here, ["a"], beam=2)
    with pytest.raises(clients.ClientError, match=r"input 1 has the fields \['word'\]; this model needs \['text'\]"):
        clients.predict(here, [{"word": "a"}])
    with pytest.raises(clients.ClientError, match=r"names no model"):
        clients.connect(f"http://127.0.0.1:{server.rest_port}")
    with pytest.raises(clients.ClientError, match=r"the server says 404"):
        clients.connect(f"http://127.0.0.1:{server.rest_port}/other")
    with pytest.raises(clients.ClientError, match=r"the server says NOT_FOUND"):
        clients.connect(f"grpc://127.0.0.1:{server.grpc_port}/other")
    assert not is_export(tmp_path) and is_export(export.folder.parent)
