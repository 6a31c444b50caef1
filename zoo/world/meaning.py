"""What can be meant in the tiny world, apart from any language.

Frozen dataclasses of plain words (the keys of :mod:`zoo.world.lexicon`): equal
meanings are equal objects, and ``repr`` names a meaning, which decides its
split (:mod:`zoo.world.splits`).
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrase:
    """A thing, perhaps described: "the big red ball that Anna dropped"."""

    noun: str
    adjectives: tuple[str, ...] = ()
    who: str | None = None  # the person of the relative clause
    did: str | None = None  # its verb


@dataclass(frozen=True)
class Event:
    """One thing that happened, or was so: who did what, where, when.

    Args:
        verb: a key of ``lexicon.VERBS``.
        who: the acting person; None in "there was a ball in the garden".
        what: the thing acted upon.
        whom: the person acted upon, or given to.
        where: the place, or the way's goal ("go") or start ("leave").
        into: the container in "put the apple in the box".
        when: a key of ``lexicon.TIMES``.
        negated: it did not happen.
    """

    verb: str
    who: str | None = None
    what: Phrase | None = None
    whom: str | None = None
    where: str | None = None
    into: str | None = None
    when: str | None = None
    negated: bool = False


@dataclass(frozen=True)
class Unit:
    """An event, or two linked ones.

    ``link`` is "because", "after" or "before", where ``other`` is the
    subordinate event, or "and", where the same person does ``other`` next.
    """

    main: Event
    link: str | None = None
    other: Event | None = None


@dataclass(frozen=True)
class Sentence:
    """Units joined by "and" or "but" (one word fewer than units)."""

    units: tuple[Unit, ...]
    joins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """A state of the world in the present: something is at a place, or a person has a thing.

    Args:
        subject: a person or a thing.
        relation: "in" or "has".
        value: a place for "in", a thing for "has".
        negated: it is not so.
    """

    subject: str
    relation: str
    value: str
    negated: bool = False


def sentence(event):
    """The sentence that says one event."""
    return Sentence((Unit(event),))
