"""tiny-pretraining: what is written in the tiny world, without a label."""

import re
from functools import cache

from zoo.registry import register_task
from zoo.tasks import Task
from zoo.tasks.tiny_names import TinyNames
from zoo.tasks.tiny_sentiment import TinySentiment, draw_review, write_english, write_korean
from zoo.tasks.tiny_stories import TinyStories
from zoo.world import english, korean
from zoo.world.meaning import Fact
from zoo.world.simulation import draw_cast, draw_story, write
from zoo.world.splits import draw_splits

REPORTS = {"train": 12_000, "validation": 600, "test": 600, "test_long": 0}
CRITICS = {"train": 3_000, "validation": 150, "test": 150, "test_long": 0}
EVENTS = (2, 5)  # sentences of a story before what is said about it
FACTS = (1, 3)
NEGATED_SHARE, ASKED_SHARE = 0.25, 0.4
PAGE = 5  # reviews, or sentences about names, that make a document
LANGUAGES = {"en": (english, write_english), "ko": (korean, write_korean)}


@register_task("tiny-pretraining")
class TinyPretraining(Task):
    """Stories, reports, critics, reviews and pages about names: documents that are true and of one mind.

    A *report* tells a story and says what is the case after it, often as a
    question and its answer: who fills its blanks must know who is where and
    has what. A *critic* likes everything about a film or nothing: words of one
    meaning stand together, which is all that a text without labels can say
    about them. Stories, reviews and names are those of the tiny tasks, each
    split from the same split of theirs; and no report tells a story that another
    split of any task has. Letters are lowercased, as for BERT "uncased". The
    vocabulary knows all words of all tiny tasks.
    """

    kind = "pretraining"
    variants = ("en", "ko")
    splits = ("train", "validation", "test")
    tokenizer = "word"
    lowercase = True
    vocabulary_size = 1000
    max_length = 128
    steps = 3000
    batch_size = 64

    def examples(self, split):
        self.check_split(split)
        return _documents(self.variant, split)


@cache
def _documents(variant, split):
    language, write_review = LANGUAGES[variant]
    stories = [example["text"].split("\n") for example in TinyStories(variant).examples(split)]
    told = [_write_report(*report, language) for report in reports()[split]]
    critics = [[write_review(review) for review in critic] for critic in _critics()[split]]
    reviews = [example["text"] for example in TinySentiment(variant).examples(split)]
    names = [re.sub(" ([.,])", r"\1", " ".join(example["tokens"])) for example in TinyNames(variant).examples(split)]
    pages = [reviews[start : start + PAGE] for start in range(0, len(reviews), PAGE)]
    pages += [names[start : start + PAGE] for start in range(0, len(names), PAGE)]
    return [{"sentences": document} for document in (*stories, *told, *critics, *pages)]


@cache
def reports():
    """Split -> its (events, facts): a story and what is said about it, each a :class:`Fact` and whether it is asked."""
    # A story has its split from its events alone, as in tiny-inference and tiny-questions.
    return draw_splits("tiny-pretraining, reports", REPORTS, _draw_report, None, key=lambda report: report[0])


def _draw_report(rng):
    people, places, things = cast = draw_cast(rng)
    world = draw_story(rng, rng.randint(*EVENTS), cast)
    things = [thing for thing in things if thing in world.mentioned]
    known = [_place(world, subject) for subject in (*people, *things)]
    known += [_belonging(world, person) for person in people]
    known = [fact for fact in known if fact]
    if not known:
        return None
    facts = []
    for fact in rng.sample(known, min(len(known), rng.randint(*FACTS))):
        others = [value for value in (places if fact.relation == "in" else things) if value != fact.value]
        if others and rng.random() < NEGATED_SHARE:
            facts.append((Fact(fact.subject, fact.relation, rng.choice(others), negated=True), False))
        else:
            facts.append((fact, rng.random() < ASKED_SHARE))
    return tuple(world.events), tuple(facts)


def _place(world, subject):
    place = world.place_of(subject)
    return place and Fact(subject, "in", place[0])


def _belonging(world, subject):
    thing = world.held_by(subject)
    return thing and Fact(subject, "has", thing)


def _write_report(events, facts, language):
    texts = write(events, language, pronouns=False)
    for fact, is_asked in facts:
        texts += [language.write_question(fact)] if is_asked else []
        texts.append(language.write_fact(fact))
    return texts


@cache
def _critics():
    """Split -> its critics, three reviews each. No review of tiny-sentiment has three opinions and no contrast."""
    return draw_splits("tiny-pretraining, critics", CRITICS, _draw_critic, None)


def _draw_critic(rng):
    favourable = rng.random() < 0.5
    return tuple(draw_review(rng, 3, 0, "single", favourable) for _ in range(3))
