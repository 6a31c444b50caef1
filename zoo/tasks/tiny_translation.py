"""tiny-translation: sentences of the tiny world, English to Korean and back."""

from functools import cache, partial

from zoo.registry import register_task
from zoo.tasks import Task
from zoo.world import english, korean
from zoo.world.sampling import draw_sentence
from zoo.world.splits import draw_splits

SIZES = {"train": 20_000, "validation": 500, "test": 1_000, "test_long": 500}
TRAINED = {"en": range(1, 15), "ko": range(1, 11)}  # words; Korean needs fewer, for it has no articles
LONG = {"en": range(15, 25), "ko": range(11, 19)}
WRITERS = {"en": english.write, "ko": korean.write}


@register_task("tiny-translation")
class TinyTranslation(Task):
    """Sentences with descriptions, relative clauses, "and", "but", "because", "after", "before".

    Korean puts the verb last and a reason before its consequence, so the words
    move across the whole sentence. Each meaning has one reference, and each
    text one meaning. Validation and test hold new meanings with the words and
    lengths of training (English at most 14 words); ``test_long`` has up to 24:
    mostly three units where training had one or two.
    """

    kind = "text-to-text"
    metric = "bleu"
    variants = ("en-ko", "ko-en")
    splits = ("train", "validation", "test", "test_long")
    vocabulary_size = 1000
    max_length = 48
    steps = 1500
    batch_size = 64

    def examples(self, split):
        self.check_split(split)
        source, target = self.variant.split("-")
        return [{"source": pair[source], "target": pair[target]} for pair in pairs()[split]]


@cache
def pairs():
    """Split -> its sentences as dictionaries {"en", "ko"}."""
    texts = {}  # of each sentence that was drawn
    splits = draw_splits("tiny-translation", SIZES, partial(_draw, texts), partial(_draw, texts, long=True))
    return {split: [texts[sentence] for sentence in sentences] for split, sentences in splits.items()}


def _draw(texts, rng, long=False):
    """A sentence; ``texts`` gets what it is in each language."""
    units = rng.choice((2, 3, 3)) if long else rng.choice((1, 1, 2))
    while True:
        sentence = draw_sentence(rng, units, plain=0.7 if units == 2 and not long else 0.3)
        written = {}
        for language, lengths in (LONG if long else TRAINED).items():
            written[language] = WRITERS[language](sentence)
            if written[language].count(" ") + 1 not in lengths:
                break
        else:
            texts[sentence] = written
            return sentence
