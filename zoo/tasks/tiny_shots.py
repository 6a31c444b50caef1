"""tiny-shots: sorts of words under labels that mean something else in each document, to be learned from its lines."""

import random
from functools import cache

from zoo import prompts
from zoo.registry import register_task
from zoo.tasks import Task
from zoo.world.lexicon import ADJECTIVES, PEOPLE, PLACES, THINGS
from zoo.world.splits import split_of

SIZES = {"train": 10_000, "validation": 300, "test": 500}
LINES = 21  # of a document: twenty examples and a question
SORTS = {"people": PEOPLE, "places": PLACES, "things": THINGS, "adjectives": ADJECTIVES}
WORDS = {
    "en": [list(words) for words in SORTS.values()],
    "ko": [[getattr(word, "korean", word) for word in words.values()] for words in SORTS.values()],
}
# Made-up words: for each sort those that may be its label.
LABELS = {
    "en": (("dax", "wug", "blick"), ("fep", "zup", "toma"), ("kiki", "lorp", "gazz"), ("mip", "vosh", "nirt")),
    "ko": (("갸도", "뉴피", "돠미"), ("뢔누", "묘쿠", "뱌로"), ("쇼키", "챠부", "켸사"), ("툐하", "퓨거", "혀즈")),
}


@register_task("tiny-shots")
class TinyShots(Task):
    """Lines such as "apple => kiki": people, places, things and adjectives, each sort under a label of its own.

    Each sort has three made-up words for labels; which of them a document uses is drawn anew for each, and what one
    split uses together no other does. By heart one can learn the three, no more: to do better than one in three, a
    model must look into the lines before for words of the same sort. The word of the last line is new in its
    document: to find the same word again does not help there.

    ``shots`` of an example are its lines but the last as examples of classification, ``question`` is the last.
    """

    kind = "language-modelling"
    variants = ("en", "ko")
    tokenizer = "byte-level-bpe"  # other language models read the same questions: theirs must be able to spell labels
    vocabulary_size = 600
    max_length = 128
    steps = 1500
    batch_size = 32

    def examples(self, split):
        self.check_split(split)
        sorts, labels = WORDS[self.variant], LABELS[self.variant]
        examples = []
        for meaning, lines in documents()[split]:
            shots = [{"text": sorts[sort][word], "label": labels[sort][meaning[sort]]} for sort, word in lines]
            text = "".join(map(prompts.line, shots))
            examples.append({"text": text, "shots": shots[:-1], "question": shots[-1]})
        return examples


@cache
def documents():
    """Split -> its documents, (label of each sort, ((sort, word), ...)), all as numbers: alike in all variants."""
    rng = random.Random("tiny-shots")
    sizes = [len(words) for words in SORTS.values()]
    splits = {split: [] for split in SIZES}
    while any(len(splits[split]) < size for split, size in SIZES.items()):
        meaning = tuple(rng.randrange(len(labels)) for labels in LABELS["en"])
        split = split_of(meaning)
        if len(splits[split]) < SIZES[split]:
            splits[split].append((meaning, _draw_lines(rng, sizes)))
    return splits


def _draw_lines(rng, sizes):
    """(sort, word) each, all sorts equally likely; the word of the last line stands in no other."""
    lines = [(sort, rng.randrange(sizes[sort])) for sort in (rng.randrange(len(sizes)) for _ in range(LINES - 1))]
    while True:
        sort = rng.randrange(len(sizes))
        question = sort, rng.randrange(sizes[sort])
        if question not in lines:
            return (*lines, question)
