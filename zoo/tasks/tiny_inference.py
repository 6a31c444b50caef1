"""tiny-inference: does a sentence follow from a story of the tiny world, contradict it, or neither?"""

from functools import cache, partial

from zoo.registry import register_task
from zoo.tasks import Task
from zoo.world import english, korean
from zoo.world.meaning import Fact
from zoo.world.simulation import draw_cast, draw_story, write
from zoo.world.splits import draw_splits

SIZES = {"train": 10_000, "validation": 500, "test": 1_000, "test_long": 500}
EVENTS, EVENTS_LONG = (1, 3), (5, 7)
WORDS = 6  # people, places and things each: to find the same word in two texts is hard enough with few
NEGATED_SHARE = 0.25
LABELS = ("entailed", "contradicted", "neutral")
LANGUAGES = {"en": english, "ko": korean}


@register_task("tiny-inference")
class TinyInference(Task):
    """A story (``text``) and a sentence about the world after it (``text_pair``).

    The label follows from the state by rule: people are where they last went,
    a carried thing is where its bearer is, a thing put down stays. What the
    story leaves open is neutral. All forms of the second sentence, "is not"
    and "does not have" included, have the three labels equally often, so the
    second sentence alone gives nothing away. Stories have 1 to 3 sentences, in
    ``test_long`` 5 to 7. No story occurs in two splits.
    """

    kind = "classification"
    variants = ("en", "ko")
    splits = ("train", "validation", "test", "test_long")
    vocabulary_size = 300
    max_length = 64
    steps = 4000
    batch_size = 64

    def examples(self, split):
        self.check_split(split)
        language = LANGUAGES[self.variant]
        return [
            {
                "text": " ".join(write(events, language, pronouns=False)),
                "text_pair": language.write_fact(fact),
                "label": label,
            }
            for events, fact, label in pairs()[split]
        ]


@cache
def pairs():
    """Split -> its (events, fact, label)."""
    return draw_splits(
        "tiny-inference",
        SIZES,
        draw=partial(_draw, lengths=EVENTS),
        draw_long=partial(_draw, lengths=EVENTS_LONG),
        key=lambda pair: pair[0],
    )


def judge(world, fact):
    """The label of a fact after a story.

    Args:
        world: a :class:`zoo.world.simulation.World`.
        fact: a :class:`zoo.world.meaning.Fact`.
    """
    if fact.relation == "in":
        place = world.place_of(fact.subject)
        known, holds = place is not None, place is not None and place[0] == fact.value
    else:  # of a thing spoken of, the story always tells who holds it, if anybody
        known = fact.value in world.mentioned
        holds = known and fact.value in world.holders and world.holders[fact.value][0] == fact.subject
    if not known:
        return "neutral"
    return "entailed" if holds != fact.negated else "contradicted"


def _draw(rng, lengths):
    """A story, a fact about it and its label; the form and the label are drawn first, so that they are independent."""
    form, label = rng.choice(("person", "thing", "has", "has")), rng.choice(LABELS)
    negated = rng.random() < NEGATED_SHARE
    while True:
        people, places, things = cast = draw_cast(rng, WORDS)
        world = draw_story(rng, rng.randint(*lengths), cast)
        relation, subjects, values = {
            "person": ("in", people, places),
            "thing": ("in", things, places),
            "has": ("has", people, things),
        }[form]
        facts = [Fact(subject, relation, value, negated) for subject in subjects for value in values]
        facts = [fact for fact in facts if judge(world, fact) == label]
        if facts:
            return tuple(world.events), rng.choice(facts), label
