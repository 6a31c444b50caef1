"""Readers of formats with structure: JSON lines, CoNLL columns, SQuAD."""

import json

from zoo.datasets import DataError
from zoo.datasets.readers import malformed, not_utf8, numbered_lines, raw_lines, refuse, text_of


def json_lines(path, bad=refuse):
    """The objects of a JSON lines file: a list of (line, dictionary); blank lines are skipped.

    Args:
        bad: a function that gets the error of a malformed line; where it returns, the line is left out.
    """
    records = []
    for number, line in numbered_lines(path, bad):
        if line.strip():
            try:
                records.append((number, _json_object(line, path, number)))
            except DataError as error:
                bad(error)
    return records


def _json_object(line, path, number):
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        problem = f"{error.msg} (column {error.colno})"
        raise malformed(path, number, problem, "one JSON object on each line") from error
    try:
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        problem = f"{error.object[error.start]!a} is half a character"
        raise malformed(path, number, problem, "both halves of it, or the character itself") from error
    if not isinstance(record, dict):
        raise malformed(path, number, f"a JSON {type(record).__name__}", 'a JSON object, {"name": value, ...}')
    return record


def conll(path, bad=refuse):
    """Sentences of a CoNLL file: a list of (line of each token, tokens, tags).

    One token a line, in the first column; its tag in the last. Columns are
    separated by tabs, or by spaces where the file has no tabs. Blank lines (a tab
    may stand in them) separate sentences; ``-DOCSTART-`` lines are skipped.

    Args:
        bad: a function that gets the error of a line that is not UTF-8, has one column only, or not as many as the
            first; where it returns, the sentence is left out.
    """
    lines = raw_lines(path)
    separator = "\t" if any("\t" in line.strip() for line in lines) else None
    sentences, current, expected, is_good = [], [], None, True
    for number, line in enumerate([*lines, ""], 1):
        columns = [] if not line.strip() else line.split(separator)
        if not columns or columns[0] == "-DOCSTART-":
            if current and is_good:
                sentences.append(tuple(map(list, zip(*current, strict=True))))
            current, is_good = [], True
            continue
        error = not_utf8(path, number, line)
        if error is None:
            expected = expected or (number, max(2, len(columns)))
            error = _column_error(path, number, line, columns, expected)
        if error is not None:
            bad(error)
            is_good = False
        current.append((number, columns[0], columns[-1]))
    return sentences


def _column_error(path, number, line, columns, expected):
    """The error for a line without token or tag, or with other columns than ``expected``, (line, columns); or None."""
    if len(columns) == expected[1] and columns[0].strip() and columns[-1].strip():
        return None
    wanted = f"{expected[1]} as in line {expected[0]}: " if number != expected[0] else ""
    return malformed(path, number, f"{line!r:.200} has {len(columns)} column(s)", f"{wanted}token ... tag")


def squad(path):
    """Questions of a SQuAD v1.1 file: a list of (place in the file, record).

    A record has the keys id (None if the file gives none), article (its title), context, question, answers, starts.

    Raises:
        DataError: not JSON, or not of this form.
    """
    try:
        content = json.loads(text_of(path))
    except json.JSONDecodeError as error:
        raise malformed(path, error.lineno, f"{error.msg} (column {error.colno})", "a JSON document") from error
    records, place = [], "data"
    try:
        for a, article in enumerate(content["data"]):
            place = f"data[{a}]"
            for p, paragraph in enumerate(article["paragraphs"]):
                for q, asked in enumerate(paragraph["qas"]):
                    place = f"data[{a}].paragraphs[{p}].qas[{q}]"
                    record = {
                        "id": asked.get("id"),
                        "article": str(article.get("title", a)),
                        "context": paragraph["context"],
                        "question": asked["question"],
                        "answers": [answer["text"] for answer in asked["answers"]],
                        "starts": [answer["answer_start"] for answer in asked["answers"]],
                    }
                    records.append((place, record))
    except (KeyError, TypeError, AttributeError) as error:
        expected = "SQuAD v1.1: data[], paragraphs[] (context), qas[] (question), answers[] (text, answer_start)"
        raise malformed(path, place, f"something is missing after this place ({error})", expected) from error
    return records
