"""KorQuAD 1.0: Korean questions about Wikipedia, the answer is a stretch of the article."""

from zoo.datasets.catalogue import CORPORA
from zoo.registry import register_task
from zoo.tasks._questions import PublishedQuestions


@register_task("korquad")
class KorQuad(PublishedQuestions):
    """Finds the answer in a Korean paragraph; ``small`` is trained on a part of 5,774 questions, ``full`` on 60,407.

    ``korquad:small`` divides the published validation part by article: 3,847, 892
    and 1,035 questions; its figures are not comparable with published ones. Those
    of ``korquad:full`` are, but the makers of this zoo never trained it: they had
    no training part. Exact match and F1 are those of KorQuAD's script, which
    counts characters: a word with another particle is not all wrong.
    """

    corpora = ("korquad",)
    citation = CORPORA["korquad"].citation
    answer_units = "characters"
    train_file = "KorQuAD_v1.0_train.json"
    validation_files = ("KorQuAD_v1.0_dev.json",)
