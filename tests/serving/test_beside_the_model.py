"""What lies beside an export, metadata and TF Serving's configuration, and clients that keep to it."""

import json
import re
from types import SimpleNamespace

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

import zoo
from zoo.saved_model import short_records
from zoo.serving import asking, clients, deployment
from zoo.serving.development import DevelopmentServer
from zoo.serving.facts import read_metadata
from zoo.serving.limits import Limits
from zoo.serving.places import is_export, newest_version, versions
from zoo.serving.served_model import ServedModel


@pytest.fixture(scope="module")
def export(exports):
    return exports("birnn", "tiny-names")


@pytest.fixture(scope="module")
def server(export):
    """It refuses what TF Serving would, configured as the export says."""
    limits = Limits(batch_size=int(batching(export)["max_batch_size"]))
    with DevelopmentServer(export.folder.parent, "names", limits=limits) as server:
        yield server


def batching(export):
    """The parameters of batching.config; TF Serving's BatchingParameters are not in tensorflow-serving-api."""
    text = (export.folder.parent / deployment.BATCHING).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return dict(re.fullmatch(r"(\w+)(?: \{ value: ([0-9]+) \}|: false)", line).groups() for line in lines)


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


def test_the_batching_is_as_tf_serving_reads_it(export):
    """The names are those of session_bundle_config.proto."""
    read = batching(export)
    wrapped = ("max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads")
    assert set(read) == {*wrapped, "pad_variable_length_inputs"}
    assert all(read[name] for name in wrapped)


def test_a_folder_and_both_interfaces_answer_like_the_run(export, server):
    expected = zoo.predict(export.run, export.records)
    places = (
        str(export.folder.parent),
        f"http://127.0.0.1:{server.rest_port}/names",
        f"grpc://127.0.0.1:{server.grpc_port}/names",
    )
    for place in places:
        answers = asking.predict(clients.connect(place), export.records)
        assert json.loads(json.dumps(answers)) == expected, place


def test_more_texts_than_a_request_may_have_are_asked_in_several(export, server):
    records = export.records * 24
    assert len(records) > 2 * int(batching(export)["max_batch_size"])
    first = asking.predict(clients.connect(str(export.folder)), export.records)
    for place in (f"http://127.0.0.1:{server.rest_port}/names", f"grpc://127.0.0.1:{server.grpc_port}/names"):
        with clients.connect(place) as client:
            answers = asking.predict(client, records)
            assert [answer["tag"] for answer in answers] == [answer["tag"] for answer in first] * 24, place
            with pytest.raises(clients.ClientError, match=r"larger than maximum input batch size"):
                asking.predict(client, records, batch_size=64)


def test_the_newest_version_is_that_of_the_highest_number(tmp_path):
    """However the number is written, and whatever lies there unfinished."""
    files = ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001")
    for name, count in (("9", 3), ("010", 3), (".partial-12", 3), ("11", 0), ("12", 1), ("13", 2), ("x", 3)):
        (tmp_path / name / "variables").mkdir(parents=True)
        for file in files[:count]:
            (tmp_path / name / file).touch()
    (tmp_path / "14").touch()
    assert list(versions(tmp_path)) == [14, 13, 12, 11, 10, 9]
    assert newest_version(tmp_path) == tmp_path / "010"


def test_what_a_client_cannot_ask(export, server, tmp_path):
    here = clients.connect(str(export.folder))
    with pytest.raises(clients.ClientError, match=r"writes no text"):
        asking.predict(here, ["a"], temperature=1.0)
    with pytest.raises(clients.ClientError, match=r"beam is not possible here"):
        asking.predict(here, ["a"], beam=2)
    with pytest.raises(ValueError, match=r"text 1 has the fields \['word'\]; this model needs \['text'\]"):
        asking.predict(here, [{"word": "a"}])
    for nothing in (None, b"a", [3], [None]):
        with pytest.raises(ValueError, match=r"expected a text \(str\)"):
            asking.predict(here, nothing)
    assert asking.predict(here, "a") == asking.predict(here, {"text": "a"}) == asking.predict(here, ["a"])
    foreign = SimpleNamespace(signatures={"classify": None, "answer": None})
    with pytest.raises(clients.ClientError, match=r"no signature serving_default .*; it has: answer, classify"):
        asking.predict(foreign, ["a"])
    with pytest.raises(clients.ClientError, match=r"nowhere holds no exported version\. 'zoo export RUN"):
        clients.connect(str(tmp_path / "nowhere"))
    with clients.connect(f"grpc://127.0.0.1:{server.grpc_port}/names") as ended:
        pass
    with pytest.raises(ValueError, match=r"closed channel"):
        asking.predict(ended, ["a"])
    with pytest.raises(clients.ClientError, match=r"not the address of a model"):
        clients.connect(f"http://127.0.0.1:{server.rest_port}")
    with pytest.raises(clients.ClientError, match=r"the server says 404"):
        clients.connect(f"http://127.0.0.1:{server.rest_port}/other")
    with pytest.raises(clients.ClientError, match=r"the server says NOT_FOUND"):
        clients.connect(f"grpc://127.0.0.1:{server.grpc_port}/other")
    assert not is_export(tmp_path) and is_export(export.folder.parent)
