"""What is left of a connection: bodies that do not come, are too long or are not wanted, and a server that ends."""

import http.client
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.serving.upper import post
from zoo.serving import development
from zoo.serving.development import DevelopmentServer
from zoo.serving.limits import Limits
from zoo.serving.served_model import ServedModel

POST = "POST /v1/models/upper:predict HTTP/1.1\r\n"
QUESTION = json.dumps({"instances": ["a"]})


@pytest.fixture(scope="module")
def server(upper):
    limits = Limits(body_bytes=100_000, together_bytes=100_000, seconds=1.0, connections=20)
    with DevelopmentServer(upper, limits=limits) as server:
        yield server


@pytest.fixture
def client(server):
    with socket.create_connection(("127.0.0.1", server.rest_port), timeout=30) as client:
        yield client


def answer(client):
    """Status and what is wrong, when the server has ended the connection or its answer."""
    response = http.client.HTTPResponse(client)
    response.begin()
    return response.status, json.load(response).get("error"), response.headers["Connection"]


@pytest.mark.parametrize(
    ("sent", "status", "message"),
    [
        ("Content-Length: 10\r\n\r\n{", 408, "the body's 10 bytes did not come in time"),
        (f"Content-Length: {'9' * 5000}\r\n\r\n", 400, "must be a number of bytes"),
        ("Content-Length: -1\r\n\r\n", 400, "must be a number of bytes"),
        ("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, "a body in chunks is not read"),
        ("\r\n", 411, "needs its Content-Length"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_by_its_status(server, client, sent, status, message):
    client.sendall(f"{POST}{sent}".encode())
    found, error, connection = answer(client)
    assert (found, connection) == (status, "close") and message in error
    assert post(server, {"instances": ["a"]})[0] == 200


def test_a_body_that_is_too_long_is_refused_before_it_comes(client):
    client.sendall(f"{POST}Content-Length: 200000\r\n\r\n".encode())
    assert answer(client)[::2] == (413, "close")


def test_a_body_that_ends_early_is_no_question(client):
    client.sendall(f"{POST}Content-Length: 100\r\n\r\n{QUESTION}".encode())
    client.shutdown(socket.SHUT_WR)
    assert answer(client)[:2] == (400, f"the body has {len(QUESTION)} bytes, not 100")


@pytest.mark.parametrize("header", ["Content-Length: 9", "Transfer-Encoding: chunked"])
def test_a_body_that_is_not_wanted_is_not_taken_for_the_next_request(client, header):
    client.sendall(f"GET /v1/models/upper HTTP/1.1\r\n{header}\r\n\r\nGET /x\r\n\r\n".encode())
    assert answer(client)[::2] == (200, "close")
    assert client.recv(100) == b""


def test_bodies_take_no_more_memory_together_than_they_may(upper):
    limits = Limits(body_bytes=100_000, together_bytes=100_000, seconds=60.0)
    with (
        DevelopmentServer(upper, limits=limits) as server,
        socket.create_connection(("127.0.0.1", server.rest_port), timeout=60) as client,
    ):
        client.sendall(f"{POST}Content-Length: 99990\r\n\r\n".encode())
        deadline = time.monotonic() + 60
        while server._rest.budget._left == 100_000 and time.monotonic() < deadline:  # until it has been heard
            time.sleep(0.01)
        assert post(server, {"instances": ["a"]})[0] == 503
        client.shutdown(socket.SHUT_WR)  # the rest of the body will not come
        assert answer(client)[0] == 400
        assert post(server, {"instances": ["a"]})[0] == 200


def test_a_connection_without_a_thread_keeps_no_other_from_coming(upper, monkeypatch):
    with DevelopmentServer(upper, limits=Limits(connections=1)) as server:
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", no_thread)
            with socket.create_connection(("127.0.0.1", server.rest_port), timeout=30) as client:
                assert client.recv(100) == b""
        assert post(server, {"instances": ["a"]})[0] == 200


def no_thread(self):
    raise RuntimeError("can't start new thread")


def test_a_server_that_ends_answers_what_it_has_begun(upper, monkeypatch):
    begun, ended, ask = threading.Event(), threading.Event(), ServedModel.ask

    def slow(*args):
        begun.set()
        time.sleep(1.5)
        ended.set()
        return ask(*args)

    server = DevelopmentServer(upper).start()
    monkeypatch.setattr(ServedModel, "ask", slow)
    with ThreadPoolExecutor(1) as clients:
        asked = clients.submit(post, server, {"instances": ["a"]})
        assert begun.wait(30)
        server.stop()
        assert ended.is_set()
        assert asked.result()[0] == 200


def test_what_still_waits_when_a_server_has_ended_is_computed_no_more(upper, monkeypatch):
    """The process ends when its threads do."""
    begun, free, asked, ask = threading.Event(), threading.Event(), [], ServedModel.ask

    def held(*args):
        asked.append(args)
        begun.set()
        return free.wait(60) and ask(*args)

    monkeypatch.setattr(development, "GRACE", 0.1)
    server = DevelopmentServer(upper, limits=Limits(workers=1)).start()
    monkeypatch.setattr(ServedModel, "ask", held)
    with ThreadPoolExecutor(3) as clients:
        questions = [clients.submit(post, server, {"instances": ["a"]}) for _ in range(3)]
        assert begun.wait(30)
        deadline = time.monotonic() + 30
        while server._rest._answering < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        server.stop()
        free.set()
        assert sorted(question.result()[0] for question in questions) == [200, 503, 503]
    assert len(asked) == 1
