"""WNUT 2017: rare and emerging names in noisy text (tweets, comments, forum posts)."""

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.structured import conll
from zoo.registry import register_task
from zoo.tasks import Task

_FILES = {"train": "wnut17train.conll", "validation": "emerging.dev.conll", "test": "emerging.test.annotated"}


@register_task("wnut17")
class Wnut17(Task):
    """Tags six types of names; the official splits: 3,394, 1,009 and 1,287 sentences.

    The test part has hardly a name of the training part, by design: the best
    system of the shared task reached an entity F1 of 41.86.
    """

    kind = "tagging"
    corpora = ("wnut17",)
    citation = CORPORA["wnut17"].citation
    tokenizer = "wordpiece"  # most names are unknown words
    max_length = 128

    def examples(self, split):
        self.check_split(split)
        sentences = conll(locate("wnut17", _FILES[split]))
        return [{"tokens": tokens, "tags": tags} for _, tokens, tags in sentences]
