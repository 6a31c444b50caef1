"""The program as a test calls it, and the one JSON document that it answers with."""

import json

from click.testing import CliRunner

from zoo.cli.main import main


def zoo(*args, **options):
    """``zoo("train", "gpt", "copy", "--steps", 3)``; what came of it."""
    return CliRunner().invoke(main, [str(arg) for arg in args], **options)


def document(done):
    """The one JSON document on standard output."""
    assert done.exit_code == 0, (done.stderr, done.exception)
    return json.loads(done.stdout)
