"""Readers of plain text; each says file and line of what it cannot read.

Only a line feed ends a line (after an optional carriage return):
``str.splitlines`` would also cut at characters such as U+2028 or U+0085, which
occur inside sentences, and parallel files would lose step.
"""

import codecs
import gzip
import re
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

from zoo.datasets import DataError

GZIP = b"\x1f\x8b"
NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how Python writes a byte that is not UTF-8 ("surrogateescape")


def refuse(error):
    """What is done about a malformed line unless said otherwise: nothing of its file is read."""
    raise error


def text_of(path, member=None, bad=refuse):
    """The text of a UTF-8 file, ``.gz`` unpacked, without byte order mark, lines ended by a line feed.

    Args:
        path: the file.
        member: a file inside ``path``, if that is a ZIP archive.
        bad: a function that gets the error of a line that is not UTF-8; where it returns, the line is left out.

    Raises:
        DataError: no such file, empty, or invalid UTF-8, with its line.
    """
    text = decoded(path, member)
    if not NOT_UTF8.search(text):
        return text
    return "\n".join(line for _, line in _readable(path, text.split("\n"), bad))


def not_utf8(path, line, text):
    """The error for a text from ``line`` on in which something is not UTF-8; None if all is."""
    broken = NOT_UTF8.search(text)
    if broken is None:
        return None
    line += text.count("\n", 0, broken.start())
    problem = f"byte 0x{ord(broken[0]) - 0xDC00:02x} is not valid UTF-8"
    state = Path(path).stat()
    return malformed(path, line, problem, _expected(_likely_encoding(path, state.st_size, state.st_mtime_ns)))


def decoded(path, member=None):
    """As :func:`text_of`, but what is not UTF-8 is still there, as :data:`NOT_UTF8` finds it."""
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: {'this is a folder, not a file' if path.is_dir() else 'there is no such file'}.")
    content = _content(path, member)
    if content.startswith(GZIP):
        raise DataError(f"{path} is packed by gzip: call it {path.name}.gz, and it is unpacked when it is read.")
    has_mark = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if has_mark or b"\0" in content[:2]:
        problem = f"byte 0x{content[0] if has_mark else 0:02x} is not valid {'UTF-8' if has_mark else 'text'}"
        raise malformed(path, 1, problem, f"{_expected('UTF-16')}; --bad-lines skip cannot help")
    text = content.decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n")
    if not text.strip():
        raise DataError(f"{path}: the file is empty.")
    return text


def _content(path, member=None):
    """The bytes of a file, or of a member of an archive, unpacked."""
    if member:
        with zipfile.ZipFile(path) as archive:
            return archive.read(member)
    return _unpacked(path) if path.suffix == ".gz" else path.read_bytes()


@lru_cache(maxsize=8)
def _likely_encoding(path, size, modified):
    """What a file that is not UTF-8 throughout is likely to be; None if most of it is.

    Size and time of modification make a changed file a new question.
    English with Windows' apostrophes is valid CP949, too, but of syllables that Korean seldom has: those that CP949
    adds to the 2,350 of KS X 1001, and writes with a byte below 0xA1.
    """
    content = _content(Path(path))
    beyond_ascii = re.sub("[\0-\x7f]", "", content.decode("utf-8", "surrogateescape"))
    if len(NOT_UTF8.findall(beyond_ascii)) <= len(beyond_ascii) / 2:
        return None
    letters = [char for char in content.decode("cp949", "replace") if char > "\x7f"]
    if letters.count("\ufffd") > len(letters) / 50:  # a damaged letter or two is no other encoding
        return "Windows-1252"
    syllables = {char for char in letters if "가" <= char <= "힣"}
    usual = sum(min(syllable.encode("cp949")) > 0xA0 for syllable in syllables)
    return "CP949" if usual > len(syllables) / 2 else "Windows-1252"


def _expected(encoding):
    if encoding is None:
        return "text in UTF-8, as the rest of the file is: mend this place"
    who = "Western European files are often" if encoding == "Windows-1252" else "This one looks like"
    return f"text in UTF-8 ({who} {encoding}: iconv -f {encoding} -t UTF-8 FILE > NEW)"


def _lines(text):
    lines = text.split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _readable(path, lines, bad):
    """(number, line) of the lines that are UTF-8; ``bad`` gets the errors of the others."""
    for number, line in enumerate(lines, 1):
        error = not_utf8(path, number, line)
        if error is None:
            yield number, line
        else:
            bad(error)


def _unpacked(path):
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be unpacked ({error}): expected a whole gzip file.") from error


def lines_of(path, member=None):
    """The lines of a text file, without line ends; see :func:`text_of`."""
    return _lines(text_of(path, member))


def raw_lines(path):
    """The lines of a text file as they are: :func:`not_utf8` says of each if it can be read."""
    return _lines(decoded(path))


def numbered_lines(path, bad=refuse):
    """(number, line) of the lines of a text file that are UTF-8; ``bad`` as in :func:`text_of`."""
    return list(_readable(path, raw_lines(path), bad))


def malformed(path, line, problem, expected):
    """The error for a malformed line: ``file:line: what is wrong; expected ...``."""
    error = DataError(f"{path}:{line}: {problem}; expected {expected}.")
    error.place = str(path), line
    return error


def parallel(first, second, bad=refuse):
    """Lines of two files that are translations of each other, line by line: a list of (number, (line, line)).

    Args:
        bad: a function that gets the error of a line that is not UTF-8; where it returns, both lines are left out.

    Raises:
        DataError: the files do not have the same number of lines.
    """
    sources, targets = raw_lines(first), raw_lines(second)
    if len(sources) != len(targets):
        raise DataError(
            f"{first} has {len(sources):,} lines and {second} has {len(targets):,}; "
            "expected as many in both: line n of one is the translation of line n of the other."
        )
    pairs = []
    for number, pair in enumerate(zip(sources, targets, strict=True), 1):
        error = not_utf8(first, number, pair[0]) or not_utf8(second, number, pair[1])
        if error is None:
            pairs.append((number, pair))
        else:
            bad(error)
    return pairs


def ending(path):
    """What the file's name says about its format: ``".tsv"`` for ``pairs.tsv`` and ``pairs.tsv.gz``."""
    return Path(str(path).removesuffix(".gz")).suffix.lower()


def documents(path, bad=refuse):
    """Documents of a text file, stretches of lines that blank lines separate: a list of (first line, text).

    Args:
        bad: as in :func:`text_of`; the other lines of the document stay.
    """
    found, current = [], []
    for number, line in [*numbered_lines(path, bad), (None, "")]:
        if line.strip():
            current.append((number, line))
        elif current:
            found.append((current[0][0], "\n".join(line for _, line in current)))
            current = []
    return found
