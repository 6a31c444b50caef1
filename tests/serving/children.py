"""Other processes of a test: one that hangs is killed, and the failure tells what it said."""

import os
import subprocess
import tempfile
import threading

import pytest

SECONDS = 180  # before a process is given up; the slowest answers after twenty


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
