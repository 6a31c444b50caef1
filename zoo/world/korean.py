"""Meaning -> Korean: the verb comes last, particles follow the sound of the noun.

A Hangul syllable is one code point, counted from 가 (U+AC00): 28 syllables in a
row share the first consonant and the vowel and differ in the final consonant
(받침), of which number 0 is none. So the particle can be computed.
"""

from zoo.world.lexicon import ADJECTIVES, PEOPLE, PLACES, THINGS, TIMES, VERBS

FIRST_SYLLABLE, LAST_SYLLABLE, FINAL_CONSONANTS = 0xAC00, 0xD7A3, 28
NO_FINAL, FINAL_RIEUL = 0, 8  # numbers of "no final consonant" and of ㄹ

#: particle as dictionaries write it -> (after a final consonant, after a vowel)
PARTICLES = {
    "은/는": ("은", "는"),  # topic
    "이/가": ("이", "가"),  # subject
    "을/를": ("을", "를"),  # object
    "과/와": ("과", "와"),  # with, and
    "아/야": ("아", "야"),  # calling someone
    "(이)다": ("이다", "다"),  # is
    "(이)라고": ("이라고", "라고"),  # that ... is
    "(으)로": ("으로", "로"),  # towards; ㄹ counts as a vowel here: 교실로
}
ENDINGS = {"and": "고", "but": "지만", "because": "기 때문에", None: "다"}


def final_consonant(word):
    """The number (0 none, 8 ㄹ, at most 27) of the final consonant of the last syllable.

    Raises:
        ValueError: if the word does not end in a Hangul syllable.
    """
    code = ord(word[-1]) if word else 0
    if not FIRST_SYLLABLE <= code <= LAST_SYLLABLE:
        raise ValueError(f"{word!r} does not end in a Hangul syllable (가 to 힣), so its particle is unknown.")
    return (code - FIRST_SYLLABLE) % FINAL_CONSONANTS


def attach(word, particle):
    """``word`` with the form of ``particle`` that its sound asks for.

    Args:
        word: a Korean noun.
        particle: a key of ``PARTICLES``, or one with a single form such as "에게", "에서", "에".
    """
    if particle not in PARTICLES:
        return word + particle
    final = final_consonant(word)
    like_a_vowel = final == NO_FINAL or (particle == "(으)로" and final == FINAL_RIEUL)
    return word + PARTICLES[particle][like_a_vowel]


def write(sentence, pronoun=False, also=False):
    """A sentence as Korean text; see :func:`zoo.world.english.write`.

    Where English says "he" or "she", Korean leaves the subject out; where
    English says "too", the particle 도 takes the place of 은/는.
    """
    text, subject = "", None
    for unit, join in zip(sentence.units, (*sentence.joins, None), strict=True):
        known = unit.main.who == subject if subject else pronoun
        text += (", " if text else "") + " ".join(_unit(unit, known, ENDINGS[join], "도" if also else "은/는"))
        subject = unit.main.who
    return text + "."


def write_fact(fact):
    """A fact as a sentence in the present: 민수는 정원에 없다."""
    words = _fact_words(fact)
    if fact.relation == "in":
        return f"{words} {attach(PLACES[fact.value].korean, '에')} {'없다' if fact.negated else '있다'}."
    verb = "가지고 있지 않다" if fact.negated else "가지고 있다"
    return f"{words} {attach(THINGS[fact.value].korean, '을/를')} {verb}."


def write_question(fact):
    """The question that the value of a fact answers: 사과는 어디에 있어?"""
    return f"{_fact_words(fact)} {'어디에 있어' if fact.relation == 'in' else '무엇을 가지고 있어'}?"


def _fact_words(fact):
    return attach((PEOPLE.get(fact.subject) or THINGS.get(fact.subject)).korean, "은/는")


def _unit(unit, known, ending, particle):
    main, link, other = unit.main, unit.link, unit.other
    topic = [] if known or main.who is None else [attach(PEOPLE[main.who].korean, particle)]
    if link is None:
        return [*topic, *_arguments(main), _past(main, ending)]
    if link == "and":
        return [*topic, *_arguments(main), VERBS[main.verb].sequence, *_arguments(other), _past(other, ending)]
    # English "A because B" is Korean "B, therefore A". A shared subject comes first, else each has its own.
    before = [*_arguments(other), _subordinate(other, link)]
    before = topic + before if other.who == main.who else [attach(PEOPLE[other.who].korean, "이/가"), *before, *topic]
    return [*before, *_arguments(main), _past(main, ending)]


def _past(event, ending):
    verb = VERBS[event.verb]
    return (f"{verb.stem}지 않았" if event.negated else verb.past_stem) + ending


def _subordinate(event, link):
    if link == "because":
        return _past(event, ENDINGS[link])
    verb = VERBS[event.verb]
    return f"{verb.adnominal} 뒤에" if link == "after" else f"{verb.stem}기 전에"


def _arguments(event):
    """All that stands between subject and verb: when, where, to whom, what, into what."""
    words = []
    if event.when:
        words.append(TIMES[event.when])
    if event.where:
        words.append(attach(PLACES[event.where].korean, VERBS[event.verb].particle if event.who else "에"))
    if event.whom:
        words.append(attach(PEOPLE[event.whom].korean, "에게" if event.verb == "give" else "을/를"))
    if event.what:
        words += _phrase(event.what, "을/를" if event.who else "이/가")
    if event.into:
        words.append(attach(THINGS[event.into].korean, "에"))
    return words


def _phrase(phrase, particle):
    # Order as in English, but 새 (new) is a determiner and stays next to its noun: 빨간 새 모자.
    words = sorted((ADJECTIVES[adjective] for adjective in phrase.adjectives), key=lambda word: word == "새")
    if phrase.who:  # 안나가 떨어뜨린 빨간 공: the relative clause comes first
        words = [attach(PEOPLE[phrase.who].korean, "이/가"), VERBS[phrase.did].adnominal, *words]
    return [*words, attach(THINGS[phrase.noun].korean, particle)]
