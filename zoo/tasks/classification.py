"""Classification of the user's own texts or pairs of texts."""

from collections import Counter

from zoo.datasets.readers import ending
from zoo.registry import register_task
from zoo.tasks._hints import contradicted
from zoo.tasks._records import text
from zoo.tasks._texts import TextsTask

FEW = 20  # texts: fewer may well have as many labels


@register_task("classification")
class Classification(TextsTask):
    """One label for a text, or for two; equal texts stand in one split, whatever their labels.

    Files: ``.tsv`` or ``.csv`` with the columns text, label or text, text_pair,
    label; ``.jsonl`` with ``{"text": ..., "label": ...}``, with or without
    ``"text_pair"``, labels as strings or integers. A label that would occur in
    validation or test only is moved to training.
    """

    kind = "classification"
    formats = ".tsv or .csv with columns text, [text_pair,] label; .jsonl with {text, [text_pair,] label}"
    layouts = (("text", "label"), ("text", "text_pair", "label"))

    def example(self, record, path, line):
        if isinstance(record.get("label"), int):
            record = {**record, "label": str(record["label"])}
        names = self.text_fields(record, path, line)
        example = {name: text(record, name, path, line) for name in (*names, "label")}
        return example, ["\t".join(example[name] for name in names)]

    def hints(self):
        return [*super().hints(), *filter(None, [contradicted(self.examples("train"))])]

    def label_hint(self, examples):
        counts = Counter(example["label"] for example in examples)
        labels = set(counts)
        if len(examples) < FEW:
            return None
        if len(labels) < len(examples) / 2:
            return self._hint_of_header(examples, counts)
        shown = f"{len(examples)} texts have {len(labels)} labels, such as {min(labels)!r:.60}"
        if all(map(_is_number, labels)):
            return f"{shown}: numbers are learned by the task 'regression'."
        return f"{shown}: are the columns swapped? Expected are a text and then its label, or a header that names them."

    def labels(self, example):
        return [example["label"]]

    def _hint_of_header(self, examples, counts):
        """For who calls columns otherwise: the header would be learned as a text and its label."""
        for example in examples:
            path, line = self.place_of(example)
            if line == 1 and counts[example["label"]] == 1 and ending(path) in (".tsv", ".csv"):
                return (
                    f"{path}:1 has the label {example['label']!r:.60}, and no other line: is it a header? One is known "
                    "by its names text (text_pair) and label; rename the columns, or leave the line out."
                )
        return None


def _is_number(label):
    try:
        float(label)
    except ValueError:
        return False
    return True
