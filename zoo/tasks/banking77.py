"""Banking77: which of 77 things a customer of a bank wants."""

from functools import cached_property

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.splits import divide
from zoo.datasets.tables import table
from zoo.registry import register_task
from zoo.tasks import Task


@register_task("banking77")
class Banking77(Task):
    """What does the customer want? 77 intents; 10,003 published training queries, 3,080 for test.

    Validation is a tenth of the published training part: 1,056 queries, 8,947
    are left to train on. No query stands in both.
    """

    kind = "classification"
    corpora = ("banking77",)
    citation = CORPORA["banking77"].citation
    tokenizer = "wordpiece"
    lowercase = True
    max_length = 96  # most queries have fewer than 20 words
    steps = 2000

    def examples(self, split):
        self.check_split(split)
        return _read("test.csv") if split == "test" else self._published[split]

    @cached_property
    def _published(self):
        """The published training part, divided."""
        examples = _read("train.csv")
        return divide(examples, [[example["text"]] for example in examples], {"train": 0.9, "validation": 0.1})


def _read(file):
    rows = table(locate("banking77", file), ("text", "category"))
    return [{"text": row["text"], "label": row["category"]} for _, row in rows]
