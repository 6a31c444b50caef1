"""Signs of life of a training: what is prepared, then a bar with loss, tokens per second, time left.

All of it goes to standard error.
"""

import math
import sys

import rich.console
import rich.progress


def announce(what, shown=True):
    """Says what begins before there is a bar: a vocabulary can take as long as a small training."""
    if shown:
        print(f"{what} ...", file=sys.stderr, flush=True)


def announce_skipped(lines, shown=True, most=10):
    """Says which lines were skipped, and why."""
    if shown and lines:
        more = [f"... and {len(lines) - most} more"] if len(lines) > most else []
        print("\n".join([f"{len(lines)} bad line(s) skipped:", *lines[:most], *more]), file=sys.stderr, flush=True)


class TrainingProgress:
    """Context manager that yields ``show(step, seconds, loss, best, tokens)``.

    Args:
        title: what is trained.
        budget: a dictionary with ``steps`` or ``minutes``.
        shown: False shows nothing.
    """

    def __init__(self, title, budget, shown=True):
        self.in_steps = budget["steps"] is not None
        total = budget["steps"] if self.in_steps else 60 * budget["minutes"]
        self.bar = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(bar_width=20),
            rich.progress.TextColumn("{task.percentage:>3.0f} %"),
            rich.progress.TextColumn("{task.fields[figures]}"),
            rich.progress.TimeRemainingColumn(),
            console=rich.console.Console(stderr=True),
            disable=not shown,
        )
        self.line = self.bar.add_task(title, total=total, figures="starting")

    def __enter__(self):
        self.bar.start()
        return self._show

    def __exit__(self, *error):
        self.bar.stop()

    def _show(self, step, seconds, loss, best, tokens):
        speed = tokens / max(seconds, 1e-9)
        measured = f"best validation {best:.3f}  " if math.isfinite(best) else ""  # the first comes after some steps
        figures = f"step {step}  loss {loss:.3f}  {measured}{speed:,.0f} tokens/s"
        self.bar.update(self.line, completed=step if self.in_steps else seconds, figures=figures)
