"""Readers of plain text and of tables; each says file and line of what it cannot read.

Only a line feed ends a line (after an optional carriage return):
``str.splitlines`` would also cut at characters such as U+2028 or U+0085, which
occur inside sentences, and parallel files would lose step.
"""

import codecs
import csv
import gzip
import io
import zipfile
import zlib
from pathlib import Path

from zoo.datasets import DataError


def text_of(path, member=None):
    """The text of a UTF-8 file, ``.gz`` unpacked, without byte order mark, lines ended by a line feed.

    Args:
        path: the file.
        member: a file inside ``path``, if that is a ZIP archive.

    Raises:
        DataError: no such file, empty, or invalid UTF-8, with its line.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file.")
    if member:
        with zipfile.ZipFile(path) as archive:
            content = archive.read(member)
    else:
        content = _unpacked(path) if path.suffix == ".gz" else path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        given, who = ("UTF-16", "This one looks like") if is_utf16 else ("CP949", "Korean files are often")
        expected = f"text in UTF-8 ({who} {given}: iconv -f {given} -t UTF-8 FILE > NEW)"
        raise malformed(path, line, f"byte 0x{content[error.start]:02x} is not valid UTF-8", expected) from error
    if not text.strip():
        raise DataError(f"{path}: the file is empty.")
    return text.replace("\r\n", "\n")


def _unpacked(path):
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be unpacked ({error}): expected a whole gzip file.") from error


def lines_of(path, member=None):
    """The lines of a text file, without line ends; see :func:`text_of`."""
    lines = text_of(path, member).split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def malformed(path, line, problem, expected):
    """The error for a malformed line: ``file:line: what is wrong; expected ...``."""
    return DataError(f"{path}:{line}: {problem}; expected {expected}.")


def refuse(error):
    """What is done about a malformed line unless said otherwise: nothing of its file is read."""
    raise error


def parallel(first, second):
    """Pairs of lines of two files that are translations of each other, line by line.

    Raises:
        DataError: the files do not have the same number of lines.
    """
    sources, targets = lines_of(first), lines_of(second)
    if len(sources) != len(targets):
        raise DataError(
            f"{first} has {len(sources):,} lines and {second} has {len(targets):,}; "
            "expected as many in both: line n of one is the translation of line n of the other."
        )
    return list(zip(sources, targets, strict=True))


def ending(path):
    """What the file's name says about its format: ``".tsv"`` for ``pairs.tsv`` and ``pairs.tsv.gz``."""
    return Path(str(path).removesuffix(".gz")).suffix.lower()


def table(path, *layouts, bad=refuse):
    """Rows of a file with columns: commas in a ``.csv`` (quotes as in RFC 4180), tabs in any other (no quotes).

    Args:
        layouts: tuples of column names that are understood. A first line that
            holds all names of one is a header: columns may then stand in any
            order and others among them. Without a header, the number of columns decides.
        bad: a function that gets the error of a row with too many or too few columns; where it returns, the row is
            left out.

    Returns:
        a list of (line, {column: text}).

    Raises:
        DataError: a row has too many or too few columns, or quotes are broken.
    """
    rows = _comma_rows(path) if ending(path) == ".csv" else _tab_rows(path)
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
        by_size = {len(layout): layout for layout in reversed(layouts)}
        fitting = next((number for number, (_, row) in enumerate(rows) if len(row) in by_size), None)
        for line, row in rows[:fitting]:
            error = malformed(path, line, f"{len(row)} column(s)", f"{expected}, or a header that names them")
            (refuse if fitting is None else bad)(error)
        rows = rows[fitting:]
        first_line, first = rows[0]
        columns = {name: i for i, name in enumerate(by_size[len(first)])}
    found = []
    for line, row in rows:
        if len(row) == len(first):
            found.append((line, {name: row[i] for name, i in columns.items()}))
        else:
            bad(malformed(path, line, f"{len(row)} column(s)", f"{len(first)} as in line {first_line}"))
    return found


def _tab_rows(path):
    return [(number, line.split("\t")) for number, line in enumerate(lines_of(path), 1) if line.strip()]


def _comma_rows(path):
    text = text_of(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows, line = [], 1
    # Who asks for the rows says how long a text may be; the reader's own limit would spoil the whole file.
    limit = csv.field_size_limit(len(text))
    try:
        for row in reader:
            if row:
                rows.append((line, row))
            line = reader.line_num + 1  # a quoted cell may hold line feeds: a row is called by its first line
    except csv.Error as error:
        expected = 'cells with a comma, a quote or a line end in "quotes", and quotes doubled'
        raise malformed(path, line, str(error), expected) from error
    finally:
        csv.field_size_limit(limit)
    return rows


def documents(path):
    """Documents of a text file, stretches of lines that blank lines separate: a list of (first line, text)."""
    found, current = [], []
    for number, line in enumerate([*lines_of(path), ""], 1):
        if line.strip():
            current.append(line)
        elif current:
            found.append((number - len(current), "\n".join(current)))
            current = []
    return found
