"""Programs that a test starts and that wait for each other, and what several processes of tests share."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time

import filelock
import pytest


def start(*command, **options):
    """Starts a program of Python, or another one if ``command`` begins with its name, and reads along what it says."""
    command = [sys.executable, *command] if command[0] in ("-c", "-m") else command
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([str(word) for word in command], start_new_session=True, **pipes, **options)


def ended(*processes, timeout=300):
    """Waits until all of ``processes`` have ended.

    Returns:
        ``(status, stdout, stderr)`` of each. If one hangs, the test fails with the last of what each has said; whatever
        happens, none of them, and nothing that they have started, outlives this call.
    """
    deadline = time.monotonic() + timeout
    said, hung = [], []
    try:
        for process in processes:
            if not hung:
                try:
                    said.append(process.communicate(timeout=max(deadline - time.monotonic(), 0.1)))
                    continue
                except subprocess.TimeoutExpired:
                    hung = [number for number, each in enumerate(processes) if each.poll() is None]
                    _kill(processes)
            said.append(process.communicate())
    finally:
        _kill(processes)
    if hung:
        told = "\n".join(f"-- {number}:\n{out[-1000:]}{err[-3000:]}" for number, (out, err) in enumerate(said))
        pytest.fail(f"after {timeout} seconds these of {len(processes)} processes had not ended: {hung}\n{told}")
    return [(process.returncode, *texts) for process, texts in zip(processes, said, strict=True)]


def _kill(processes):
    for process in processes:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def made_once(tmp_path_factory, name, make):
    """The folder ``name``, filled by ``make(folder)`` in the first process of a ``pytest -n`` that asks for it."""
    root = tmp_path_factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    with filelock.FileLock(root / f"{name}.lock"):
        if not (root / name / "made").exists():
            shutil.rmtree(root / name, ignore_errors=True)  # another process may have failed
            (root / name).mkdir()
            make(root / name)
            (root / name / "made").touch()
    return root / name
