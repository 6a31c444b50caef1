"""tiny-stories: language modelling on little stories of the tiny world."""

from functools import cache, partial

from zoo.registry import register_task
from zoo.tasks import Task
from zoo.world import english, korean
from zoo.world.simulation import draw_tale, write
from zoo.world.splits import draw_splits

SIZES = {"train": 6_000, "validation": 500, "test": 1_000, "test_long": 500}
SENTENCES, SENTENCES_LONG = (4, 8), (15, 18)
LANGUAGES = {"en": english, "ko": korean}


@register_task("tiny-stories")
class TinyStories(Task):
    """Stories of 4 to 8 sentences, one a line; ``test_long`` has 15 to 18.

    Who knows the state of the world can tell what comes next: people pick up
    what is where they are, put down what they carry, and are happy about a
    present. A repeated subject is a pronoun in English and left out in Korean.
    """

    kind = "language-modelling"
    variants = ("en", "ko")
    splits = ("train", "validation", "test", "test_long")
    vocabulary_size = 500
    max_length = 160
    steps = 800
    batch_size = 32

    def examples(self, split):
        self.check_split(split)
        return [{"text": story[self.variant]} for story in stories()[split]]


@cache
def stories():
    """Split -> its stories as dictionaries {"en", "ko"}."""
    draw, draw_long = partial(_draw, lengths=SENTENCES), partial(_draw, lengths=SENTENCES_LONG)
    splits = draw_splits("tiny-stories", SIZES, draw, draw_long)
    return {
        split: [{name: "\n".join(write(tale, language)) for name, language in LANGUAGES.items()} for tale in tales]
        for split, tales in splits.items()
    }


def _draw(rng, lengths):
    return tuple(draw_tale(rng, rng.randint(*lengths)).events)
