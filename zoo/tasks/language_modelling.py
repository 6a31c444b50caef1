"""Language modelling of the user's own text."""

from itertools import accumulate

from zoo.datasets import DataError
from zoo.datasets.readers import documents, ending, text_of
from zoo.datasets.splits import THREE_PARTS
from zoo.registry import register_task
from zoo.tasks._own import OwnDataTask, text


@register_task("language-modelling")
class LanguageModelling(OwnDataTask):
    """Predicts how a text goes on.

    What a document is: in a ``.txt`` file, a stretch of lines between blank
    lines; of several ``.txt`` files, or a folder of them, each file; in a
    ``.jsonl`` file, the ``{"text": ...}`` of a line. Fewer than three documents
    are one long text, cut at line ends: the first 80 %, 10 % and the last 10 %.
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
        example = {"text": text(record, "text", path, line)}
        return example, [example["text"]]

    def divided(self, items):
        if len(items) >= len(self.splits):
            return super().divided(items)
        lines = "\n\n".join(example["text"] for example, _ in items).splitlines(keepends=True)
        starts = [0, *accumulate(map(len, lines))]
        ends = [share * starts[-1] for share in accumulate(THREE_PARTS.values())]
        parts = dict.fromkeys(self.splits, "")
        for line, start in zip(lines, starts[:-1], strict=True):
            place = sum(start >= end for end in ends[:-1])
            parts[self.splits[place]] += line
        if not all(part.strip() for part in parts.values()):
            wanted = "three documents, or one of many lines"
            raise DataError(f"{', '.join(self.data)}: too short to be divided; expected at least {wanted}.")
        return {split: [{"text": part}] for split, part in parts.items()}

    def _read(self, path, is_document):
        if ending(path) != ".txt":
            return self.read_file(path)
        texts = [text_of(path).strip()] if is_document else documents(path)
        return [({"text": each}, [each]) for each in texts]
