"""Books: six novels and collections of tales, for pre-training."""

import re
from functools import cache

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.readers import text_of
from zoo.registry import register_task
from zoo.tasks import Task
from zoo.tasks._documents import divide_documents, document

# What Project Gutenberg writes before and behind a book.
_MARKED = re.compile(
    r"\*\*\* START OF THIS PROJECT GUTENBERG EBOOK[^\n]*\n(?:\s*Produced by[^\n]*\n)?(.*?)\n\s*End of (?:the )?Project",
    re.DOTALL,
)


@register_task("books")
class Books(Task):
    """Six books from Carroll to Sōseki, in English; a small relative of the BooksCorpus that BERT read.

    Each book is a document, cut in three: its first 80 % for training, 10 % for
    validation, the last 10 % for test. What Project Gutenberg says before and
    behind a book is left out.
    """

    kind = "pretraining"
    corpora = ("books",)
    citation = CORPORA["books"].citation
    tokenizer = "wordpiece"
    lowercase = True
    max_length = 128
    steps = 10_000
    batch_size = 32

    def examples(self, split):
        self.check_split(split)
        return _parts()[split]


@cache
def _parts():
    texts = [text_of(locate("books", file.name)) for file in CORPORA["books"].files]
    return divide_documents([document(_MARKED.search(text)[1]) for text in texts], "books")
