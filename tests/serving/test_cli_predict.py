"""``zoo predict`` of an export and of a server: the answers of the run, and one line for what they cannot do."""

import re
import shutil
import socket

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_service_pb2_grpc

from tests.command_line import document, zoo
from zoo.decoding import Sample
from zoo.prediction import predict
from zoo.serving import asking
from zoo.serving.clients import UnavailableError, connect
from zoo.serving.deployment import free_ports
from zoo.serving.development import DevelopmentServer
from zoo.serving.limits import Limits
from zoo.serving.requests import predict_request


@pytest.fixture(scope="module")
def stories(exports):
    return exports("gpt", "tiny-stories")


@pytest.fixture(scope="module")
def client(stories):
    return connect(stories.folder)


@pytest.fixture(scope="module")
def server(stories):
    with DevelopmentServer(stories.folder.parent, "stories") as server:
        yield server


def places(export, server):
    http, grpc = f"127.0.0.1:{server.rest_port}", f"127.0.0.1:{server.grpc_port}"
    return export.folder, export.folder.parent, f"http://{http}/stories", f"grpc://{grpc}/stories"


def test_a_version_a_folder_and_both_addresses_answer_like_the_run(stories, server):
    texts = [record["text"] for record in stories.records]
    plain = predict(stories.run, texts)
    drawn = predict(stories.run, texts, sampler=Sample(1.5, top_k=9), seed=4, max_tokens=7)
    asked = ("--temperature", "1.5", "--top-k", "9", "--seed", "4", "--max-tokens", "7")
    for place in places(stories, server):
        for options, answers in (((), plain), (asked, drawn)):
            said = document(zoo("predict", place, *texts, *options, "--json"))
            assert said == [{"input": {"text": t}, **answer} for t, answer in zip(texts, answers, strict=True)], place


def test_an_export_answers_each_text_also_one_that_its_run_refuses(client, stories):
    text, unknown = stories.records[0]["text"], "🙂"
    with pytest.raises(ValueError, match="text 2 has nothing in it that this run knows"):
        predict(stories.run, [text, unknown])
    answers = asking.predict(client, [text, unknown, "", "a " * 200])
    assert len(answers) == 4 and answers[:1] == predict(stories.run, text)
    assert "But a RUN refuses a text" in " ".join(zoo("predict", "--help").stdout.split())


@pytest.mark.parametrize(
    ("settings", "possible"),
    [
        ({"temperature": -1.0}, "temperature=-1.0 is not possible: it must be above 0"),
        ({"top_p": 7.0}, "top_p=7.0 is not possible: it must be above 0 and at most 1"),
        ({"top_k": -3}, "top_k=-3 is not possible: it must be at least 1"),
        ({"max_tokens": 0}, "max_tokens=0 is not possible: it must be at least 1"),
        ({"seed": -5}, "seed=-5 is not possible: it must be from 0 to 2147483646"),
        ({"seed": 2**31 - 1}, "seed=2147483647 is not possible: it must be from 0 to 2147483646"),
    ],
)
def test_an_export_draws_by_what_its_run_draws_by_and_nothing_else(client, stories, settings, possible):
    texts = [record["text"] for record in stories.records[:2]]
    with pytest.raises(ValueError, match=re.escape(possible)):
        asking.predict(client, texts, **settings)
    if "seed" not in settings and "max_tokens" not in settings:
        with pytest.raises(ValueError, match=re.escape(possible)):
            Sample(**settings)


def test_the_largest_settings_are_those_of_31_bits(client, stories):
    texts = [record["text"] for record in stories.records[:2]]
    largest = {"top_k": 3_000_000_000, "seed": 2**31 - 2}
    (_, second) = asking.predict(client, texts, max_tokens=2, **largest)
    assert asking.predict(client, texts[1:], max_tokens=2, **{**largest, "seed": 2**31 - 1}) == [second]
    assert asking.predict(client, [], **largest) == []


def test_inputs_with_a_default_value_may_be_left_out_by_grpc(stories, server):
    texts = [record["text"] for record in stories.records]
    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        for some in (texts[:1], texts):  # a default value has one row, which TF Serving merges with one text only
            said = [
                tf.make_ndarray(stub.Predict(predict_request("stories", asked, {"text": some})).outputs["continuation"])
                for asked in ("generate", "serving_default")
            ]
            assert said[0].tolist() == said[1].tolist()


