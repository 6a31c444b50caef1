"""What all tests share: a quiet TensorFlow, fixed seeds, real data where there is some."""

import os
import random
from importlib.util import find_spec
from pathlib import Path

import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
for name in ("COLUMNS", "LINES"):  # tables are as wide as they are when piped, in whichever terminal the tests run
    os.environ.pop(name, None)

try:
    installed = find_spec("zoo.models") is not None
except ModuleNotFoundError:
    installed = False
if not installed:
    # At the repository's root `import zoo` finds ./zoo even so, but the models lie in another folder.
    pytest.exit("zoo.models is missing: run 'pip install -e .' first (or 'make test', which does).", returncode=4)


def pytest_addoption(parser):
    parser.addoption("--live", action="store_true", help="compare with the reference libraries of the extra [parity]")


def pytest_configure(config):
    from zoo.memory import collect_less_often

    collect_less_often()
    config.addinivalue_line("markers", "tensorflow(why): needs the TensorFlow backend of Keras")


def pytest_collection_modifyitems(items):
    """On another backend of Keras, what needs TensorFlow is skipped with its reason, which ``pytest -rs`` shows."""
    import keras

    backend = keras.config.backend()
    for item in items:
        for marker in item.iter_markers("tensorflow"):
            if backend != "tensorflow":
                item.add_marker(pytest.mark.skip(reason=f"not with {backend}: {marker.args[0]}"))


@pytest.fixture(autouse=True)
def values_without_gradients():
    """PyTorch shows NumPy no tensor that could have a gradient; a test that wants gradients asks tests/backends.py."""
    import keras

    if keras.config.backend() != "torch":
        yield
        return
    import torch

    with torch.no_grad():
        yield


@pytest.fixture
def live(request):
    """Runs a test against the libraries of ``[parity]``, which only ``--live`` asks for (``make parity``)."""
    if not request.config.getoption("live"):
        pytest.skip("needs --live and the extra [parity]")


@pytest.fixture(autouse=True)
def seeds():
    """Every test begins with the same random numbers, whichever tests ran before it."""
    import keras
    import numpy as np

    random.seed(0)
    np.random.seed(0)
    keras.utils.set_random_seed(0)


@pytest.fixture
def zoo_data():
    """The folder of real corpora that ``ZOO_DATA`` names; skips where there is none."""
    folder = os.environ.get("ZOO_DATA")
    if not folder:
        pytest.skip("ZOO_DATA is not set")
    return Path(folder)
