"""SST-2: sentences of English film reviews, positive or negative."""

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.tables import table
from zoo.registry import register_task
from zoo.tasks import Task

_FILES = {"train": "train.tsv", "validation": "dev.tsv", "test": "test.tsv"}
LABELS = {"0": "negative", "1": "positive"}


@register_task("sst2")
class Sst2(Task):
    """Is the sentence praise? The official splits, whole sentences only: 6,920, 872 and 1,821.

    (GLUE's SST-2 also trains on phrases and hides its test labels.) Sentences are
    tokenised and lowercased by their publisher.
    """

    kind = "classification"
    corpora = ("sst2",)
    citation = CORPORA["sst2"].citation
    tokenizer = "word"
    vocabulary_size = 16000
    max_length = 64

    def examples(self, split):
        self.check_split(split)
        rows = table(locate("sst2", _FILES[split]), ("text", "label"))
        return [{"text": row["text"], "label": LABELS[row["label"]]} for _, row in rows]
