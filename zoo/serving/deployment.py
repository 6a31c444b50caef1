"""How the real server is started with an export: TF Serving's configuration, Docker's, and the command lines."""

import contextlib
import re
import shutil
import socket
import subprocess
from pathlib import Path

IMAGE = "tensorflow/serving:2.20.0"
SERVER = "tensorflow_model_server"
GRPC_PORT, REST_PORT = 8500, 8501
MOST_ROWS = 32  # of a request, where TF Serving merges requests
COMPOSE, MODELS, BATCHING = "compose.yaml", "models.config", "batching.config"

COMPOSE_TEXT = """\
# docker compose up: TF Serving with this model, for this machine alone (127.0.0.1).
services:
  serving:
    image: {image}
    command:
      - --model_config_file=/models/{name}/{models}
      - --model_config_file_poll_wait_seconds=60
      - --enable_batching=true
      - --batching_parameters_file=/models/{name}/{batching}
    ports:
      - "127.0.0.1:{grpc_port}:8500"  # gRPC
      - "127.0.0.1:{rest_port}:8501"  # REST
    volumes:
      - .:/models/{name}:ro
    restart: unless-stopped
"""
MODELS_TEXT = """\
# The models of a TF Serving: add a config for each further one. The newest version of a folder is served.
model_config_list {{
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
  }}
}}
"""
BATCHING_TEXT = """\
# How TF Serving merges requests that come at the same time. All inputs and outputs of this model have the batch first.
# A request with more rows is refused. Not split (enable_large_batch_splitting): TF Serving cannot join the answers of
# the pieces where their rows are not equally wide, as with tags and ids.
max_batch_size {{ value: {most_rows} }}
batch_timeout_micros {{ value: 2000 }}
max_enqueued_batches {{ value: 100 }}
num_batch_threads {{ value: 4 }}
# Requests with ids that are merged must have equally wide rows, or all of them are refused (FAILED_PRECONDITION): send
# ids with -1 behind them up to one width. TF Serving itself would fill up with the first id of a request.
pad_variable_length_inputs: false
"""
FILES = (COMPOSE, MODELS, BATCHING)


def model_name(directory):
    """The name of a model on a server: that of its folder, without what means something in an address."""
    return re.sub(r"[^\w.-]+", "-", Path(directory).resolve().name)


def write_configuration(directory):
    """Writes what TF Serving and Docker need into a model's folder, beside its versions."""
    name = model_name(directory)
    values = {"name": name, "image": IMAGE, "models": MODELS, "batching": BATCHING}
    ports = {"grpc_port": GRPC_PORT, "rest_port": REST_PORT}
    (directory / COMPOSE).write_text(COMPOSE_TEXT.format(**values, **ports), encoding="utf-8")
    (directory / MODELS).write_text(MODELS_TEXT.format(name=name), encoding="utf-8")
    (directory / BATCHING).write_text(BATCHING_TEXT.format(most_rows=MOST_ROWS), encoding="utf-8")


def free_ports(*wanted):
    """The same ports with any free one for each 0, which TF Serving and Docker would take for none at all."""
    with contextlib.ExitStack() as held:  # until all are chosen, so that they differ
        return [port or _free_port(held) for port in wanted]


def _free_port(held):
    return held.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]


def server_command(directory, name, grpc_port, rest_port):
    """The command line of an installed TF Serving; None where there is none."""
    program = shutil.which(SERVER)
    if program is None:
        return None
    directory = Path(directory).resolve()
    command = [program, f"--port={grpc_port}", f"--rest_api_port={rest_port}"]
    command += [f"--model_name={name}", f"--model_base_path={directory}"]
    if (directory / BATCHING).exists():
        command += ["--enable_batching=true", f"--batching_parameters_file={directory / BATCHING}"]
    return command


def docker_command(directory, name, grpc_port, rest_port):
    """The command line that starts TF Serving in Docker; None where no Docker engine answers."""
    program = shutil.which("docker")
    if program is None:
        return None
    try:
        answered = subprocess.run([program, "version"], capture_output=True, timeout=20).returncode == 0
    except subprocess.TimeoutExpired:
        answered = False
    if not answered:
        return None
    directory = Path(directory).resolve()
    command = [program, "run", "--rm", "--init", f"--publish=127.0.0.1:{grpc_port}:8500"]
    command += [f"--publish=127.0.0.1:{rest_port}:8501", f"--volume={directory}:/models/{name}:ro"]
    command += [f"--env=MODEL_NAME={name}", IMAGE]
    if (directory / BATCHING).exists():
        command += ["--enable_batching=true", f"--batching_parameters_file=/models/{name}/{BATCHING}"]
    return command
