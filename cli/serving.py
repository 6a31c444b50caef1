"""A server for an export: ``zoo serve``."""

import json
import os
import signal
import sys
import threading
from pathlib import Path

import click

WAYS = ("auto", "tensorflow-serving", "docker", "development")


@click.command(
    epilog="""\b
Examples:
  zoo export RUN serving/translator && zoo serve serving/translator
  curl -d '{"instances": [{"source": "Emma put the book in the bag."}]}' \\
    http://localhost:8501/v1/models/translator:predict
The folder's README.md has a request for each signature."""
)
@click.argument("directory", metavar="DIR", type=click.Path())
@click.option("--with", "way", type=click.Choice(WAYS), default="auto", show_default=True, help="Which server.")
@click.option("--name", metavar="NAME", help="Of the model on the server; by default that of the folder.")
@click.option("--port", type=click.IntRange(0, 65535), default=8500, show_default=True, help="For gRPC; 0: any free.")
@click.option(
    "--rest-port", type=click.IntRange(0, 65535), default=8501, show_default=True, help="For REST; 0: any free."
)
@click.option(
    "--host", metavar="ADDRESS",
    help="Where the development server listens; by default 127.0.0.1, which is reached from this machine only.",
)  # fmt: skip
@click.option("--max-batch", type=click.IntRange(1), metavar="N", help="Development server: texts of one request.")
@click.option("--max-queue", type=click.IntRange(0), metavar="N", help="Development server: requests that may wait.")
@click.option("--max-bytes", type=click.IntRange(1), metavar="N", help="Development server: size of one request.")
@click.option("--json", "as_json", is_flag=True, help="Development server: print its addresses as one JSON document.")
def serve(directory, way, name, port, rest_port, host, max_batch, max_queue, max_bytes, as_json):
    """Serves an export, DIR as 'zoo export' wrote it, by REST and gRPC.

    By the real tensorflow_model_server where it is installed (it listens on all addresses of this machine), else by
    TF Serving in Docker, else by a small server of our own with the same interface: for development, without
    encryption, for this machine only. All of them take the newest version of DIR, and go over to a newer one when it
    comes.
    """
    directory = Path(directory)
    from zoo.run_folder import is_run
    from zoo.serving.places import newest_version, no_version

    if is_run(directory):
        raise click.UsageError(f"{directory} is a run: 'zoo export {directory} DIR' makes what can be served.")
    newest = newest_version(directory)
    if newest == directory:
        raise click.UsageError(f"{directory} is a version of an export: serve the folder that holds it.")
    if newest is None:
        raise click.UsageError(no_version(directory))
    from zoo.serving import deployment

    name = name or deployment.model_name(directory)
    own = {"--host": host, "--max-batch": max_batch, "--max-queue": max_queue, "--max-bytes": max_bytes}
    ignored = [option for option, value in {**own, "--json": as_json or None}.items() if value is not None]
    commands = {"tensorflow-serving": deployment.server_command, "docker": deployment.docker_command}
    for real, make_command in commands.items():
        if way in ("auto", real):
            command = make_command(directory, name, *deployment.free_ports(port, rest_port))
            if command:
                if ignored:
                    raise click.UsageError(
                        f"{', '.join(ignored)}: only the development server can do that (--with development), "
                        f"and {real} would serve."
                    )
                click.echo(" ".join(command), err=True)
                os.execv(command[0], command)  # it takes this process's place, signals and all
            if way == real:
                raise click.UsageError(f"--with {real}: it is not here. 'zoo serve {directory}' takes what there is.")
    limits = {"batch_size": max_batch, "queue": max_queue, "body_bytes": max_bytes}
    _develop(directory, name, host or "127.0.0.1", port, rest_port, limits, as_json)


def _develop(directory, name, host, port, rest_port, limits, as_json):
    """Runs the development server until Ctrl-C or SIGTERM."""
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    from zoo.serving.development import DevelopmentServer
    from zoo.serving.limits import Limits, ServingError

    given = {limit: value for limit, value in limits.items() if value is not None}
    try:
        server = DevelopmentServer(directory, name, host, port, rest_port, Limits(**given), tell=_tell)
    except ServingError as error:
        raise click.UsageError(str(error)) from error
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with server:
        click.echo("This is a server for development: no encryption, no users, one model. Ctrl-C ends it.", err=True)
        rest = f"http://{host}:{server.rest_port}/{server.name}"
        grpc = f"grpc://{host}:{server.grpc_port}/{server.name}"
        if as_json:
            click.echo(json.dumps({"server": "development", "model": server.name, "rest": rest, "grpc": grpc}))
        else:
            click.echo(f"REST http://{host}:{server.rest_port}/v1/models/{server.name}")
            click.echo(f"gRPC {host}:{server.grpc_port}, model {server.name}")
        ended.wait()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        _tell("Ending; what has been asked has a few seconds more. Ctrl-C again ends at once.")
    if server.is_computing:
        _tell("Ended; the clients of what took longer have no answer.")
        sys.stdout.flush()
        os._exit(0)  # threads of TensorFlow still run, and would crash a Python that ends around them


def _tell(line):
    """Standard output belongs to the addresses."""
    click.echo(line, err=True)


COMMANDS = (serve,)
