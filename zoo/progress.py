"""Signs of life of a training: what is prepared, then a bar (or lines) with loss, tokens per second, time left.

All of it goes to standard error.
"""

import datetime
import math
import sys
import time

import rich.console
import rich.progress

FIRST_LINE, SECONDS_BETWEEN_LINES = 3, 30
WIDE = 130  # columns of a terminal that has room for a title, a bar and the figures in one line


def say(what, shown=True):
    """Says a line, or several; nothing where ``what`` is None."""
    if shown and what:
        print(what, file=sys.stderr, flush=True)


def announce(what, shown=True):
    """Says what begins before there is a bar: a vocabulary can take as long as a small training."""
    say(f"{what} ...", shown)


def announce_skipped(lines, shown=True, most=10):
    """Says which lines were skipped, and why."""
    if lines:
        more = [f"... and {len(lines) - most} more"] if len(lines) > most else []
        say("\n".join([f"{len(lines)} bad line(s) skipped:", *lines[:most], *more]), shown)


def hint(what, shown=True):
    """Says what may be a mistake, but need not be; nothing where ``what`` is None."""
    say(what and f"zoo: {what}", shown)


class TrainingProgress:
    """Context manager that yields ``show(step, seconds, loss, best, tokens)``.

    A terminal gets a bar; anything else, such as the log of a scheduler, a line after three
    seconds, then every half a minute, and one at the end.

    Args:
        title: what is trained.
        budget: a dictionary with ``steps`` or ``minutes``.
        shown: False shows nothing.
    """

    def __init__(self, title, budget, shown=True):
        self.title = title
        self.in_steps = budget["steps"] is not None
        self.total = budget["steps"] if self.in_steps else 60 * budget["minutes"]
        console = rich.console.Console(stderr=True)
        has_bar = console.is_jupyter or (console.is_terminal and not console.is_dumb_terminal)
        self.in_lines = shown and not has_bar
        self.is_narrow = console.width < WIDE
        beside = (rich.progress.TextColumn("{task.description}"), rich.progress.BarColumn(bar_width=20))
        self.bar = rich.progress.Progress(
            *([] if self.is_narrow else beside),
            rich.progress.TextColumn("{task.percentage:>3.0f} %"),
            rich.progress.TextColumn("{task.fields[figures]}"),
            console=console,
            disable=not shown or self.in_lines,
        )
        self.task = self.bar.add_task(title, total=self.total, figures="starting")
        self.unsaid, self.say_at = None, time.monotonic() + FIRST_LINE

    def __enter__(self):
        if self.is_narrow and not self.bar.disable:
            self.bar.console.print(self.title, markup=False, highlight=False)
        self.bar.start()
        return self._show

    def __exit__(self, *error):
        self.bar.stop()
        self._say()

    def _show(self, step, seconds, loss, best, tokens):
        speed = tokens / max(seconds, 1e-9)
        measured = f"best validation {best:.3f}  " if math.isfinite(best) else ""  # the first comes after some steps
        done = step if self.in_steps else seconds
        left = datetime.timedelta(seconds=round(seconds * max(self.total / max(done, 1e-9) - 1, 0)))
        figures = f"step {step}  loss {loss:.3f}  {measured}{speed:,.0f} tokens/s  {left} left"
        self.bar.update(self.task, completed=done, figures=figures.replace("  ", " ") if self.is_narrow else figures)
        self.unsaid = f"{self.title}: {min(100 * done / self.total, 100):.0f} %  {figures}"
        if time.monotonic() >= self.say_at:
            self._say()

    def _say(self):
        say(self.unsaid, self.in_lines)
        self.unsaid, self.say_at = None, time.monotonic() + SECONDS_BETWEEN_LINES
