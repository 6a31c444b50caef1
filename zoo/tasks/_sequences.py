"""What copy, reverse, sort and addition share: made-up sources, computed targets, longer ones to test on."""

from functools import cache

from zoo.tasks import Task
from zoo.world.splits import draw_splits

SIZES = {"train": 10_000, "validation": 500, "test": 1_000, "test_long": 500}


class SequenceTask(Task):
    """A text-to-text task over characters, scored by exact match: an answer is right as a whole or wrong.

    A subclass says what a source looks like (``draw``) and what its target is
    (``answer``). No source occurs in two splits; ``test_long`` has lengths
    beyond those of training, which shows whether a model learned the rule.
    """

    kind = "text-to-text"
    metric = "exact_match"
    splits = ("train", "validation", "test", "test_long")
    tokenizer = "character"
    vocabulary_size = 64
    max_length = 32
    lengths = (2, 10)  # of a source (for addition: of a number), shortest and longest
    lengths_long = (11, 20)

    @staticmethod
    def draw(rng, length):
        """A source of this length."""
        raise NotImplementedError

    @staticmethod
    def answer(source):
        """The target of a source."""
        raise NotImplementedError

    @staticmethod
    def content(source):
        """What must not occur in two splits."""
        return source

    def examples(self, split):
        self.check_split(split)
        return [{"source": source, "target": self.answer(source)} for source in sources(type(self))[split]]


@cache
def sources(task):
    """Split -> the sources of a :class:`SequenceTask` class."""
    return draw_splits(
        task.registered_name,
        SIZES,
        draw=lambda rng: task.draw(rng, rng.randint(*task.lengths)),
        draw_long=lambda rng: task.draw(rng, rng.randint(*task.lengths_long)),
        key=task.content,
    )


def characters(rng, alphabet, length):
    """``length`` random characters of a string."""
    return "".join(rng.choice(alphabet) for _ in range(length))
