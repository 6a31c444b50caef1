"""Programs that a test starts, alone or to wait for each other, and what several processes of tests share.

One that hangs is killed, and the failure tells what it said.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import filelock
import pytest

SECONDS = 180  # before a process is given up; the slowest answers after twenty


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
                    # One that has ended itself hangs, too, while what it has started still holds its output.
                    hung = [n for n, each in enumerate(processes) if each.poll() is None or n == len(said)]
                    _kill(processes)
            said.append(process.communicate())
    finally:
        _kill(processes)
    if hung:
        told = "\n".join(f"-- {number}:\n{out[-1000:]}{err[-3000:]}" for number, (out, err) in enumerate(said))
        pytest.fail(f"after {timeout} seconds these of {len(processes)} processes had not ended: {hung}\n{told}")
    return [(process.returncode, *texts) for process, texts in zip(processes, said, strict=True)]


def _kill(processes):
    """Kills processes, and what they have started, also of those that have ended themselves."""
    for process in processes:
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


class Child:
    """A process that is talked to line by line; neither it nor what it has started outlives its context.

    Args:
        command: program and arguments.
        **options: of ``subprocess.Popen``.
    """

    def __init__(self, command, **options):
        self.command = list(map(str, command))
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it is closed with the context
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._errors, "encoding": "utf-8"}
        self.process = subprocess.Popen(self.command, start_new_session=True, **pipes, **options)

    def line(self, seconds=SECONDS):
        """The next line of its standard output."""
        killer = threading.Timer(seconds, _kill, [[self.process]])
        killer.start()
        try:
            line = self.process.stdout.readline()
        finally:
            killer.cancel()
        if not line:
            pytest.fail(f"{self.command} said nothing within {seconds} s, or ended:\n{self.errors()}", pytrace=False)
        return line

    def say(self, line):
        """Writes a line to its standard input."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def ended(self, seconds=SECONDS):
        """Its exit status, when it ends by itself."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            _kill([self.process])
            self.process.wait()
            pytest.fail(f"{self.command} did not end within {seconds} s:\n{self.errors()}", pytrace=False)

    def errors(self):
        """What it has written to standard error until now."""
        return os.pread(self._errors.fileno(), 1 << 20, 0).decode(errors="replace")  # the process keeps its own place

    def __enter__(self):
        return self

    def __exit__(self, *error):
        _kill([self.process])
        self.process.communicate()
        self._errors.close()


def finished(command, seconds=SECONDS, **options):
    """Standard output, str, of a process that has done its work; like :func:`ended` it leaves nothing behind."""
    ((status, out, err),) = ended(start(*command, encoding="utf-8", **options), timeout=seconds)
    assert status == 0, err[-2000:]
    return out
