"""Tagging of the words of the user's own sentences."""

import re
from functools import partial

from zoo.datasets.readers import ending, malformed
from zoo.datasets.structured import conll
from zoo.registry import register_task
from zoo.tasks._own import OwnDataTask
from zoo.tasks._records import strings


@register_task("tagging")
class Tagging(OwnDataTask):
    """A tag for each word, in IOB2: B-X begins a stretch of type X, I-X continues it, O is outside.

    Files: CoNLL columns (``.conll``, ``.tsv`` or ``.txt``: the word first, its tag
    last, a blank line between sentences), or ``.jsonl`` with
    ``{"tokens": [...], "tags": [...]}``. Sentences whose tag would occur in
    validation or test only are moved to training.
    """

    kind = "tagging"
    formats = ".conll, .tsv or .txt (word ... tag; a blank line between sentences), or .jsonl with {tokens, tags}"

    def read_file(self, path):
        if ending(path) not in (".conll", ".tsv", ".txt"):
            return super().read_file(path)
        return [
            item
            for lines, tokens, tags in conll(path, self.bad)
            for item in self.item(partial(self._example, tokens, tags, path, lines), path, lines[0])
        ]

    def example(self, record, path, line):
        tokens, tags = strings(record, "tokens", path, line), strings(record, "tags", path, line)
        if len(tokens) != len(tags):
            raise malformed(path, line, f"{len(tokens)} tokens and {len(tags)} tags", "as many tags as tokens")
        return self._example(tokens, tags, path, [line] * len(tokens))

    def labels(self, example):
        return [tag for tag in example["tags"] if tag != "O"]

    def _example(self, tokens, tags, path, lines):
        before = "O"
        for tag, line in zip(tags, lines, strict=True):
            if not re.fullmatch(r"O|[BI]-.+", tag):
                raise malformed(path, line, f"tag {tag!r:.99}", "O, B-TYPE or I-TYPE")
            if tag[0] == "I" and before[1:] != tag[1:]:
                problem = f"tag {tag!r:.99} after {before!r:.99}"
                raise malformed(path, line, problem, f"B{tag[1:]:.99} where a stretch begins")
            before = tag
        return {"tokens": tokens, "tags": tags}, [" ".join(tokens)]
