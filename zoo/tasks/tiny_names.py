"""tiny-names: find people and places where only the sentence tells a name from a word, and a person from a town."""

from dataclasses import dataclass
from functools import cache

from zoo.registry import register_task
from zoo.tasks import Task
from zoo.world.korean import attach
from zoo.world.splits import draw_splits

SIZES = {"train": 6_000, "validation": 500, "test": 1_000, "test_long": 500}
SENTENCES_LONG = (4, 5)
LONGEST_TRAINED = 12  # words and marks
TAGS = {"P": "PER", "C": "LOC", "L": "LOC"}  # of the slots below; the others are no names

# Slots: P person, C town, L town or named place; T thing, S landscape, A quality, J trade. Korean adds a particle.
TEMPLATES = {
    "en": (
        "P went to L .",
        "P met P in L .",
        "P waited for P at L .",
        "P lives in C .",
        "P is a A J .",
        "P thinks that P is a A J .",
        "P flew from C to C .",
        "P gave the T to P .",
        "P bought a T in L .",
        "P took the T to the park .",
        "P walked up the hill with P .",
        "P helped P at the station .",
        "The T that P bought in L was red .",
        "We bought a T for P in C .",
        "In C , P met P .",
        "C is a A city .",
        "P thinks that C is a A city .",
        "C is far from C .",
    ),
    "ko": (
        "P:은/는 L:에 갔다 .",
        "P:은/는 L:에서 P:을/를 만났다 .",
        "P:은/는 L:에서 P:을/를 기다렸다 .",
        "P:은/는 C:에 산다 .",
        "P:은/는 A J:(이)다 .",
        "P:은/는 P:이/가 A J:(이)라고 생각한다 .",
        "P:은/는 C:에서 C:(으)로 떠났다 .",
        "P:은/는 P:에게 T:을/를 주었다 .",
        "P:은/는 L:에서 T:을/를 샀다 .",
        "P:은/는 푸른 S:을/를 보았다 .",
        "P:은/는 S:에 갔다 .",
        "P:은/는 공원에서 P:을/를 도와주었다 .",
        "P:과/와 P:은/는 시장에 갔다 .",
        "P:이/가 L:에서 산 T:은/는 예뻤다 .",
        "C:에서 P:은/는 P:을/를 만났다 .",
        "C:은/는 A 도시다 .",
        "P:은/는 C:이/가 A 도시라고 생각한다 .",
        "C:은/는 C:에서 멀다 .",
    ),
}
EN_TOWN_NAMES = ["Paris", "Sydney", "Florence", "Victoria", "Charlotte", "Austin"]  # people are called so, too
EN_FLOWER_NAMES = ["Rose", "Lily", "Daisy", "Violet"]
EN_GIVEN = [*EN_TOWN_NAMES, *EN_FLOWER_NAMES, "Anna", "Tom", "Minsu"]
KO_TOWN_NAMES = ["진주", "경주", "원주", "영주"]  # 진주 is a woman, a town and a pearl; 경주 a woman and a town
KO_WORD_NAMES = ["장미", "나리", "하늘", "바다", "보라", "이슬"]  # rose, lily, sky, sea, purple, dew
KO_GIVEN = [*KO_TOWN_NAMES, *KO_WORD_NAMES, "민수", "지은"]


def _words(text):
    """Fillers of one word each."""
    return [(word,) for word in text.split()]


def _pairs(first, second):
    """Fillers of two words, each of the first with each of the second."""
    return [(one, two) for one in first for two in second.split()]


FILLERS = {  # variant -> slot -> fillers, each a tuple of words
    "en": {
        # "Rose Park" is a person with the family name Park, or a park.
        "P": [(name,) for name in EN_GIVEN] + _pairs(EN_GIVEN, "Park Hill Kim"),
        "C": _words("Paris Sydney Florence Victoria Charlotte Austin London Seoul"),
        "L": [(name,) for name in EN_TOWN_NAMES]
        + _pairs([*EN_FLOWER_NAMES, "Victoria", "Charlotte", "Austin"], "Park Hill Street Station"),
        "T": _words("rose lily daisy violet"),
        "A": _words("famous wonderful quiet special great"),
        "J": _words("teacher doctor singer painter"),
    },
    "ko": {
        # 하늘 공원 is Sky Park.
        "P": [(name,) for name in KO_GIVEN] + _pairs(["톰", "안나", "벤"], "힐 리"),
        "C": _words("진주 경주 원주 영주 서울 부산"),
        "L": [(name,) for name in KO_TOWN_NAMES] + _pairs(KO_TOWN_NAMES + KO_WORD_NAMES, "공원 시장 역"),
        "T": _words("진주 장미 나리"),
        "S": _words("바다 하늘"),
        "A": _words("유명한 멋진 조용한 특별한 훌륭한"),
        "J": _words("선생님 의사 가수 화가"),
    },
}
SLOTS = frozenset("PCLTSAJ")
STANDING_ON = {"에": ("바다",)}  # one sees the blue sky, but goes to the sea


@dataclass(frozen=True)
class Filled:
    """A template and the names in its slots."""

    template: str
    names: tuple[tuple[str, ...], ...]


@register_task("tiny-names")
class TinyNames(Task):
    """ "Rose took the rose to the park", "Rose Park flew from Paris to Florence", 진주는 진주에서 진주를 샀다.

    Most names are other words as well, so a list of names does not do; letters
    are lowercased, so capitals do not help. A Korean word is tagged as a whole,
    particle included. ``test_long`` joins 4 or 5 sentences.
    """

    kind = "tagging"
    variants = ("en", "ko")
    splits = ("train", "validation", "test", "test_long")
    lowercase = True
    vocabulary_size = 300
    max_length = 64
    steps = 800
    batch_size = 64

    def examples(self, split):
        self.check_split(split)
        return [tagged(sentences) for sentences in texts(self.variant)[split]]


@cache
def texts(variant):
    """Split -> its texts, each a tuple of :class:`Filled`."""

    def draw(rng):
        return (_fill(rng, variant),)

    def draw_long(rng):
        text = tuple(_fill(rng, variant) for _ in range(rng.randint(*SENTENCES_LONG)))
        return text if len(tagged(text)["tokens"]) > LONGEST_TRAINED else None

    return draw_splits(f"tiny-names:{variant}", SIZES, draw, draw_long)


def tagged(sentences):
    """The words and IOB2 tags of some :class:`Filled`."""
    tokens, tags = [], []
    for sentence in sentences:
        names = iter(sentence.names)
        for part in sentence.template.split():
            slot, _, particle = part.partition(":")
            if slot not in SLOTS:
                tokens.append(part)
                tags.append("O")
                continue
            name = next(names)
            tokens += [*name[:-1], attach(name[-1], particle) if particle else name[-1]]
            kind = TAGS.get(slot)
            tags += [f"{'I' if i else 'B'}-{kind}" if kind else "O" for i in range(len(name))]
    return {"tokens": tokens, "tags": tags}


def _fill(rng, variant):
    template = rng.choice(TEMPLATES[variant])
    names = []
    for part in template.split():
        slot, _, particle = part.partition(":")
        possible = FILLERS[variant].get(slot)
        if possible is None:
            continue
        if slot == "S" and particle in STANDING_ON:
            possible = [STANDING_ON[particle]]
        name = rng.choice(possible)
        # Twice the same person or town would be odd; "Paris went to Paris" is the point.
        while (slot, name) in names:
            name = rng.choice(possible)
        names.append((slot, name))
    return Filled(template, tuple(name for _, name in names))
