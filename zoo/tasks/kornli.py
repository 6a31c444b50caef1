"""KorNLI: does one Korean sentence entail another?"""

from functools import cached_property

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.splits import divide
from zoo.datasets.tables import table
from zoo.registry import register_task
from zoo.tasks import Task


@register_task("kornli")
class KorNli(Task):
    """Entailment, contradiction or neither, in Korean? Trained on the small part that people translated.

    The published training part (942,854 pairs, translated by machine) is not
    among this task's files. Of the published validation part 2,220 pairs serve to
    train and 270 for validation; the three pairs of a premise stay together.
    Test is the published one, 5,010 pairs (a premise of it stands in the
    validation part, too). So figures lie far below those that
    are published for a training on all. Who has the training part gives it to
    the task ``classification`` with ``--data``.
    """

    kind = "classification"
    corpora = ("kornlu",)
    citation = CORPORA["kornlu"].citation
    tokenizer = "wordpiece"
    max_length = 128
    steps = 2000

    def examples(self, split):
        self.check_split(split)
        return _read("xnli.test.ko.tsv") if split == "test" else self._published[split]

    @cached_property
    def _published(self):
        """The published validation part, divided."""
        examples = _read("xnli.dev.ko.tsv")
        return divide(examples, [[example["text"]] for example in examples], {"train": 0.9, "validation": 0.1})


def _read(file):
    rows = table(locate("kornlu", file), ("sentence1", "sentence2", "gold_label"))
    return [{"text": row["sentence1"], "text_pair": row["sentence2"], "label": row["gold_label"]} for _, row in rows]
