"""Draws stories that hold together: each sentence fits the state of the world.

The :class:`World` keeps what a *reader* of the story knows: a person is where
she last went; a thing that is carried is where its bearer is; a thing put down
stays there. Whatever was not told is unknown (None), and nothing is told that
contradicts it: nobody picks up a thing that is elsewhere.
"""

from dataclasses import replace

from zoo.world.lexicon import PEOPLE, PLACES, THINGS
from zoo.world.meaning import Event, Phrase, sentence

ON_ARRIVAL = ("be tired", "be hungry", "be bored", "be cold")


class World:
    """What is known after the events told so far.

    Attributes:
        events: the story, a list of :class:`zoo.world.meaning.Event`.
        places: person or thing -> (place, index of the event that tells it). A carried thing has its bearer's.
        holders: thing -> (person, index of the event that tells it).
        mentioned: things that the story has spoken of.
    """

    def __init__(self):
        self.events = []
        self.places = {}
        self.holders = {}
        self.mentioned = set()

    def place_of(self, name):
        """(place, event index) of a person or thing, or None if unknown."""
        if name in self.holders:
            name = self.holders[name][0]
        return self.places.get(name)

    def held_by(self, person):
        """The thing a person carries (one at most), or None."""
        return next((thing for thing, (holder, _) in self.holders.items() if holder == person), None)

    def together(self, one, other):
        """Whether both are known to be at the same place."""
        here, there = self.place_of(one), self.place_of(other)
        return here is not None and there is not None and here[0] == there[0]

    def tell(self, event):
        """Adds an event to the story and draws its consequences."""
        index = len(self.events)
        self.events.append(event)
        thing = event.what.noun if event.what else None
        if event.verb in ("go", "be"):  # "Minsu was in the garden", "there was a ball in the garden"
            self.places[event.who or thing] = (event.where, index)
        elif event.verb == "pick up":
            self.places.pop(thing, None)
            self.holders[thing] = (event.who, index)
        elif event.verb == "give":
            self.holders[thing] = (event.whom, index)
        elif event.verb == "put down":
            place = self.place_of(event.who)
            del self.holders[thing]
            if place:
                self.places[thing] = place
        elif event.verb == "eat":
            del self.holders[thing]
        if thing:
            self.mentioned.add(thing)

    # -- what can happen next ------------------------------------------------------------------------------

    def can_pick_up(self, person, thing):
        """With free hands, and if the thing is known to be here, or has not been spoken of."""
        free = self.held_by(person) is None and thing not in self.holders
        return free and (thing not in self.mentioned or self.together(person, thing))

    def can_give(self, person, other):
        """Neither place may follow from the other's: both are known and equal, or nothing is known of either."""
        apart = self.place_of(person) or self.place_of(other)
        return self.held_by(other) is None and (not apart or self.together(person, other))


def draw_cast(rng, out_of=None):
    """Three people, three places and three things; with ``out_of``, among the first so many of each only."""
    return tuple(rng.sample(list(words)[:out_of], 3) for words in (PEOPLE, PLACES, THINGS))


def draw_story(rng, length, cast):
    """A story to ask questions about: people go to places, pick up, put down and give things.

    Args:
        rng: ``random.Random``.
        length: int, number of events.
        cast: who, where and what may occur, see :func:`draw_cast`.

    Returns:
        The :class:`World` after the story.
    """
    people, places, things = cast
    world = World()
    while len(world.events) < length:
        event = _draw_event(rng, world, rng.choice(people), people, places, things)
        if event:
            world.tell(event)
    return world


def draw_tale(rng, length):
    """A story to be read: it opens with who and what is where, and follows one person for a while.

    Args and result as for :func:`draw_story`, with a cast of its own.
    """
    people, places, things = rng.sample(list(PEOPLE), 2), rng.sample(list(PLACES), 3), rng.sample(list(THINGS), 2)
    if length < 6:  # leave room for something to happen
        things = things[:1]
    world, who = World(), people[0]
    for person, place in zip(people, places, strict=False):
        world.tell(Event("be", person, where=place))
    for thing in things:
        world.tell(Event("be", what=Phrase(thing), where=rng.choice(places)))
    while len(world.events) < length:
        if rng.random() < 0.2:
            who = people[1] if who == people[0] else people[0]
        event = _react(rng, world, who, people) or _draw_event(rng, world, who, people, places, things)
        if event:
            world.tell(event)
    return world


def write(events, language, pronouns=True):
    """Events as a list of sentences.

    Args:
        events: a sequence of :class:`zoo.world.meaning.Event`.
        language: the module :mod:`zoo.world.english` or :mod:`zoo.world.korean`.
        pronouns: say "he" or "she" (in Korean: nothing) for the subject of the sentence before.
    """
    texts, last = [], Event("")
    for event in events:
        again = event.who is not None and event.who == last.who
        also = event.who is not None and not again and replace(event, who=last.who) == last
        texts.append(language.write(sentence(event), pronoun=pronouns and again, also=also))
        last = event
    return texts


def _draw_event(rng, world, who, people, places, things):
    """Something that ``who`` can do now, or None if the idea drawn is impossible."""
    verb = rng.choice(("go", "go", "pick up", "pick up", "pick up", "put down", "give", "give"))
    here, held = world.place_of(who), world.held_by(who)
    last = world.events[-1] if world.events else Event("")
    if verb == "go":
        place = rng.choice(places)
        restless = last.who == who and last.verb == "go"
        return None if restless or (here and here[0] == place) else Event("go", who, where=place)
    if verb == "pick up":
        thing = rng.choice(things)
        fickle = last.verb == "put down" and last.what.noun == thing
        return None if fickle or not world.can_pick_up(who, thing) else Event("pick up", who, what=Phrase(thing))
    if held is None or world.holders[held][1] == len(world.events) - 1:  # not at once after taking it
        return None
    if verb == "put down":
        return Event("put down", who, what=Phrase(held))
    other = rng.choice([name for name in people if name != who])
    was_given = world.events[world.holders[held][1]].verb == "give"  # nobody hands a present on
    return Event("give", who, what=Phrase(held), whom=other) if world.can_give(who, other) and not was_given else None


def _react(rng, world, who, people):
    """What follows by itself from the last event or from what ``who`` carries; mostly None."""
    last, held = world.events[-1], world.held_by(who)
    if last.verb == "give" and rng.random() < 0.6:
        return Event("be happy", last.whom)
    if last.verb == "eat" and rng.random() < 0.5:
        return Event("be happy", last.who)
    kind = THINGS[held].kind if held else None
    if kind == "food" and rng.random() < 0.3:
        return Event("eat", who, what=Phrase(held))
    if last.verb == "pick up" and kind == "reading" and last.who == who and rng.random() < 0.4:
        return Event("read", who, what=Phrase(held))
    if last.verb == "go" and last.who == who:
        met = [name for name in people if name != who and world.together(who, name)]
        if met and rng.random() < 0.5:
            return Event("see", who, whom=met[0])
        if rng.random() < 0.1:
            return Event(rng.choice(ON_ARRIVAL), who)
    return None
