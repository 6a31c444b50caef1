"""KLUE-NER: names in Korean sentences, tagged character by character."""

from functools import cached_property

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.readers import lines_of
from zoo.datasets.splits import divide
from zoo.registry import register_task
from zoo.tasks import Task


@register_task("klue-ner")
class KlueNer(Task):
    """Tags six types of names in Korean: persons, places, organizations, dates, times, quantities.

    In Korean a name and its particle are one word (경찰은: 경찰 and 은), so KLUE tags
    characters, white space included, and so does this task: F1 is that of whole
    names, from their first to their last character, over the names of all types.
    KLUE ranks by the mean of the six types' F1, where a name must begin with B-:
    that is ``macro_f1``. Of KLUE only the published validation part is among this
    task's files, 5,000 sentences; it is divided into 3,967 for training, 516 for
    validation and 517 for test. Published figures are of all 5,000 after a
    training on 21,008 others.
    """

    kind = "tagging"
    corpora = ("klue",)
    citation = CORPORA["klue"].citation
    tag_units = "characters"
    tokenizer = "character"
    vocabulary_size = 2500
    max_length = 160  # the longest sentence has 145 characters
    steps = 2000

    def examples(self, split):
        self.check_split(split)
        return self._parts[split]

    @cached_property
    def _parts(self):
        examples = list(_sentences(lines_of(locate("klue", "klue-ner-v1.1_dev.tsv"))))
        return divide(examples, [["".join(example["tokens"])] for example in examples])


def _sentences(lines):
    """A character and its tag on each line, with a tab between; blank lines end sentences, "## " begins a comment."""
    rows = []
    for line in [*lines, ""]:
        if line and not line.startswith("## "):
            rows.append(line.split("\t"))
        elif rows and not line:
            tokens, tags = map(list, zip(*rows, strict=True))
            yield {"tokens": tokens, "tags": tags}
            rows = []
