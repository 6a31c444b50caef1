"""The development server with many clients at once, with clients that do not keep to it, and while versions change."""

import contextlib
import shutil
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2, prediction_service_pb2_grpc

from tests.serving.upper import get, post, write_version
from zoo.serving.deployment import free_ports
from zoo.serving.development import DevelopmentServer
from zoo.serving.limits import Limits, ServingError
from zoo.serving.requests import predict_request
from zoo.serving.served_model import ServedModel
from zoo.serving.versions import State, Versions


@pytest.fixture(scope="module")
def server(upper):
    with DevelopmentServer(upper) as server:
        yield server


def test_hundreds_of_requests_at_once_are_all_answered_and_none_is_mixed_up(server):
    def ask_rest(number):
        texts = [f"text {number} row {i}" for i in range(1 + number % 5)]
        status, document = post(server, {"instances": texts})
        return status == 200 and [row["upper"] for row in document["predictions"]] == [text.upper() for text in texts]

    def ask_grpc(number):
        texts = [f"call {number} row {i}" for i in range(1 + number % 5)]
        response = stub.Predict(predict_request("upper", "", {"text": texts}), timeout=120)
        return [text.decode() for text in tf.make_ndarray(response.outputs["upper"])] == [x.upper() for x in texts]

    with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel, ThreadPoolExecutor(100) as clients:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        asked = [clients.submit(ask, number) for number in range(200) for ask in (ask_rest, ask_grpc)]
        assert all(answer.result() for answer in asked)


def test_beyond_the_queue_requests_are_sent_away_and_those_within_are_answered(tmp_path):
    write_version(tmp_path, 1, pause=700)
    limits = Limits(workers=1, queue=2)
    with DevelopmentServer(tmp_path, "upper", limits=limits) as server, ThreadPoolExecutor(30) as clients:
        rest = [clients.submit(post, server, {"instances": [str(number)]}) for number in range(30)]
        statuses = [answer.result()[0] for answer in rest]
        assert set(statuses) == {200, 503}
        assert statuses.count(200) >= 3
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            calls = [stub.Predict.future(predict_request("upper", "", {"text": ["a"]}), timeout=60) for _ in range(30)]
            codes = [call.code() for call in calls]
        assert set(codes) == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert codes.count(grpc.StatusCode.OK) >= 3
        assert post(server, {"instances": ["a"]})[0] == 200


def test_who_asks_for_metadata_does_not_wait_for_those_who_compute(upper, monkeypatch):
    free, ask = threading.Event(), ServedModel.ask
    with DevelopmentServer(upper, limits=Limits(workers=1)) as server:
        monkeypatch.setattr(ServedModel, "ask", lambda *args: free.wait(60) and ask(*args))
        with grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            calls = [stub.Predict.future(predict_request("upper", "", {"text": ["a"]}), timeout=60) for _ in range(3)]
            request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
            request.model_spec.name = "upper"
            try:
                assert stub.GetModelMetadata(request, timeout=10).metadata
                assert not any(call.done() for call in calls)
            finally:
                free.set()
            assert all(call.result().outputs for call in calls)


def test_a_silent_client_loses_its_connection(tmp_path, upper):
    shutil.copytree(upper / "1", tmp_path / "1")
    with (
        DevelopmentServer(tmp_path, "upper", limits=Limits(connections=1, seconds=0.5)) as server,
        socket.create_connection(("127.0.0.1", server.rest_port), timeout=30) as silent,
    ):
        silent.sendall(b"POST /v1/models/upper:predict HTTP/1.1\r\n")
        assert silent.recv(100) == b""  # closed by the server
        deadline = time.monotonic() + 30
        status = 503
        while status == 503 and time.monotonic() < deadline:
            time.sleep(0.05)
            with contextlib.suppress(OSError):  # who is sent away before the question was sent may not hear why
                status = post(server, {"instances": ["a"]})[0]
        assert status == 200


# -- newer versions ---------------------------------------------------------------------------------------------------


