"""Draws sentences of growing complexity: descriptions, linked events, joined units.

Every function takes a ``random.Random``. Only its methods with a stable
sequence are used (``choice``, ``random``, ``randint``, ``sample``), so that a
seed gives the same data on every machine.
"""

from dataclasses import replace

from zoo.world.lexicon import (
    ALONE,
    COLOURS,
    FEELINGS,
    FOOD_COLOURS,
    FOOD_QUALITIES,
    MOTIONS,
    PEOPLE,
    PLACES,
    QUALITIES,
    THINGS,
    TIMES,
    VERBS,
    WITH_A_PERSON,
    WITH_A_THING,
)
from zoo.world.meaning import Event, Phrase, Sentence, Unit

CAUSED = ("be happy", "be sad", "be angry")  # feelings about something that happened
CONTAINERS = tuple(name for name, thing in THINGS.items() if thing.kind == "container")
OTHERS = {who: tuple(name for name in PEOPLE if name != who) for who in PEOPLE}
FINDABLE = ("find", "pick up", "put")  # their object may be one that another person dropped or lost


def draw_sentence(rng, number_of_units, plain=0.3):
    """A :class:`zoo.world.meaning.Sentence` of so many units, of which the share ``plain`` are single events."""
    units, joins = [], []
    while len(units) < number_of_units:
        unit = draw_unit(rng, plain=rng.random() < plain)
        if units:
            join = "and" if "but" in joins else rng.choice(("and", "but"))
            if unit.main.who == units[-1].main.who:
                # "Minsu was tired, but he ...": only where it stays clear who "he" is.
                if unit.link not in (None, "and") or "but" in joins:
                    continue
                join = "but"
            joins.append(join)
        units.append(unit)
    return Sentence(tuple(units), tuple(joins))


def draw_unit(rng, plain=False):
    """An event (always if ``plain``), or two linked ones."""
    who = rng.choice(list(PEOPLE))
    link = None if plain else rng.choice((None, "and", "because", "after", "before"))
    if link is None:
        event = draw_feeling(rng, who) if rng.random() < 0.15 else draw_event(rng, who)
        if not event.negated and rng.random() < 0.25:
            event = replace(event, when=rng.choice(list(TIMES)))
        return Unit(event)
    if link == "and":
        return _sequence(rng, who)
    someone = who if rng.random() < 0.5 else _another(rng, who)
    if link == "because":
        if rng.random() < 0.5:
            return Unit(_done(draw_event(rng, who)), link, draw_feeling(rng, someone))
        return Unit(Event(rng.choice(CAUSED), who), link, draw_event(rng, someone))
    main, other = _two_events(rng, who, someone)
    return Unit(main, link, other)


def draw_feeling(rng, who):
    """ "Minsu was (not) tired"."""
    return Event(rng.choice(FEELINGS), who, negated=rng.random() < 0.2)


def draw_event(rng, who):
    """Something that ``who`` did, or did not do."""
    negated = rng.random() < 0.15
    frame = rng.choice(("motion", "thing", "thing", "give", "put", "person", "alone"))
    if frame == "motion":
        return Event(rng.choice(MOTIONS), who, where=rng.choice(list(PLACES)), negated=negated)
    if frame == "alone":
        return Event(rng.choice(ALONE), who, where=rng.choice(list(PLACES)), negated=negated)
    if frame == "person":
        where = rng.choice((None, *PLACES))
        return Event(rng.choice(WITH_A_PERSON), who, whom=_another(rng, who), where=where, negated=negated)
    noun = rng.choice(list(THINGS))
    kind = THINGS[noun].kind
    if frame == "give":
        return Event("give", who, what=_describe(rng, noun), whom=_another(rng, who), negated=negated)
    if frame == "put" and kind != "container":
        return Event("put", who, what=_describe(rng, noun, who), into=rng.choice(CONTAINERS), negated=negated)
    verb = rng.choice(WITH_A_THING[kind])
    where = "market" if verb == "buy" else rng.choice(list(PLACES))
    what = _describe(rng, noun, who if verb in FINDABLE else None)
    # "the ball that Anna lost in the park" would leave open what happened in the park.
    where = where if what.who is None and rng.random() < 0.3 else None
    return Event(verb, who, what=what, where=where, negated=negated)


def _describe(rng, noun, who=None):
    """ "the ball", "the big red ball"; with ``who``, perhaps "the ball that Anna lost", told by another person."""
    food = THINGS[noun].kind == "food"
    qualities, colours = (FOOD_QUALITIES, FOOD_COLOURS) if food else (QUALITIES, COLOURS)
    number = rng.choice((0, 0, 1, 1, 2))
    adjectives = {
        0: (),
        1: (rng.choice((*qualities, *colours)),),
        2: (rng.choice(list(qualities)), rng.choice(list(colours))),
    }[number]
    if who and rng.random() < 0.3:
        did = "drop" if food else rng.choice(("drop", "lose"))
        return Phrase(noun, adjectives, _another(rng, who), did)
    return Phrase(noun, adjectives)


def _two_events(rng, first_person, second_person):
    """Two different events that do not name the same place twice."""
    while True:
        first, second = _done(draw_event(rng, first_person)), _done(draw_event(rng, second_person))
        if first.verb != second.verb and (first.where is None or first.where != second.where):
            return first, second


def _sequence(rng, who):
    """Two events of one person; where somebody went is where the next thing happens."""
    while True:
        first, second = _two_events(rng, who, who)
        if VERBS[first.verb].sequence is None:
            continue
        if first.verb in MOTIONS:
            if second.verb in (*MOTIONS, "put down"):
                continue
            second = replace(second, where=None)
        return Unit(first, "and", second)


def _done(event):
    """The event without its negation, which would be ambiguous next to "before", "after" or "because"."""
    return replace(event, negated=False) if event.negated else event


def _another(rng, who):
    return rng.choice(OTHERS[who])
