"""Addresses of American presidents, for pre-training."""

import zipfile
from functools import cache

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.registry import register_task
from zoo.tasks import Task
from zoo.tasks._documents import divide_documents, document


@register_task("addresses")
class Addresses(Task):
    """59 inaugural addresses (1789 to 2021) and 65 on the State of the Union (1945 to 2006), a document each.

    Whole addresses are dealt out: 101 for training, 12 for validation, 11 for test.
    """

    kind = "pretraining"
    corpora = ("addresses",)
    citation = CORPORA["addresses"].citation
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
    texts = [text for file in CORPORA["addresses"].files for text in _members(locate("addresses", file.name))]
    return divide_documents([document(text) for text in texts], "addresses")


def _members(path):
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".txt"):
                # Seven of them hold a stray byte or two that are not UTF-8: those become "�".
                yield archive.read(name).decode("utf-8", errors="replace").replace("\r\n", "\n")
