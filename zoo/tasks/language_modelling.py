"""Language modelling of the user's own text."""

from itertools import accumulate

from zoo.composed import composed
from zoo.datasets import DataError
from zoo.datasets.readers import documents, ending, text_of
from zoo.datasets.splits import THREE_PARTS
from zoo.registry import register_task
from zoo.tasks._documents import FEW
from zoo.tasks._own import OwnDataTask
from zoo.tasks._records import text


@register_task("language-modelling")
class LanguageModelling(OwnDataTask):
    """Predicts how a text goes on.

    What a document is: in a ``.txt`` file, a stretch of lines between blank
    lines; of several ``.txt`` files, or a folder of them, each file; in a
    ``.jsonl`` file, the ``{"text": ...}`` of a line. Many documents are dealt
    out whole. Of few (books, say), each is cut at line ends: its first 80 % are
    for training, then 10 % each, so that all parts have something of each.
    """

    kind = "language-modelling"
    formats = (
        ".txt with blank lines between documents, several .txt files or a folder of them (a document each), "
        "or .jsonl with {text}"
    )

    def read(self, paths):
        each_is_document = len(paths) > 1
        return [item for path in paths for item in self._read(path, each_is_document)]

    def read_folder(self, folder):
        files = sorted(path for path in folder.iterdir() if ending(path) == ".txt")
        if not files:
            raise DataError(f"{folder}: expected files train.*, validation.* and test.*, or .txt files, in it.")
        return [item for path in files for item in self._read(path, True)]

    def example(self, record, path, line):
        example = {"text": text(record, "text", path, line, longest=None)}
        return example, [example["text"]]

    def divided(self, items):
        if len(items) < FEW:
            parts = self._cut([example for example, _ in items])
            if all(parts.values()):
                return parts
            if len(items) < len(self.splits):
                wanted = "three documents, or one of many lines"
                raise DataError(f"{', '.join(self.data)}: too short to be divided; expected at least {wanted}.")
        return super().divided(items)

    def _read(self, path, is_document):
        if ending(path) != ".txt":
            return self.read_file(path)
        texts = [(1, text_of(path, bad=self.bad).strip())] if is_document else documents(path, self.bad)
        texts = [(line, composed(each)) for line, each in texts if each]
        return [(self.placed({"text": each}, path, line), [each]) for line, each in texts]

    def _cut(self, whole):
        """{split: examples}: the first 80 %, then 10 %, then the last 10 % of each document, cut at line ends."""
        parts = {name: [] for name in THREE_PARTS}
        ends = list(accumulate(THREE_PARTS.values()))[:-1]
        for example in whole:
            document, (path, line) = example["text"], self.place_of(example)
            lines = document.splitlines(keepends=True)
            starts = accumulate(map(len, lines[:-1]), initial=0)
            places = [sum(start >= end * len(document) for end in ends) for start in starts]
            for number, part in enumerate(parts.values()):
                cut = "".join(each for each, place in zip(lines, places, strict=True) if place == number)
                if cut.strip():
                    part.append(self.placed({"text": cut}, path, line))
        return parts
