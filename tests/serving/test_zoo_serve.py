"""``zoo serve``: the real server where there is one, else the one for development, until it is told to end."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.command_line import zoo
from tests.serving.upper import post
from zoo.serving import deployment


def test_the_development_server_runs_until_it_is_told_to_end(upper):
    command = [sys.executable, "-m", "zoo.cli", "serve", upper, "--with", "development", "--json"]
    command += ["--port", "0", "--rest-port", "0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(list(map(str, command)), **pipes) as it:
        try:
            told = json.loads(it.stdout.readline())
            assert (told["server"], told["model"]) == ("development", "upper")
            rest_port = int(told["rest"].removesuffix("/upper").rpartition(":")[2])
            assert post(SimpleNamespace(rest_port=rest_port), {"instances": ["a"]})[0] == 200
            it.send_signal(signal.SIGTERM)
            assert it.wait(60) == 0
        finally:
            it.kill()
        assert "for development" in it.stderr.read()


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


def test_a_folder_without_versions_is_no_export(tmp_path):
    done = zoo("serve", tmp_path)
    assert done.exit_code == 2 and "holds no exported version" in done.stderr
