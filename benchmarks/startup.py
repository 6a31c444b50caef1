"""How long one waits for the program to say something: help, the list of families, the first training step.

Each command runs in a process of its own. Of a training the whole command is timed: imports, data, vocabulary,
tracing, one step, its validation and the run's files.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.__main__ import RESULTS, measured
from zoo.cli.output import print_table

HELP, FIRST_STEP = 0.2, 10.0  # seconds that are wanted at most
COMMANDS = {
    "zoo --help": HELP,
    "zoo list": HELP,
    "zoo train transformer tiny-translation --steps 1": FIRST_STEP,
    "zoo train gpt tiny-stories --steps 1": FIRST_STEP,
    "zoo train bert tiny-sentiment --steps 1": FIRST_STEP,
}


def seconds(command):
    """How long a command takes, from its start to its end.

    Raises:
        click.ClickException: the command failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "zoo.cli", *command.split()[1:]], capture_output=True, text=True, cwd=folder
        )
        taken = time.perf_counter() - started
    if done.returncode:
        raise click.ClickException(f"{command}: {done.stderr.strip().splitlines()[-1]}")
    return taken


@click.command(epilog="\b\nExample:\n  python -m benchmarks.startup --rounds 5")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Starts that count, of each.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, help="Folder of the result file.")
def main(rounds, out):
    """Measures how soon commands answer; the first start of each, from a cold disk, does not count."""
    lines = {}
    for command, goal in COMMANDS.items():
        click.echo(f"{command} ...", err=True)
        taken = [seconds(command) for _ in range(rounds + 1)][1:]
        lines[command] = {
            "median": statistics.median(taken), "low": min(taken), "high": max(taken), "goal": goal
        }  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    result = {"rounds": rounds, "commands": lines, **measured()}
    (out / "startup.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print_table(["=command", ">seconds", "=range", ">at most"], [row(*line) for line in lines.items()])


def row(command, line):
    """A line of the table."""
    return [command, f"{line['median']:.2f}", f"{line['low']:.2f} to {line['high']:.2f}", f"{line['goal']:g}"]


if __name__ == "__main__":
    main()
