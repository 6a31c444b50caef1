"""Processes of tests: none outlives its test, and a failure tells what it said."""

import sys

import pytest

from tests.serving.children import Child, finished

HANGS = "import sys, time; print('I wait', file=sys.stderr, flush=True); time.sleep(600)"


def test_a_process_that_hangs_is_killed_and_the_failure_tells_what_it_said():
    with Child([sys.executable, "-c", HANGS]) as it, pytest.raises(pytest.fail.Exception, match=r"I wait"):
        it.line(seconds=5)
    assert it.process.returncode == -9
    with Child([sys.executable, "-c", HANGS]) as it, pytest.raises(pytest.fail.Exception, match=r"I wait"):
        it.ended(seconds=5)
    with pytest.raises(pytest.fail.Exception, match=r"did not end within 5 s:\nI wait"):
        finished([sys.executable, "-c", HANGS], seconds=5)
