"""SICK, entailment: does the first sentence entail the second?"""

from zoo.datasets.catalogue import CORPORA
from zoo.registry import register_task
from zoo.tasks import Task
from zoo.tasks._sick import sick


@register_task("sick")
class Sick(Task):
    """Entailment, contradiction or neither? The official splits: 4,500, 500 and 4,927 sentence pairs.

    The sentences were made from captions by rules (a negation, a passive, another
    word), so that words in common say little. ``sick-relatedness`` asks of the
    same pairs how related they are.
    """

    kind = "classification"
    corpora = ("sick",)
    citation = CORPORA["sick"].citation
    tokenizer = "word"
    lowercase = True
    max_length = 40  # the longest sentence has 30 words
    steps = 2000

    def examples(self, split):
        self.check_split(split)
        return [
            {"text": row["sentence_a"], "text_pair": row["sentence_b"], "label": row["entailment_judgment"].lower()}
            for row in sick(split)
        ]
