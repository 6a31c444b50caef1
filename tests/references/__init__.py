"""What others compute: independent references that the zoo must agree with.

A *case* is one model (or optimizer, or loss) at a small size. It gives both sides the same
weights and inputs, drawn by NumPy from the names of the weights, and asks each for its answers:
``ours()`` by the zoo, ``reference()`` by a library that others wrote (imported inside of that
function only) or by a NumPy loop over the paper's equations.

``tests/test_references.py`` compares them: against the stored answers in ``recordings/`` (always), and
against the live library with ``pytest --live`` (``make parity``, which installs the extra ``[parity]``).
``python -m tests.references.record`` makes the recordings anew.
"""

import importlib
import pkgutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

RECORDINGS = Path(__file__).parent / "recordings"


@dataclass(frozen=True)
class Case:
    """One comparison.

    Args:
        name: of the case and of its recording.
        reference: () -> {name: array}, the independent answers.
        ours: () -> {name: array}, the zoo's answers, the same names and shapes.
        packages: what ``reference`` imports; their versions are noted in the recording.
        tolerance: float, of the difference relative to the largest absolute value of the reference;
            whole numbers must be equal.
        tensorflow: why ``ours`` needs the TensorFlow backend of Keras; "" if any will do.
    """

    name: str
    reference: Callable
    ours: Callable
    packages: tuple = ("numpy",)
    tolerance: float = 1e-5
    tensorflow: str = ""


def cases():
    """All cases of the modules beside this one, by name."""
    found = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(__path__)):
        for case in getattr(importlib.import_module(f"{__name__}.{module}"), "CASES", ()):
            assert case.name not in found, f"two cases are called {case.name}"
            found[case.name] = case
    return found


def draw(name, shape, scale=0.3, center=0.0):
    """Normal numbers, float32, which depend on the name and the shape only: both sides draw the same weights."""
    generator = np.random.Generator(np.random.PCG64(zlib.crc32(f"{name}{tuple(shape)}".encode())))
    return (center + scale * generator.standard_normal(shape)).astype("float32")


def draw_ids(name, shape, vocabulary_size, lowest=0):
    """Token ids, int32, from ``lowest`` up to ``vocabulary_size`` - 1, which depend on the name and the shape only."""
    generator = np.random.Generator(np.random.PCG64(zlib.crc32(f"{name}{tuple(shape)}".encode())))
    return generator.integers(lowest, vocabulary_size, shape).astype("int32")


def padding_mask(lengths):
    """bool [B, T], True at the real tokens of rows of these lengths."""
    return np.arange(max(lengths)) < np.array(lengths)[:, None]
