"""SQuAD v1.1: questions about Wikipedia, the answer is a stretch of the article."""

import json

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.readers import text_of
from zoo.registry import register_task
from zoo.tasks._questions import PublishedQuestions

REBUILT = "dev-v1.1.reconstructed.json"


@register_task("squad")
class Squad(PublishedQuestions):
    """Finds the answer in an English paragraph; ``small`` is trained on a part of 10,570 questions, ``full`` on 87,599.

    ``squad:small`` divides the published validation part by article: 7,878, 1,637
    and 1,055 questions; its figures are not comparable with published ones. Those
    of ``squad:full`` are, but the makers of this zoo never trained it: they had no
    training part. Exact match and F1 are those of the official script.

    Where a rebuilt copy of the validation part stands in for the published one,
    the places of some answers are guesses: training leaves those answers out, and
    577 questions, which have no others: 7,301 are left. Exact match and F1 compare
    texts, not places; the loss on the other splits does see guesses.
    """

    corpora = ("squad",)
    citation = CORPORA["squad"].citation
    lowercase = True
    train_file = "train-v1.1.json"
    validation_files = ("dev-v1.1.json", REBUILT)

    def answered(self, records):
        if self.variant != "small" or locate("squad", *self.validation_files).name != REBUILT:
            return records
        guesses = json.loads(text_of(locate("squad", "uncertain_answer_starts.json")))
        kept = []
        for record in records:
            unsure = {index for kind in ("first", "overlap") for index in guesses[kind].get(record["id"], ())}
            places = [i for i in range(len(record["answers"])) if i not in unsure]
            if places:
                kept.append({**record, **{key: [record[key][i] for i in places] for key in ("answers", "starts")}})
        return kept
