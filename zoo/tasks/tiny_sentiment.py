"""tiny-sentiment: reviews of a film in which negation and contrast decide, not the single words."""

from dataclasses import dataclass
from functools import cache

from zoo.registry import register_task
from zoo.tasks import Task
from zoo.world.korean import attach
from zoo.world.splits import draw_splits

SIZES = {"train": 8_000, "validation": 500, "test": 1_000, "test_long": 500}
LONGEST_TRAINED = {"en": 15, "ko": 13}  # words

ASPECTS = {
    "film": "영화",
    "story": "이야기",
    "ending": "결말",
    "music": "음악",
    "acting": "연기",
    "dialogue": "대사",
    "opening": "도입부",
    "plot": "줄거리",
}
GOOD = {
    "good": "좋은",
    "great": "훌륭한",
    "wonderful": "멋진",
    "beautiful": "아름다운",
    "interesting": "흥미로운",
    "fresh": "신선한",
}
BAD = {
    "bad": "나쁜",
    "boring": "지루한",
    "awful": "형편없는",
    "disappointing": "실망스러운",
    "childish": "유치한",
    "clumsy": "어설픈",
}
QUALITIES = GOOD | BAD
PLAIN, NEGATED = ("plain", "quite"), ("not", "not at all", "nobody")
NEGATED_SHARE = 0.3  # at one half, no gradient leads away from guessing (as with parity)
CONTRASTS = ("but", "although ...,", "..., although")


@dataclass(frozen=True)
class Opinion:
    """Something was, or was not, so. ``manner`` is one of ``PLAIN`` or ``NEGATED``."""

    aspect: str
    quality: str
    manner: str

    @property
    def favourable(self):
        return (self.quality in GOOD) != (self.manner in NEGATED)


@dataclass(frozen=True)
class Review:
    """What decides, and what is conceded before ("but"), or with "although" before or after it.

    All ``decisive`` opinions agree, and all ``conceded`` ones say the opposite.
    """

    decisive: tuple[Opinion, ...]
    conceded: tuple[Opinion, ...] = ()
    form: str = "single"  # with conceded opinions one of CONTRASTS

    @property
    def label(self):
        return "positive" if self.decisive[0].favourable else "negative"


@register_task("tiny-sentiment")
class TinySentiment(Task):
    """ "Not bad" is praise, and what stands after "but" decides; "although" marks what does not.

    Words occur about equally often in both labels, because what is conceded
    contradicts what decides: no bag of words does much better than chance.
    ``test_long`` has 4 to 6 opinions where training had at most 2.
    """

    kind = "classification"
    variants = ("en", "ko")
    splits = ("train", "validation", "test", "test_long")
    vocabulary_size = 200
    max_length = 64
    steps = 800
    batch_size = 64

    def examples(self, split):
        self.check_split(split)
        write = {"en": write_english, "ko": write_korean}[self.variant]
        return [{"text": write(review), "label": review.label} for review in reviews()[split]]


@cache
def reviews():
    """Split -> its reviews."""
    return draw_splits("tiny-sentiment", SIZES, draw=_draw, draw_long=_draw_long)


def _draw(rng):
    form = rng.choice(("single", "and", *CONTRASTS, *CONTRASTS))
    if form in ("single", "and"):
        return draw_review(rng, 1 if form == "single" else 2, 0, "single")
    return draw_review(rng, 1, 1, form)


def _draw_long(rng):
    form = rng.choice(CONTRASTS)
    review = draw_review(rng, rng.randint(2, 3), rng.randint(2, 3), form)
    english, korean = write_english(review), write_korean(review)
    longer = len(english.split()) > LONGEST_TRAINED["en"] and len(korean.split()) > LONGEST_TRAINED["ko"]
    return review if longer else None


def draw_review(rng, decisive, conceded, form, favourable=None):
    """A :class:`Review` of so many opinions; ``favourable`` says whether it praises (None: drawn, too)."""
    if favourable is None:
        favourable = rng.random() < 0.5
    aspects = rng.sample(list(ASPECTS), decisive + conceded)
    opinions = [_opinion(rng, aspect, favourable == (i < decisive)) for i, aspect in enumerate(aspects)]
    return Review(tuple(opinions[:decisive]), tuple(opinions[decisive:]), form)


def _opinion(rng, aspect, favourable):
    manner = rng.choice(NEGATED if rng.random() < NEGATED_SHARE else PLAIN)
    qualities = GOOD if favourable != (manner in NEGATED) else BAD
    return Opinion(aspect, rng.choice(list(qualities)), manner)


def write_english(review):
    """A :class:`Review` as English text: "Although the music was bad, nobody called the ending boring."."""
    decisive, conceded = (" and ".join(_english(o) for o in part) for part in (review.decisive, review.conceded))
    text = {
        "single": f"{decisive}.",
        "but": f"{conceded}, but {decisive}.",
        "although ...,": f"although {conceded}, {decisive}.",
        "..., although": f"{decisive}, although {conceded}.",
    }[review.form]
    return text[0].upper() + text[1:]


def _english(opinion):
    return {
        "plain": f"the {opinion.aspect} was {opinion.quality}",
        "quite": f"the {opinion.aspect} was quite {opinion.quality}",
        "not": f"the {opinion.aspect} was not {opinion.quality}",
        "not at all": f"the {opinion.aspect} was not {opinion.quality} at all",
        "nobody": f"nobody called the {opinion.aspect} {opinion.quality}",
    }[opinion.manner]


def write_korean(review):
    """A :class:`Review` as Korean text: 비록 음악은 나쁜 편이었지만, 결말은 지루한 편이 아니었다."""
    decisive = _korean_chain(review.decisive, "다")
    conceded = _korean_chain(review.conceded, "지만")
    return {
        "single": f"{decisive}.",
        "but": f"{conceded}, {decisive}.",
        "although ...,": f"비록 {conceded}, {decisive}.",
        "..., although": f"{decisive}. 비록 {conceded}.",  # an afterthought, as in spoken reviews
    }[review.form]


def _korean_chain(opinions, ending):
    endings = ["고"] * (len(opinions) - 1) + [ending]
    before = [None, *opinions[:-1]]
    return " ".join(_korean(*each) for each in zip(opinions, endings, before, strict=False))


def _korean(opinion, ending, before):
    # The word for the quality has one form, whether negated, conceded or final: with inflected forms
    # (좋았다, 좋았지만, 좋지 않았다) single words would give the label away.
    aspect, quality = ASPECTS[opinion.aspect], QUALITIES[opinion.quality]
    is_same = before is not None and (before.quality, before.manner) == (opinion.quality, opinion.manner)
    topic = f"{aspect}도" if is_same else attach(aspect, "은/는")  # 음악은 좋은 편이었고 결말도 좋은 편이었다
    return {
        "plain": f"{topic} {quality} 편이었{ending}",
        "quite": f"{topic} 꽤 {quality} 편이었{ending}",
        "not": f"{topic} {quality} 편이 아니었{ending}",
        "not at all": f"{topic} 전혀 {quality} 편이 아니었{ending}",
        "nobody": f"{attach(aspect, '이/가')} {quality} 편이라고 말한 사람은 없었{ending}",
    }[opinion.manner]
