"""Processes of tests: none outlives its test, and a failure tells what it said."""

import pytest

from tests.serving.children import Child, finished

HANGS = ["sh", "-c", "echo I wait >&2; exec sleep 600"]


def test_a_process_that_hangs_is_killed_and_the_failure_tells_what_it_said():
    with Child(HANGS) as it, pytest.raises(pytest.fail.Exception, match=r"I wait"):
        it.line(seconds=1)
    assert it.process.returncode == -9
    with Child(HANGS) as it, pytest.raises(pytest.fail.Exception, match=r"I wait"):
        it.ended(seconds=1)
    with pytest.raises(pytest.fail.Exception, match=r"did not end within 1 s:\nI wait"):
        finished(HANGS, seconds=1)
