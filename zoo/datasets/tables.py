"""Reader of files with columns: commas in a ``.csv``, tabs in any other."""

import csv
import io
import re

from zoo.datasets.readers import DataError, decoded, ending, malformed, not_utf8, raw_lines, refuse

# Cells that are whole, with what ends each: a match ends where a quote opens that is never closed.
WHOLE_CELLS = re.compile(r'(?:(?:"[^"]*(?:""[^"]*)*"|[^",\n][^,\n]*)?[,\n])*')

OTHER_CELL = re.compile(r'"[^"]*(?:""[^"]*)*"([;\t])')  # a cell, and the separator of another kind of file

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}  # of columns, in the files that are met

NAMES = {"text", "text_pair", "label", "score", "source", "target"}  # of columns, in files of any task


def table(path, *layouts, bad=refuse):
    """Rows of a file with columns: commas in a ``.csv`` (quotes as in RFC 4180), tabs in any other (no quotes).

    Args:
        layouts: tuples of column names that are understood. A first line that
            holds all names of one is a header: columns may then stand in any
            order and others among them. Without a header, the number of columns decides.
        bad: a function that gets the error of a row that is not UTF-8, or has too many or too few columns; where it
            returns, the row is left out.

    Returns:
        a list of (line, {column: text}).

    Raises:
        DataError: a row has too many or too few columns, or quotes are broken; or the first row is not UTF-8, which may
            be a header: without it columns would be taken for others.
    """
    rows = _comma_rows(path, bad) if ending(path) == ".csv" else _tab_rows(path, bad)
    if not rows:  # all of them were bad
        return []
    first_line, first = rows[0]
    names = [cell.strip().lower() for cell in first]
    headers = [layout for layout in layouts if set(layout) <= set(names)]
    if headers:
        layout = max(headers, key=len)
        columns = {name: names.index(name) for name in layout}
        rows = rows[1:]
    else:
        expected = "columns " + " or ".join(", ".join(layout) for layout in layouts)
        known = sorted({name for layout in layouts for name in layout} & set(names))
        if known:
            problem = f"a header with {', '.join(known)} but not all columns needed"
            raise malformed(path, first_line, problem, expected)
        if set(names) <= NAMES:
            raise malformed(path, first_line, f"a header of another task's file, {', '.join(names)}", expected)
        by_size = {len(layout): layout for layout in reversed(layouts)}
        fitting = next((number for number, (_, row) in enumerate(rows) if len(row) in by_size), None)
        for line, row in rows[:fitting]:
            error = _error_of_columns(path, line, row, f"{expected}, or a header that names them", set(by_size))
            (refuse if fitting is None else bad)(error)
        rows = rows[fitting:]
        first_line, first = rows[0]
        columns = {name: i for i, name in enumerate(by_size[len(first)])}
    found = []
    for line, row in rows:
        if len(row) == len(first):
            found.append((line, {name: row[i] for name, i in columns.items()}))
        else:
            expected = f"{len(first)} as in line {first_line}"
            if ending(path) != ".csv" and any(cell.startswith('"') for cell in row):
                expected += " (quotes keep a text with tabs together in a .csv only)"
            bad(_error_of_columns(path, line, row, expected, like=first))
    return found


def _separator(path):
    return "," if ending(path) == ".csv" else "\t"


def _error_of_columns(path, line, row, expected, sizes=(), like=None):
    """The error for a row of too many or too few columns; names the separator found in place of the file's.

    Any text may hold a comma: one is a separator where the row has one column or would have ``sizes`` by it, and where
    the row ``like`` which it should be has as many.
    """
    own = _separator(path)
    counts = {other: own.join(row).count(other) for other in SEPARATORS if other != own}
    found = {
        other: count
        for other, count in counts.items()
        if count
        and (count + 1 in sizes or (len(row) == 1 and (other != "," or like is not None)))
        and (like is None or own.join(like).count(other) == count)
    }
    problem = f"{len(row)} column(s)"
    if found:
        other = max(found, key=found.get)
        problem, expected = f"{problem}: {_foreign(path, other)}", f"{expected}: {_mending(path, other)}"
    return malformed(path, line, problem, expected)


def _foreign(path, other):
    return f"this line has {SEPARATORS[other]}, and a {ending(path)} separates by {SEPARATORS[_separator(path)]}"


def _mending(path, other):
    if other == ";":
        return f"save the table with {SEPARATORS[_separator(path)]}"
    return f"rename the file to {'.csv' if other == ',' else '.tsv'}"


def _tab_rows(path, bad):
    rows = []
    for number, line in enumerate(raw_lines(path), 1):
        if line.strip():
            error = not_utf8(path, number, line)
            if error is None:
                rows.append((number, line.split("\t")))
            else:
                (bad if rows else _never_skipped)(error)
    return rows


def _comma_rows(path, bad):
    text = decoded(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, line = [], 1
    # Who asks for the rows says how long a text may be; the reader's own limit would spoil the whole file.
    limit = csv.field_size_limit(len(text))
    try:
        for row in reader:
            error = not_utf8(path, line, "".join(row))
            if error is not None:
                (bad if rows else _never_skipped)(error)
            elif row:
                rows.append((line, row))
            line = reader.line_num + 1  # a quoted cell may hold line feeds: a row is called by its first line
    except csv.Error as error:
        raise _broken_quote(path, text, line, reader.line_num, str(error)) from error
    finally:
        csv.field_size_limit(limit)
    return rows


def _never_skipped(error):
    raise DataError(f"{error} --bad-lines skip cannot help: the first line may name the columns.") from error


def _broken_quote(path, text, first, last, said):
    """The error for a row from line ``first`` on, whose quotes were seen to be broken in line ``last``."""
    rest = text.split("\n", first - 1)[-1]
    if other := OTHER_CELL.match(rest):
        return malformed(path, first, _foreign(path, other[1]), f"commas between cells: {_mending(path, other[1])}")
    if "unexpected end" in said:
        first += rest.count("\n", 0, WHOLE_CELLS.match(rest).end())
        problem = "a quote opens here and is never closed, so that the rest of the file belongs to it"
    elif first == last:
        problem = "a cell goes on behind its closing quote"
    else:
        problem = f"a quote opens here, and behind the one that would close it, in line {last}, the cell goes on"
    expected = 'cells with a comma, a quote or a line end in "quotes", and quotes doubled'
    why = "--bad-lines skip cannot help, for nobody knows where this row ends"
    return malformed(path, first, problem, f"{expected}; {why}")