def test_a_newer_version_takes_over_while_requests_come_and_none_is_lost(tmp_path):
    write_version(tmp_path, 1)
    stop = threading.Event()
    answered = []

    def keep_asking(ask, number):
        count = 0
        while not stop.is_set():
            said, number_of_version = ask(f"{number}-{count}-a")
            answered.append((ask, said == f"{number}-{count}-A", number_of_version))
            count += 1

    def by_rest(text):
        status, document = post(server, {"instances": [text]})
        return status == 200 and document["predictions"][0]["upper"], version(document)

    def by_grpc(text):
        outputs = stub.Predict(predict_request("upper", "", {"text": [text]}), timeout=60).outputs
        return outputs["upper"].string_val[0].decode(), int(tf.make_ndarray(outputs["version"])[0])

    def version(document):
        return document["predictions"][0]["version"]

    def wait_for(wanted):
        deadline = time.monotonic() + 120
        while version(post(server, {"instances": ["a"]})[1]) != wanted and time.monotonic() < deadline:
            time.sleep(0.05)
        assert version(post(server, {"instances": ["a"]})[1]) == wanted

    with (
        DevelopmentServer(tmp_path, "upper", look_every=0.1) as server,
        grpc.insecure_channel(f"127.0.0.1:{server.grpc_port}") as channel,
        ThreadPoolExecutor(8) as clients,
    ):
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        asking = [clients.submit(keep_asking, (by_rest, by_grpc)[number % 2], number) for number in range(8)]
        try:
            write_version(tmp_path, 2)
            wait_for(2)
            shutil.copytree(tmp_path / "2", tmp_path / ".3")
            (tmp_path / ".3" / "saved_model.pb").write_bytes(b"no model")
            (tmp_path / ".3").rename(tmp_path / "3")
            deadline = time.monotonic() + 120
            while len(get(server, "/v1/models/upper")[1]["model_version_status"]) < 3 and time.monotonic() < deadline:
                time.sleep(0.05)
            wait_for(2)
            write_version(tmp_path, 10)  # 10 is newer than 9, though not in the alphabet
            wait_for(10)
        finally:
            stop.set()
        for thread in asking:
            thread.result()
        states = {row["version"]: row["state"] for row in get(server, "/v1/models/upper")[1]["model_version_status"]}
        assert states == {"10": "AVAILABLE", "3": "END", "2": "END", "1": "END"}
        status, document = get(server, "/v1/models/upper/versions/3")
        assert (status, document["model_version_status"][0]["status"]["error_code"]) == (200, "INTERNAL")
    assert len(answered) > 20
    assert {is_right for _, is_right, _ in answered} == {True}
    for ask in (by_rest, by_grpc):
        assert {number for asked, _, number in answered if asked is ask} == {1, 2, 10}


def test_a_version_that_is_copied_slowly_is_served_when_it_is_whole(tmp_path, upper):
    (tmp_path / "made").mkdir()
    (tmp_path / "served").mkdir()
    write_version(tmp_path / "made", 2)
    shutil.copytree(upper / "1", tmp_path / "served" / "01")  # TF Serving calls it 1, too
    told = []
    versions = Versions(tmp_path / "served", tell=told.append)
    versions.look()
    assert versions.current.version == 1
    made, copied = tmp_path / "made" / "2", tmp_path / "served" / "2"
    copied.mkdir()
    shutil.copy2(made / "saved_model.pb", copied)
    for _ in range(3):  # it is left alone until there is all of it
        versions.look()
        assert (versions.current.version, list(versions.statuses())) == (1, [1])
    shutil.copytree(made / "variables", copied / "variables")
    versions.look()
    assert (versions.current.version, versions.statuses()[2][0]) == (2, State.AVAILABLE)
    assert told == [f"{tmp_path}/served/01 serves.", f"{copied} serves."]


def test_a_version_of_which_nothing_more_comes_is_told_once_and_served_when_it_does(tmp_path, upper):
    folder = shutil.copytree(upper, tmp_path / "upper")
    shutil.copytree(folder / "1", folder / "2", ignore=shutil.ignore_patterns("variables.index"))
    shutil.copytree(folder / "1", folder / "3", ignore=shutil.ignore_patterns("saved_model.pb"))
    told = []
    versions = Versions(folder, tell=told.append, patience=0.0)
    versions.look()
    assert told == [f"{folder}/1 serves."]  # all else has just come
    for _ in range(3):
        versions.look()
    assert [line.partition(":")[0] for line in told[1:]] == [f"{folder}/{name} cannot be loaded" for name in "32"]
    assert [versions.statuses()[number][0] for number in (3, 2)] == [State.END] * 2
    shutil.copy(folder / "1" / "variables" / "variables.index", folder / "2" / "variables")
    versions.look()
    assert told[3:] == [f"{folder}/2 serves."]


def test_a_folder_without_a_version_and_a_port_that_is_taken(tmp_path, upper, server):
    with pytest.raises(ServingError, match=r"holds no exported version"):
        DevelopmentServer(tmp_path)
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "saved_model.pb").write_bytes(b"no model")
    with pytest.raises(ServingError):
        DevelopmentServer(tmp_path)
    (port,) = free_ports(0)
    with pytest.raises(ServingError) as caught:
        DevelopmentServer(tmp_path, grpc_port=port)
    with DevelopmentServer(upper, grpc_port=port):  # the one that failed has given it back
        assert caught.value.__traceback__
    with pytest.raises(OSError):
        DevelopmentServer(upper, rest_port=server.rest_port)
    with pytest.raises(OSError, match=r"cannot be used for gRPC"):
        DevelopmentServer(upper, grpc_port=server.grpc_port)
