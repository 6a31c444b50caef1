"""Tasks about one text or a pair of texts of the user's own files: what they have in common."""

from zoo.datasets.readers import malformed
from zoo.tasks._own import OwnDataTask


class TextsTask(OwnDataTask):
    """Base class: a file, and whatever a run is asked, has single texts or pairs, never both."""

    has_pairs = None  # becomes known with the kind that reads the examples, or with the first example

    def reads_with(self, kind):
        super().reads_with(kind)
        self.has_pairs = "text_pair" in kind.fields

    def text_fields(self, record, path, line):
        """("text",) or ("text", "text_pair"), as the kind reads; DataError for a record of the other form."""
        if self.has_pairs is None:
            self.has_pairs = "text_pair" in record
        if self.has_pairs != ("text_pair" in record):
            here, there = ("a", "no") if "text_pair" in record else ("no", "a")
            since = "in the first example" if self.kind_that_reads is None else "in training"
            raise malformed(path, line, f"there is {here} 'text_pair'", f"{there} 'text_pair', as {since}")
        return ("text", "text_pair") if self.has_pairs else ("text",)
