"""Tiny Shakespeare: the next character of a play."""

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.readers import text_of
from zoo.registry import register_task
from zoo.tasks import Task


@register_task("shakespeare")
class Shakespeare(Task):
    """Models 65 characters; the first 90 % are for training, the last 10 % for validation (as in nanoGPT).

    1,003,854 and 111,540 characters, one document each. There is no test
    split: published figures are those of the validation part.
    """

    kind = "language-modelling"
    splits = ("train", "validation")
    corpora = ("shakespeare",)
    citation = CORPORA["shakespeare"].citation
    tokenizer = "character"
    vocabulary_size = 70  # 65 characters and 5 special tokens
    document_boundaries = False  # the parts are stretches of one long text
    max_length = 64
    steps = 2000  # with 12 windows each: the CPU setting of nanoGPT
    batch_size = 12

    def examples(self, split):
        self.check_split(split)
        text = text_of(locate("shakespeare", "input.txt"))
        cut = int(0.9 * len(text))
        return [{"text": text[:cut] if split == "train" else text[cut:]}]
