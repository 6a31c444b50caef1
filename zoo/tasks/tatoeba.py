"""Tatoeba: short everyday sentences, English and French or English and Korean."""

from functools import cached_property

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.readers import lines_of
from zoo.datasets.splits import THREE_PARTS, divide
from zoo.registry import register_task
from zoo.tasks import Task

# (file, member of the archive, shares of the splits)
_SOURCES = {
    "fr": ("fra-eng.zip", "fra-eng/fra.txt", {"train": 0.96, "validation": 0.02, "test": 0.02}),
    "ko": ("kor.txt", None, THREE_PARTS),
}


@register_task("tatoeba")
class Tatoeba(Task):
    """Translates a sentence; 167,130 English-French and 3,798 English-Korean pairs.

    There are no official splits. A sentence often has several translations, so
    pairs that share a sentence on either side, directly or by way of others, are
    kept together (:func:`zoo.datasets.splits.divide`): 160,655 / 3,219 / 3,256 pairs for French,
    3,025 / 372 / 401 for Korean. Upper and lower case do not make sentences different.
    """

    kind = "text-to-text"
    variants = ("en-fr", "fr-en", "en-ko", "ko-en")
    corpora = ("tatoeba",)
    citation = CORPORA["tatoeba"].citation
    tokenizer = "byte-level-bpe"
    max_length = 96  # bytes at worst; most sentences have fewer than 20 tokens

    def examples(self, split):
        self.check_split(split)
        return self._parts[split]

    @cached_property
    def _parts(self):
        source, target = self.variant.split("-")
        file, member, shares = _SOURCES[source if target == "en" else target]
        rows = [line.split("\t") for line in lines_of(locate("tatoeba", file), member)]
        pairs = [row[:2] for row in rows]  # English, other; a third column names the authors
        sides = ("source", "target") if source == "en" else ("target", "source")
        return divide([dict(zip(sides, pair, strict=True)) for pair in pairs], pairs, shares)
