"""A program of a test that hangs fails its test with what it said, and is killed with all that it has started."""

import os
import subprocess
import time

import pytest

from tests.processes import Child, ended, finished, made_once, start

WAITS = ["sh", "-c", "sleep 600 > /dev/null 2>&1 & echo I wait for $! >&2; wait"]
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
    assert is_killed(after("waiting for nobody ", caught))


def test_what_outlives_the_one_that_started_it_is_killed_and_heard():
    with pytest.raises(pytest.fail.Exception, match=r"of 1 processes had not ended: \[0\]\n-- 0:\n") as caught:
        ended(start("sh", "-c", "sleep 600 & echo left $!"), timeout=1)
    assert is_killed(after("left ", caught))
    ((_, out, _),) = ended(start("sh", "-c", "sleep 600 > /dev/null 2>&1 & echo $!"))
    assert is_killed(int(out))


def after(words, caught):
    """The number of a process, which stands behind these words in what was said, and that at the end."""
    return int(str(caught.value).rpartition(words)[2].split()[0])


def is_killed(process):
    """Whether it is, or will be in a moment."""
    deadline = time.monotonic() + 10
    while is_there(process) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_there(process)


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


@pytest.mark.parametrize(
    ("wait", "why"),
    [(Child.line, "said nothing within 1 s"), (Child.ended, "did not end within 1 s")],
    ids=["line", "ended"],
)
def test_one_that_is_talked_to_is_killed_with_its_children_and_heard(wait, why):
    with Child(WAITS) as it, pytest.raises(pytest.fail.Exception, match=rf"{why}.*\nI wait") as caught:
        wait(it, seconds=1)
    assert it.process.returncode == -9 and is_killed(after("I wait for ", caught))


def test_a_context_that_ends_kills_what_was_started_in_it():
    with Child(["sh", "-c", "sleep 600 > /dev/null 2>&1 & echo $!; wait"]) as it:
        child = int(it.line())
    assert is_killed(child)


def test_one_that_does_not_finish_is_killed_with_its_children_and_heard():
    with pytest.raises(pytest.fail.Exception, match=r"after 1 seconds .*\n-- 0:\nI wait") as caught:
        finished(WAITS, seconds=1)
    assert is_killed(after("I wait for ", caught))
    assert finished(["sh", "-c", "echo 끝"]) == "끝\n"
    with pytest.raises(AssertionError, match="broken"):
        finished(["sh", "-c", "echo broken >&2; exit 3"])
