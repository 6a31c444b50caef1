"""Regression: a number for the user's own texts or pairs of texts."""

import math

from zoo.datasets.readers import malformed
from zoo.registry import register_task
from zoo.tasks._records import found, text
from zoo.tasks._texts import TextsTask


@register_task("regression")
class Regression(TextsTask):
    """One number for a text, or for two, on any scale; equal texts stand in one split, whatever their scores.

    Files: ``.tsv`` or ``.csv`` with the columns text, score or text, text_pair,
    score; ``.jsonl`` with ``{"text": ..., "score": ...}``, with or without ``"text_pair"``.
    """

    kind = "regression"
    formats = ".tsv or .csv with columns text, [text_pair,] score; .jsonl with {text, [text_pair,] score}"
    layouts = (("text", "score"), ("text", "text_pair", "score"))

    def example(self, record, path, line):
        names = self.text_fields(record, path, line)
        example = {name: text(record, name, path, line) for name in names}
        return {**example, "score": score(record, path, line)}, ["\t".join(example.values())]


def score(record, path, line):
    """The number in a record's field "score"; DataError if there is none."""
    value = record.get("score")
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise malformed(path, line, f"'score' is {found(record, 'score')}", "a number, such as 3.5, for 'score'")
    return number
