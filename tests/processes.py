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


class Child:
    """A process that is talked to line by line; it does not outlive its context.

    Args:
        command: program and arguments.
        **options: of ``subprocess.Popen``.
    """

    def __init__(self, command, **options):
        self.command = list(map(str, command))
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it is closed with the context
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._errors, "encoding": "utf-8"}
        self.process = subprocess.Popen(self.command, **pipes, **options)

    def line(self, seconds=SECONDS):
        """The next line of its standard output."""
        killer = threading.Timer(seconds, self.process.kill)
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
            self.process.kill()
            self.process.wait()
            pytest.fail(f"{self.command} did not end within {seconds} s:\n{self.errors()}", pytrace=False)

    def errors(self):
        """What it has written to standard error until now."""
        return os.pread(self._errors.fileno(), 1 << 20, 0).decode(errors="replace")  # the process keeps its own place

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.kill()
        self.process.communicate()
        self._errors.close()


def finished(command, seconds=SECONDS, **options):
    """A process that has done its work; standard output and error are text."""
    command = list(map(str, command))
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=seconds, **options)
    except subprocess.TimeoutExpired as error:  # which has killed it
        parts = [part for part in (error.stdout, error.stderr) if part]
        said = "".join(part if isinstance(part, str) else part.decode(errors="replace") for part in parts)
        pytest.fail(f"{command} did not end within {seconds} s:\n{said}", pytrace=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done
