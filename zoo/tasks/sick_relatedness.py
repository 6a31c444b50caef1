"""SICK, relatedness: how related are two sentences?"""

from zoo.datasets.catalogue import CORPORA
from zoo.registry import register_task
from zoo.tasks import Task
from zoo.tasks._sick import sick


@register_task("sick-relatedness")
class SickRelatedness(Task):
    """How related are two sentences, from 1 to 5? The official splits: 4,500, 500 and 4,927 pairs.

    Ranked by Pearson's correlation, as the shared task of SemEval 2014 was.
    """

    kind = "regression"
    corpora = ("sick",)
    citation = CORPORA["sick"].citation
    metric = "pearson"
    tokenizer = "word"
    lowercase = True
    max_length = 40  # the longest sentence has 30 words
    steps = 2000

    def examples(self, split):
        self.check_split(split)
        return [
            {"text": row["sentence_a"], "text_pair": row["sentence_b"], "score": float(row["relatedness_score"])}
            for row in sick(split)
        ]
