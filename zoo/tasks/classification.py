"""Classification of the user's own texts or pairs of texts."""

from zoo.datasets.readers import malformed
from zoo.registry import register_task
from zoo.tasks._own import OwnDataTask, text


@register_task("classification")
class Classification(OwnDataTask):
    """One label for a text, or for two; equal texts stand in one split, whatever their labels.

    Files: ``.tsv`` or ``.csv`` with the columns text, label or text, text_pair,
    label; ``.jsonl`` with ``{"text": ..., "label": ...}``, with or without
    ``"text_pair"``, labels as strings or integers. A label that would occur in
    validation or test only is moved to training.
    """

    kind = "classification"
    formats = ".tsv or .csv with columns text, [text_pair,] label; .jsonl with {text, [text_pair,] label}"
    layouts = (("text", "label"), ("text", "text_pair", "label"))
    has_pairs = None  # becomes known with the first example

    def example(self, record, path, line):
        if self.has_pairs is None:
            self.has_pairs = "text_pair" in record
        if self.has_pairs != ("text_pair" in record):
            here, there = ("a", "no") if "text_pair" in record else ("no", "a")
            raise malformed(path, line, f"there is {here} 'text_pair'", f"{there} 'text_pair', as in the first example")
        if isinstance(record.get("label"), int):
            record = {**record, "label": str(record["label"])}
        names = ("text", "text_pair", "label") if self.has_pairs else ("text", "label")
        example = {name: text(record, name, path, line) for name in names}
        return example, ["\t".join(example[name] for name in names[:-1])]

    def labels(self, example):
        return [example["label"]]
