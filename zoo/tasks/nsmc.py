"""NSMC: Korean film reviews, positive or negative."""

from functools import cache

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.splits import divide
from zoo.datasets.tables import table
from zoo.registry import register_task
from zoo.tasks import Task

LABELS = {"0": "negative", "1": "positive"}


@register_task("nsmc")
class Nsmc(Task):
    """Was the writer pleased? 150,000 published training reviews, 50,000 for test.

    Validation is a twentieth of the published training part (7,284 reviews; no
    review stands in both). Eight reviews are empty: the five of the training
    part are dropped (142,711 are left to train on), the three of the test part stay, because
    published figures count all 50,000. 1,571 test reviews also occur in the
    published training part ("good", "the best"); they stay for the same reason.
    """

    kind = "classification"
    corpora = ("nsmc",)
    citation = CORPORA["nsmc"].citation
    tokenizer = "wordpiece"
    max_length = 96  # reviews have 158 characters at most
    steps = 2000

    def examples(self, split):
        self.check_split(split)
        if split == "test":
            return _read(locate("nsmc", "ratings_test.txt"))
        return _divided(locate("nsmc", "ratings_train.txt"))[split]


@cache  # several models that learn this task read it once
def _divided(path):
    """The published training part, divided."""
    published = [example for example in _read(path) if example["text"].strip()]
    contents = [[example["text"]] for example in published]
    return divide(published, contents, {"train": 0.95, "validation": 0.05})


@cache
def _read(path):
    return [{"text": row["document"], "label": LABELS[row["label"]]} for _, row in table(path, ("document", "label"))]
