"""Translation, or any rewriting of one text as another, with the user's own pairs."""

import re
from functools import partial

from zoo.datasets import DataError
from zoo.datasets.readers import ending, malformed, parallel
from zoo.registry import register_task
from zoo.tasks._own import OwnDataTask
from zoo.tasks._records import text


@register_task("translation")
class Translation(OwnDataTask):
    """Source in, target out; pairs that share a source or a target stand in one split.

    Files: ``.tsv`` or ``.csv`` with the columns source and target; ``.jsonl``
    with ``{"source": ..., "target": ...}``; or two files whose lines belong
    together (``--data pairs.en,pairs.ko``: the first is the source). Lines that
    are blank in both files are skipped.

    The variant names the languages, ``translation:en-ko``: it orders the files
    ``train.en`` and ``train.ko`` of a folder, and lets BLEU know what is written
    (Korean by characters, all else by words); without one, BLEU looks at the letters.
    """

    kind = "text-to-text"
    formats = (
        ".tsv or .csv with columns source, target; .jsonl with {source, target}; "
        "or two text files of as many lines, e.g. pairs.en,pairs.ko"
    )
    layouts = (("source", "target"),)

    def __init__(self, variant=None, data=None):
        if variant is not None and not re.fullmatch(r"\w+-\w+", variant):
            raise DataError(f"variant {variant!r} of task 'translation': expected two languages, e.g. 'en-ko'.")
        self.variants = (variant,) if variant else ()
        super().__init__(variant, data)
        languages = [ending(path)[1:] for path in self.data]
        if variant is None and len(languages) == 2 and all(map(_is_language, languages)):
            self.variant = "-".join(languages)

    def read(self, paths):
        plain = [path for path in paths if ending(path) not in (".tsv", ".csv", ".jsonl")]
        if not plain or len(paths) != 2:
            return super().read(paths)
        if len(plain) != 2:
            raise DataError(f"{plain[0]}: task 'translation' takes {self.formats}.")
        source, target = self._ordered(paths)
        items = []
        for line, (one, other) in parallel(source, target, self.bad):
            if one.strip() or other.strip():
                items += self.item(partial(self._pair, (source, target), (one, other), line), source, line)
        return items

    def _pair(self, paths, sides, line):
        for path, side in zip(paths, sides, strict=True):
            if not side.strip():
                raise malformed(path, line, "the line is blank", "the translation of a line that is not")
        return self.example(dict(zip(("source", "target"), sides, strict=True)), paths[0], line)

    def example(self, record, path, line):
        example = {name: text(record, name, path, line) for name in ("source", "target")}
        return example, list(example.values())

    def _ordered(self, paths):
        """Source file before target file, as the variant says; as given if it says nothing about them."""
        by_language = {ending(path)[1:]: path for path in paths}
        languages = self.variant.split("-") if self.variant else []
        if sorted(languages) == sorted(by_language):
            return [by_language[language] for language in languages]
        if self._folder:
            one, other = by_language if len(by_language) == 2 else ("en", "ko")
            raise DataError(
                f"{self._folder}: which of {', '.join(path.name for path in paths)} is the source? "
                f"Say 'translation:{one}-{other}' or 'translation:{other}-{one}'."
            )
        return paths


def _is_language(code):
    return bool(re.fullmatch(r"[a-z]{2,3}", code)) and code not in ("tsv", "csv", "txt")
