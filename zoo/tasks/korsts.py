"""KorSTS: how similar are two Korean sentences?"""

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.tables import table
from zoo.registry import register_task
from zoo.tasks import Task

_FILES = {"train": "sts-train.tsv", "validation": "sts-dev.tsv", "test": "sts-test.tsv"}


@register_task("korsts")
class KorSts(Task):
    """How similar are two Korean sentences, from 0 to 5? The official splits: 5,749, 1,500 and 1,379 pairs.

    STS-B in Korean: the training part was translated by machine, the others by
    people. Ranked by Spearman's correlation, as in its paper.
    """

    kind = "regression"
    corpora = ("kornlu",)
    citation = CORPORA["kornlu"].citation
    tokenizer = "wordpiece"
    max_length = 80
    steps = 2000

    def examples(self, split):
        self.check_split(split)
        rows = table(locate("kornlu", _FILES[split]), ("score", "sentence1", "sentence2"))
        return [
            {"text": row["sentence1"], "text_pair": row["sentence2"], "score": float(row["score"])} for _, row in rows
        ]
