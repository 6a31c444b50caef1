"""How commands answer: a table for people, one JSON document for programs."""

import contextlib
import functools
import json
import math
import os
import sys

import click


def answers_with(show):
    """Decorator of a command that *returns* its answer, a document of plain JSON values; adds ``--json``.

    Args:
        show: a function ``document -> None`` that prints the answer for people.
    """

    def decorate(function):
        @click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of tables.")
        @functools.wraps(function)
        def command(*args, as_json, **kwargs):
            # Standard output belongs to the document alone: whatever else is printed meanwhile goes to standard error.
            with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
                document = function(*args, **kwargs)
            if as_json:
                click.echo(json.dumps(_finite(document), ensure_ascii=False, indent=1, allow_nan=False, default=str))
            else:
                show(document)
            return document

        return command

    return decorate


def _finite(value):
    """JSON has no NaN and no infinity: they become null."""
    if isinstance(value, dict):
        return {str(name): _finite(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def print_table(columns, rows, title=None):
    """Prints a table.

    Args:
        columns: headings; one that begins with ">" is of numbers, aligned to the right, one with
            "=" of names. On a narrow page headings and texts are broken between words, numbers and names never; where
            that does not help, each row is a list of its own, so that nothing is lost.
        rows: lists of strings, one for each column.
        title: a line above the table.
    """
    from rich import box
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    table = Table(show_header=any(heading.strip("=>") for heading in columns), box=box.SIMPLE_HEAD, pad_edge=False)
    for i, heading in enumerate(columns):
        whole = heading[:1] in (">", "=")
        widest = max((len(line) for row in rows for line in str(row[i]).split("\n")), default=0)
        justify = "right" if heading.startswith(">") else "left"
        # "fold", for what does not fit goes to the next line: otherwise a space behind wide letters costs the last one.
        table.add_column(heading[whole:], justify=justify, min_width=widest if whole else None, overflow="fold")
    for row in rows:
        table.add_row(*[Text(str(cell)) for cell in row])  # Text: a "[START]" is no markup
    page = console()
    if title:  # not the table's own, which is broken where the table is narrower
        page.print(Text(title, style="bold"))
    if Measurement.get(page, page.options.update(max_width=10_000), table).minimum <= page.width:
        page.print(table)
        return
    for row in rows:
        record = Table(show_header=False, box=None, pad_edge=False)
        record.add_column(style="dim", no_wrap=True)
        record.add_column(overflow="fold")
        for heading, cell in zip(columns, row, strict=True):
            if str(cell):
                record.add_row(heading.strip("=>"), Text(str(cell)))
        page.print(record)
        page.print()


def print_facts(facts, title=None):
    """Prints a dictionary as a table of two columns; entries that are None or empty are left out."""
    print_table(("=", ""), [(name, value) for name, value in facts.items() if value not in (None, "", [])], title)


def console():
    """Standard output for tables. Piped, there is no terminal to fit: 120 columns, unless COLUMNS says otherwise."""
    from rich.console import Console

    found = Console(highlight=False)
    if not found.is_terminal and "COLUMNS" not in os.environ:
        found.width = 120
    return found


def count(number):
    """1234567 -> "1.23 M": three digits are enough to compare by."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= limit:
            return f"{number / limit:.3g} {unit}"
    return str(number)


def figure(value):
    """A measured number with the digits that mean something; anything else as it is."""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
