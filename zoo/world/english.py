"""Meaning -> English."""

from zoo.world.lexicon import PEOPLE, PLACES, VERBS


def write(sentence, pronoun=False, also=False):
    """A sentence as English text.

    Args:
        sentence: a :class:`zoo.world.meaning.Sentence`.
        pronoun: begin with "he" or "she", because the sentence before had the same subject.
        also: the sentence before said the same of somebody else.
    """
    text, subject = "", None
    for join, unit in zip(("", *sentence.joins), sentence.units, strict=True):
        known = unit.main.who == subject if subject else pronoun
        text += (f", {join} " if join else "") + _unit(unit, known)
        subject = unit.main.who
    return _finish(text, ", too." if also else ".")


def write_fact(fact):
    """A :class:`zoo.world.meaning.Fact` as a sentence in the present: "Minsu is not in the garden."."""
    subject = fact.subject if fact.subject in PEOPLE else f"the {fact.subject}"
    if fact.relation == "in":
        return _finish(f"{subject} is {'not ' if fact.negated else ''}{_at(fact.value)}", ".")
    verb = "does not have" if fact.negated else "has"
    return _finish(f"{subject} {verb} the {fact.value}", ".")


def write_question(fact):
    """The question that the value of a fact answers: "Where is Minsu?", "What does Minsu have?"."""
    if fact.relation == "in":
        return f"Where is {fact.subject if fact.subject in PEOPLE else f'the {fact.subject}'}?"
    return f"What does {fact.subject} have?"


def _unit(unit, pronoun):
    main = _clause(unit.main, pronoun)
    if unit.link is None:
        return main
    if unit.link == "and":
        return f"{main} and {_predicate(unit.other)}"
    return f"{main} {unit.link} {_clause(unit.other, pronoun=unit.other.who == unit.main.who)}"


def _clause(event, pronoun):
    if event.who is None:
        article = "an" if event.what.noun[0] in "aeiou" else "a"
        return f"there was {article} {event.what.noun} {_at(event.where)}"
    subject = PEOPLE[event.who].pronoun if pronoun else event.who
    return f"{subject} {_predicate(event)}"


def _predicate(event):
    verb = VERBS[event.verb]
    words = [verb.past]
    if event.negated:
        words = [verb.past.replace("was", "was not", 1) if verb.base.startswith("be") else f"did not {verb.base}"]
    if event.what:
        words.append(_phrase(event.what))
    if event.whom:
        words.append(f"to {event.whom}" if event.verb == "give" else event.whom)
    if event.into:
        words.append(f"in the {event.into}")
    if event.where:
        words.append(_at(event.where, verb.preposition))
    if event.when:
        words.append(event.when)
    return " ".join(words)


def _phrase(phrase):
    words = ["the", *phrase.adjectives, phrase.noun]
    if phrase.who:
        words += ["that", phrase.who, VERBS[phrase.did].past]
    return " ".join(words)


def _at(place, preposition=None):
    preposition = PLACES[place].preposition if preposition is None else preposition
    return f"{preposition} the {place}".strip()


def _finish(text, mark):
    return text[0].upper() + text[1:] + mark
