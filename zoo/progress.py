"""The progress bar of a training: loss, tokens per second, time left. Written to standard error."""

import rich.console
import rich.progress


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
        figures = f"step {step}  loss {loss:.3f}  best validation {best:.3f}  {speed:,.0f} tokens/s"
        self.bar.update(self.line, completed=step if self.in_steps else seconds, figures=figures)
