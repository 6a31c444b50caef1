"""``zoo serve``: the real server where there is one, else the one for development, until it is told to end."""

import json
import os
import re
import shutil
import signal
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
import tensorflow as tf

from tests.command_line import document, zoo
from tests.processes import Child
from tests.serving.upper import post
from zoo.serving import deployment


def test_the_development_server_runs_until_it_is_told_to_end(upper):
    with served(upper) as it:
        told = json.loads(it.line())
        assert (told["server"], told["model"]) == ("development", "upper")
        rest_port = int(told["rest"].removesuffix("/upper").rpartition(":")[2])
        assert post(SimpleNamespace(rest_port=rest_port), {"instances": ["a"]})[0] == 200
        it.process.send_signal(signal.SIGTERM)
        assert it.ended() == 0
        assert "for development" in it.errors()


class Endless(tf.Module):
    """A model that says in a file that it has begun, and thinks for hours."""

    def __init__(self, begun):
        self.begun = str(begun)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")], autograph=False)
    def answer(self, text):
        tf.io.write_file(self.begun, "")
        count = tf.while_loop(lambda i: i < 2**62, lambda i: [i + 1], [tf.constant(0, tf.int64)])[0]
        return {"text": tf.strings.join([text, tf.strings.as_string(count)])}


@pytest.mark.parametrize("protocol", ["rest", "grpc"])
def test_ctrl_c_while_an_answer_is_computed_ends_the_server_in_peace(tmp_path, protocol):
    """TensorFlow's threads crash a Python that ends while they run."""
    model = Endless(tmp_path / "begun")
    tf.saved_model.save(model, tmp_path / "endless" / "1", model.answer)
    with served(tmp_path / "endless") as it, ThreadPoolExecutor(1) as clients:
        told = json.loads(it.line())
        asked = clients.submit(zoo, "predict", told[protocol], "a text")
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        it.process.send_signal(signal.SIGINT)
        assert it.ended() == 0
        assert it.errors().splitlines()[-1] == "Ended; the clients of what took longer have no answer."
        done = asked.result()
    (line,) = done.stderr.splitlines()
    said = {"rest": "ended the connection and gave no answer", "grpc": "the server says UNAVAILABLE"}
    assert done.exit_code == 1 and said[protocol] in line


