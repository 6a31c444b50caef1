"""A comparison in the terminal: the table of each task, and who is better in words."""

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from zoo.comparison.report.words import budget
from zoo.comparison.summary import COSTS, columns

WIDE = 130  # letters in a line from which on one table is enough


def print_comparison(results, console=None):
    """Prints the tables and rankings of a comparison; a narrow terminal gets two tables for a task.

    Args:
        results: what :func:`zoo.compare` returns.
        console: a ``rich.console.Console``; standard output by default.
    """
    console = console or Console(highlight=False)
    for task in results["tasks"].values():
        console.print(Text(f"{task['task']}: {budget(task)}", style="bold"))
        found = columns(task)
        costs = [column for column in found if column.figure in COSTS.values()]
        merits = [column for column in found if column not in costs]
        for part in [found] if console.width >= WIDE else [costs, merits]:
            console.print(table(list(task["models"]), part))
        for sentence in task["ranking"]:
            console.print(Text(f"• {sentence}"))
        console.print()


def table(models, shown):
    """A rich table with a row for each model; costs are means, merits mean ± standard deviation over seeds.

    Args:
        models: list of str.
        shown: list of :class:`zoo.comparison.summary.Column`.
    """
    drawn = Table(box=SIMPLE, pad_edge=False)
    drawn.add_column("model", no_wrap=True)
    cells = {column.title: {model: _cell(column, model) for model in models} for column in shown}
    for title, texts in cells.items():
        # Headings may be broken, numbers not.
        drawn.add_column(title, justify="right", min_width=max(len(text) for text in texts.values()))
    for model in models:
        drawn.add_row(Text(model), *[texts[model] for texts in cells.values()])
    return drawn


def _cell(column, model):
    value = column.values[model]
    is_cost = column.figure in COSTS.values()
    text = column.figure.number(value["mean"]) if value and is_cost else column.figure.show(value)
    return Text(text, style="bold" if model in column.best() else "")
