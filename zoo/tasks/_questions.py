"""Published corpora of questions whose answers are stretches of a context: what they have in common."""

from functools import cached_property

from zoo.datasets.files import locate
from zoo.datasets.splits import divide
from zoo.datasets.structured import squad
from zoo.tasks import Task


class PublishedQuestions(Task):
    """Base class.

    Variants: "small", the published validation part alone, divided by article (80, 10 and 10 %); "full": trained on
    the published training part (of which 5 % of the articles are for validation), tested on the whole published
    validation part, as published figures are (the published test part is secret).
    """

    kind = "span-answering"
    variants = ("small", "full")
    tokenizer = "wordpiece"
    max_length = 384  # as BERT's on SQuAD
    steps = 5000
    batch_size = 16
    train_file = None
    validation_files = ()  # the first one, and what serves as well

    def examples(self, split):
        self.check_split(split)
        return self._parts[split]

    def answered(self, records):
        """The records with the answers that may be trained on."""
        return records

    @cached_property
    def _parts(self):
        published = [record for _, record in squad(locate(*self.corpora, *self.validation_files))]
        if self.variant == "small":
            parts = _by_article(published)
        else:
            records = [record for _, record in squad(locate(*self.corpora, self.train_file))]
            parts = {**_by_article(records, {"train": 0.95, "validation": 0.05}), "test": published}
        parts["train"] = self.answered(parts["train"])
        keys = ("context", "question", "answers", "starts")
        return {split: [{key: record[key] for key in keys} for record in part] for split, part in parts.items()}


def _by_article(records, *shares):
    return divide(records, [[record["article"], record["context"]] for record in records], *shares)
