"""A program of a test that hangs fails its test with what it said, and is killed with all that it has started."""

import os
import subprocess
import time

import pytest

from tests.processes import Child, ended, finished, made_once, start

WAITS = ["sh", "-c", "echo I wait >&2; exec sleep 600"]
HANGS = """
import subprocess, sys, time
child = subprocess.Popen(["sleep", "600"])
print("waiting for nobody", child.pid, flush=True)
time.sleep(600)
"""


def test_what_all_have_said_comes_with_their_statuses():
    assert ended(start("-c", "print('a')"), start("sh", "-c", "echo b >&2; exit 7")) == [(0, "a\n", ""), (7, "", "b\n")]


def test_one_that_hangs_is_killed_with_its_children_and_heard():
    with pytest.raises(pytest.fail.Exception, match=r"of 2 processes had not ended: \[1\]\n-- 0:\na\n") as caught:
        ended(start("sh", "-c", "echo a"), start("-c", HANGS), timeout=2)
    child = int(str(caught.value).partition("waiting for nobody ")[2].split()[0])
    deadline = time.monotonic() + 10
    while is_there(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_there(child)


def is_there(process):
    told = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True).stdout.strip()
    return bool(told) and not told.startswith("Z")


def test_a_folder_is_made_by_the_first_process_that_asks(tmp_path_factory, monkeypatch):
    made = []
    monkeypatch.setattr(os, "environ", dict(os.environ))
    os.environ.pop("PYTEST_XDIST_WORKER", None)
    folders = [made_once(tmp_path_factory, "once", made.append) for _ in range(2)]
    assert made == folders[:1] and folders[0] == folders[1]
    with pytest.raises(ZeroDivisionError):
        made_once(tmp_path_factory, "broken", lambda folder: 1 / 0)


def test_a_process_that_hangs_is_killed_and_the_failure_tells_what_it_said():
    with Child(WAITS) as it, pytest.raises(pytest.fail.Exception, match=r"I wait"):
        it.line(seconds=1)
    assert it.process.returncode == -9
    with Child(WAITS) as it, pytest.raises(pytest.fail.Exception, match=r"I wait"):
        it.ended(seconds=1)
    with pytest.raises(pytest.fail.Exception, match=r"did not end within 1 s:\nI wait"):
        finished(WAITS, seconds=1)
