"""What the tests of serving share: the exports, which take most of their time."""

import pytest

from tests.serving.exports import Exports
from tests.serving.fresh_process import FreshProcess
from tests.serving.upper import write_version


@pytest.fixture(scope="session")
def exports(tmp_path_factory):
    return Exports(tmp_path_factory.mktemp("serving"))


@pytest.fixture(scope="session")
def fresh(tmp_path_factory):
    """A process that knows TensorFlow and nothing of the zoo."""
    process = FreshProcess(tmp_path_factory.mktemp("fresh"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def upper(tmp_path_factory):
    """The folder of a small model, with version 1."""
    folder = tmp_path_factory.mktemp("served") / "upper"
    folder.mkdir()
    write_version(folder, 1)
    return folder
