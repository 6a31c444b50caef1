"""Every family, optimizer and loss agrees with references that others wrote, number for number."""

import importlib.util

import numpy as np
import pytest

from tests.references import RECORDINGS, cases

CASES = cases()
NAMES = [
    pytest.param(name, marks=[pytest.mark.tensorflow(case.tensorflow)] if case.tensorflow else [])
    for name, case in CASES.items()
]


def assert_agreement(expected, found, tolerance):
    """The same names, shapes and, up to ``tolerance`` times the largest value, numbers; ids exactly."""
    assert set(expected) == set(found)
    for name, value in expected.items():
        value, other = np.asarray(value), np.asarray(found[name])
        assert value.shape == other.shape, name
        if value.dtype.kind in "iub":
            np.testing.assert_array_equal(other, value, err_msg=name)
        else:
            scale = np.abs(value).max()
            assert scale > 0, f"{name} is zero everywhere: nothing is compared"
            np.testing.assert_allclose(other, value, rtol=0, atol=tolerance * scale, err_msg=name)


@pytest.mark.parametrize("name", NAMES)
def test_the_zoo_agrees_with_the_recorded_reference(name):
    case = CASES[name]
    with np.load(RECORDINGS / f"{name}.npz") as recording:
        expected = {key: recording[key] for key in recording.files if key != "versions"}
    assert_agreement(expected, case.ours(), case.tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_the_zoo_agrees_with_the_live_reference(name, live):
    case = CASES[name]
    for package in case.packages:
        assert importlib.util.find_spec(package), f"{package} is missing: pip install '.[parity]'"
    assert_agreement(case.reference(), case.ours(), case.tolerance)


def test_every_recording_belongs_to_a_case():
    assert {file.stem for file in RECORDINGS.glob("*.npz")} == set(CASES)