def test_a_version_that_cannot_be_loaded_is_told_and_the_one_before_serves(upper, tmp_path):
    folder = shutil.copytree(upper, tmp_path / "upper")
    shutil.copytree(upper / "1", folder / "2")
    graph = (upper / "1" / "saved_model.pb").read_bytes()
    (folder / "2" / "saved_model.pb").write_bytes(graph[: len(graph) // 2])
    with served(folder) as it:
        told = json.loads(it.line())
        broken, serves, _ = it.errors().splitlines()
        assert broken.startswith(f"{folder}/2 cannot be loaded: ") and serves == f"{folder}/1 serves."
        assert document(zoo("predict", told["rest"], "a", "--json"))[0]["version"] == 1
    shutil.rmtree(folder / "1")
    done = zoo("serve", folder, "--with", "development", "--port", 0, "--rest-port", 0)
    (line,) = done.stderr.splitlines()
    assert done.exit_code == 2 and f"{folder}/2 cannot be loaded: " in line


def served(folder):
    """``zoo serve`` in a process of its own, on any free ports."""
    command = [sys.executable, "-m", "zoo.cli", "serve", folder, "--with", "development", "--json"]
    return Child([*command, "--port", "0", "--rest-port", "0"])


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Programs of these names, alone on the path; the command lines that `zoo serve` becomes are returned."""

    def install(*names):
        for name in names:
            (tmp_path / name).write_text("#!/bin/sh\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path))
        became = []
        monkeypatch.setattr(os, "execv", lambda program, command: became.append(command) or sys.exit(0))
        return became

    return install


@pytest.fixture
def configured(tmp_path, upper):
    """The folder of the model with TF Serving's configuration, as an export has it."""
    folder = shutil.copytree(upper, tmp_path / "model" / "upper")
    deployment.write_configuration(folder)
    return folder


def test_an_installed_tf_serving_takes_the_place_of_the_command(configured, tmp_path, installed):
    became = installed(deployment.SERVER, "docker")
    done = zoo("serve", configured, "--name", "other", "--port", "1234")
    assert done.exit_code == 0, done.stderr
    ((program, *options),) = became
    assert program == str(tmp_path / deployment.SERVER)
    assert set(options) == {
        "--port=1234",
        "--rest_api_port=8501",
        "--model_name=other",
        f"--model_base_path={configured}",
        "--enable_batching=true",
        f"--batching_parameters_file={configured}/batching.config",
    }


def test_tf_serving_in_docker_takes_the_place_of_the_command(configured, tmp_path, installed):
    became = installed("docker")
    done = zoo("serve", configured, "--rest-port", "1234")
    assert done.exit_code == 0, done.stderr
    (command,) = became
    image = command.index(deployment.IMAGE)
    assert command[:3] == [str(tmp_path / "docker"), "run", "--rm"]
    assert set(command[3:image]) == {
        "--init",
        "--publish=127.0.0.1:8500:8500",
        "--publish=127.0.0.1:1234:8501",
        f"--volume={configured}:/models/upper:ro",
        "--env=MODEL_NAME=upper",
    }
    batching = "--batching_parameters_file=/models/upper/batching.config"
    assert command[image + 1 :] == ["--enable_batching=true", batching]


@pytest.mark.parametrize("program", [deployment.SERVER, "docker"])
def test_any_free_port_is_one_for_tf_serving_too(upper, installed, program):
    became = installed(program)
    assert zoo("serve", upper, "--port", 0, "--rest-port", 0).exit_code == 0
    ports = re.findall(r"(?:port=|127\.0\.0\.1:)([0-9]+)", " ".join(became[0]))
    assert len(set(ports)) == 2 and "0" not in ports


@pytest.mark.parametrize("program", [deployment.SERVER, "docker"])
def test_what_only_the_development_server_can_do_is_refused_by_another(upper, installed, program):
    became = installed(program)
    done = zoo("serve", upper, "--host", "0.0.0.0", "--max-batch", "8", "--json")
    (line,) = done.stderr.splitlines()
    assert (done.exit_code, became) == (2, [])
    assert "--host, --max-batch, --json: only the development server" in line and "--with development" in line


@pytest.mark.parametrize(
    ("arguments", "piece"),
    [
        (["--with", "tensorflow-serving"], "--with tensorflow-serving: it is not here"),
        (["--with", "docker"], "--with docker: it is not here"),
    ],
)
def test_a_server_that_is_not_here(upper, monkeypatch, arguments, piece):
    monkeypatch.setenv("PATH", "")
    done = zoo("serve", upper, *arguments)
    (line,) = done.stderr.splitlines()
    assert done.exit_code == 2 and piece in line


def test_a_version_is_told_from_the_folder_that_is_served(upper):
    done = zoo("serve", upper / "1")
    assert done.exit_code == 2 and "is a version of an export: serve the folder that holds it" in done.stderr


@pytest.mark.parametrize(
    ("option", "other", "protocol"), [("--port", "--rest-port", "gRPC"), ("--rest-port", "--port", "REST")]
)
def test_a_port_that_is_taken_is_named(upper, monkeypatch, option, other, protocol):
    monkeypatch.setenv("PATH", "")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = zoo("serve", upper, option, port, other, 0)
    assert done.exit_code == 2 and f"port {port} of 127.0.0.1 cannot be used for {protocol}" in done.stderr
    (line,) = done.stderr.splitlines()
    assert "Address already in use" in line and "choose another, or 0 for any free one" in line


def test_a_folder_without_versions_is_no_export(tmp_path):
    done = zoo("serve", tmp_path)
    assert done.exit_code == 2 and "holds no exported version" in done.stderr