def test_people_see_what_they_see_of_a_run(exports):
    export = exports("bag_of_words", "tiny-inference")
    (answer,) = predict(export.run, export.records[:1])
    line = "\t".join(export.records[0].values())
    done = zoo("predict", export.folder.parent, "-", input=f"{line}\n")
    assert done.stdout == f"{answer['label']}\t{max(answer['probabilities']):.3f}\n"
    measuring = exports("bag_of_words", "regression")
    (answer,) = predict(measuring.run, measuring.records[:1])
    done = zoo("predict", measuring.folder.parent, "\t".join(measuring.records[0].values()))
    assert done.stdout == f"{answer['score']:.4g}\n"
    refused = zoo("predict", export.folder.parent, "one part")
    assert refused.exit_code == 2 and "text <tab> text_pair" in refused.stderr


def test_a_model_may_have_a_korean_name(exports):
    export = exports("bag_of_words", "regression")
    (answer,) = predict(export.run, export.records[:1])
    line = "\t".join(export.records[0].values())
    with DevelopmentServer(export.folder.parent, "번역") as server:
        http, grpc = f"http://127.0.0.1:{server.rest_port}", f"grpc://127.0.0.1:{server.grpc_port}"
        for place in (f"{http}/번역", f"{http}/%EB%B2%88%EC%97%AD", f"{grpc}/번역"):
            (said,) = document(zoo("predict", place, line, "--json"))
            assert said["score"] == pytest.approx(answer["score"], abs=1e-5), place
        with socket.create_connection(("127.0.0.1", server.rest_port), timeout=60) as client:  # bytes, as curl sends
            client.sendall("GET /v1/models/번역 HTTP/1.0\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 200")


def test_an_export_that_is_not_whole_is_one_line(stories, tmp_path):
    (tmp_path / "1").mkdir()
    shutil.copy(stories.folder / "saved_model.pb", tmp_path / "1")  # and no weights
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / "saved_model.pb").write_bytes(b"no graph")
    for version in ("1", "2"):
        done = zoo("predict", tmp_path / version, "a text")
        (line,) = done.stderr.splitlines()
        assert done.exit_code == 2 and f"{tmp_path / version} cannot be loaded" in line, done.exception


@pytest.mark.parametrize(
    ("place", "options", "status", "pieces"),
    [
        ("folder", ["--beam", "2", "--stop", "x"], 2, ["--beam, --stop: only a run can do that", "--max-tokens"]),
        ("folder", ["--stream"], 2, ["--stream: only a run"]),
        ("folder", ["--seed", "3000000000"], 2, ["seed=3000000000 is not possible", "from 0 to 2147483647"]),
        ("http://127.0.0.1:{rest}/other", [], 2, ["the server says 404: Servable not found for request"]),
        ("http://127.0.0.1:{rest}", [], 2, ["not the address of a model", "SCHEME://HOST:PORT/NAME"]),
        ("ftp://127.0.0.1:{rest}/stories", [], 2, ["not the address of a model", "http, https or grpc"]),
        ("grpc://127.0.0.1:{grpc}/other", [], 2, ["the server says NOT_FOUND"]),
        ("grpc://127.0.0.1:{free}/stories", [], 1, ["no answer of a TF Serving by gRPC at 127.0.0.1:", "UNAVAILABLE"]),
        ("http://127.0.0.1:{free}/stories", [], 1, ["no TF Serving answers by REST at http://127.0.0.1:"]),
        ("http://127.0.0.1:{grpc}/stories", [], 2, ["no TF Serving answers by REST"]),
        ("grpc://127.0.0.1:{rest}/stories", [], 1, ["no answer of a TF Serving by gRPC", "UNAVAILABLE"]),
    ],
)
def test_what_cannot_be_asked_is_one_line(stories, server, place, options, status, pieces):
    """The status of what may succeed later is 1: there may be a server then."""
    (free,) = free_ports(0)  # nobody listens there
    place = place.format(rest=server.rest_port, grpc=server.grpc_port, free=free)
    done = zoo("predict", stories.folder.parent if place == "folder" else place, "a text", *options)
    assert (done.exit_code, done.stdout) == (status, ""), done.exception
    (line,) = done.stderr.splitlines()
    assert all(piece in line for piece in pieces), line


def test_a_server_that_has_no_time_may_have_some_later(stories):
    with DevelopmentServer(stories.folder.parent, "stories", limits=Limits(workers=1, queue=0)) as server:
        for place, said in zip(places(stories, server)[2:], ("503", "UNAVAILABLE"), strict=True):
            with connect(place) as client, server._service.gate.passed(), pytest.raises(UnavailableError) as caught:
                asking.predict(client, ["a text"])
            assert str(caught.value) == f"the server says {said}: the queue of requests is full: try again later"
    assert UnavailableError.exit_status == 1
