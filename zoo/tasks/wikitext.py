"""WikiText-2: articles of the English Wikipedia, for pre-training."""

import re
from functools import cached_property

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.readers import lines_of
from zoo.datasets.splits import divide
from zoo.registry import register_task
from zoo.tasks import Task
from zoo.tasks._documents import document

_TITLE = re.compile(r" = [^=].* = ")  # " = Title = "; a section has more: " = = Section = = "
_HEADING = re.compile(r" (= )+.*( =)+ ")


@register_task("wikitext")
class WikiText(Task):
    """Good articles of the English Wikipedia; trained on the published *validation* part, tested on the test part.

    The published training part (2 million tokens) is not among this task's
    files. Of the 60 articles of the validation part 55 are for training and 5
    for validation; the 62 of the test part are for test. Texts are tokenised,
    and words that were rare are ``<unk>``, as published. Headings are left out:
    no sentence follows from them.
    """

    kind = "pretraining"
    corpora = ("wikitext",)
    citation = CORPORA["wikitext"].citation
    tokenizer = "wordpiece"
    lowercase = True
    max_length = 128
    steps = 10_000
    batch_size = 32

    def examples(self, split):
        self.check_split(split)
        return _articles("test.txt") if split == "test" else self._published[split]

    @cached_property
    def _published(self):
        """The published validation part, divided by article."""
        articles = _articles("valid.txt")
        contents = [["\n".join(each["sentences"])] for each in articles]
        return divide(articles, contents, {"train": 0.9, "validation": 0.1})


def _articles(file):
    articles = []
    for line in lines_of(locate("wikitext", file)):
        if _TITLE.fullmatch(line):
            articles.append([])
        elif line.strip() and not _HEADING.fullmatch(line):
            articles[-1].append(line)
    return [document("\n".join(lines)) for lines in articles]
