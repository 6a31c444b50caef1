"""tiny-questions: where is the apple? The answer is a word of a story of the tiny world."""

from functools import cache, partial

from zoo.registry import register_task
from zoo.tasks import Task
from zoo.world import english, korean
from zoo.world.korean import attach
from zoo.world.lexicon import PLACES, THINGS
from zoo.world.meaning import Fact
from zoo.world.simulation import draw_cast, draw_story, write
from zoo.world.splits import draw_splits

SIZES = {"train": 8_000, "validation": 500, "test": 1_000, "test_long": 500}
EVENTS, EVENTS_LONG = (2, 5), (8, 10)
LANGUAGES = {"en": english, "ko": korean}


@register_task("tiny-questions")
class TinyQuestions(Task):
    """ "Where is the apple?", "Where is Minsu?", "What does Anna have?" about a story.

    People move and things are carried, so the last mention that matters is the
    right one: where the apple is, the sentence tells that brought its bearer
    there. In English the answer is the noun ("garden"). In Korean it is the
    whole word with its particle (정원에, 사과를), which is how the question
    어디에 or 무엇을 is answered, and which is one token. Stories have 2 to 5
    sentences, in ``test_long`` 8 to 10. No story occurs in two splits.
    """

    kind = "span-answering"
    variants = ("en", "ko")
    splits = ("train", "validation", "test", "test_long")
    vocabulary_size = 300
    max_length = 96
    steps = 1500
    batch_size = 64

    def examples(self, split):
        self.check_split(split)
        return [_example(events, fact, index, self.variant) for events, fact, index in questions()[split]]


@cache
def questions():
    """Split -> its (events, fact, index of the event that tells it); the question hides the value of the fact."""
    return draw_splits(
        "tiny-questions",
        SIZES,
        draw=partial(_draw, lengths=EVENTS),
        draw_long=partial(_draw, lengths=EVENTS_LONG),
        key=lambda item: item[0],
    )


def _draw(rng, lengths):
    people, _, things = cast = draw_cast(rng)
    world = draw_story(rng, rng.randint(*lengths), cast)
    form = rng.choice(("where is a thing", "where is a thing", "where is a person", "what has a person"))
    subject = rng.choice(things if form == "where is a thing" else people)
    if form == "what has a person":
        thing = world.held_by(subject)
        return (tuple(world.events), Fact(subject, "has", thing), world.holders[thing][1]) if thing else None
    place = world.place_of(subject)
    return (tuple(world.events), Fact(subject, "in", place[0]), place[1]) if place else None


def _example(events, fact, index, variant):
    language = LANGUAGES[variant]
    sentences = write(events, language, pronouns=False)
    answer = _word(fact, variant)
    start = sum(len(sentence) + 1 for sentence in sentences[:index]) + sentences[index].index(f" {answer}") + 1
    return {
        "context": " ".join(sentences),
        "question": language.write_question(fact),
        "answers": [answer],
        "starts": [start],
    }


def _word(fact, variant):
    """The value of a fact as a word of the story."""
    if variant == "en":
        return fact.value
    noun, particle = (PLACES, "에") if fact.relation == "in" else (THINGS, "을/를")
    return attach(noun[fact.value].korean, particle)
