"""The tiny world: its Korean is correct, and its labels follow from its state."""

import pytest

from zoo.tasks.tiny_inference import judge
from zoo.tasks.tiny_names import Filled, tagged
from zoo.tasks.tiny_sentiment import Opinion, Review, write_english, write_korean
from zoo.world import english, korean
from zoo.world.korean import attach, final_consonant
from zoo.world.meaning import Event, Fact, Phrase, Sentence, Unit, sentence
from zoo.world.simulation import World, write

# -- Korean ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "particle", "right"),
    [line.split() for line in """
        민수 은/는 민수는 | 수진 은/는 수진은 | 폴 은/는 폴은 | 톰 은/는 톰은 | 안나 은/는 안나는
        사과 이/가 사과가 | 책 이/가 책이 | 연필 이/가 연필이 | 의자 이/가 의자가 | 빵 이/가 빵이
        사과 을/를 사과를 | 공 을/를 공을 | 달걀 을/를 달걀을 | 모자 을/를 모자를 | 꽃 을/를 꽃을
        학교 (으)로 학교로 | 정원 (으)로 정원으로 | 교실 (으)로 교실로 | 부엌 (으)로 부엌으로 | 숲 (으)로 숲으로
        서울 (으)로 서울로 | 역 (으)로 역으로 | 민수 과/와 민수와 | 톰 과/와 톰과 | 폴 과/와 폴과
        민수 아/야 민수야 | 수진 아/야 수진아 | 폴 아/야 폴아 | 톰 에게 톰에게 | 교실 에서 교실에서
        의사 (이)다 의사다 | 선생님 (이)다 선생님이다
        """.replace("\n", "|").split("|") if line.strip()],
)  # fmt: skip
def test_particles_follow_the_final_consonant(word, particle, right):
    assert attach(word, particle) == right


def test_final_consonants():
    # 가 has none, 각 the first (ㄱ), 갈 the 8th (ㄹ), 강 the 21st (ㅇ), 힣 the last of 27 (ㅎ).
    assert [final_consonant(word) for word in ("가", "각", "갈", "강", "힣")] == [0, 1, 8, 21, 27]
    with pytest.raises(ValueError, match="Hangul"):
        attach("Anna", "은/는")


BALL = Phrase("ball", ("big", "red"), "Anna", "lose")


@pytest.mark.parametrize(
    ("meaning", "in_english", "in_korean"),
    [
        (sentence(Event("go", "Minsu", where="garden")), "Minsu went to the garden.", "민수는 정원에 갔다."),
        (sentence(Event("run", "Paul", where="classroom")), "Paul ran to the classroom.", "폴은 교실로 달려갔다."),
        (
            sentence(Event("give", "Sujin", what=Phrase("cup", ("new", "white")), whom="Tom", when="in the evening")),
            "Sujin gave the new white cup to Tom in the evening.",
            "수진은 저녁에 톰에게 하얀 새 컵을 주었다.",
        ),
        (
            sentence(Event("find", "Ben", what=BALL)),
            "Ben found the big red ball that Anna lost.",
            "벤은 안나가 잃어버린 큰 빨간 공을 찾았다.",
        ),
        (
            sentence(Event("sleep", "Anna", where="park", negated=True)),
            "Anna did not sleep in the park.",
            "안나는 공원에서 자지 않았다.",
        ),
        (sentence(Event("be cold", "Tom", negated=True)), "Tom was not cold.", "톰은 춥지 않았다."),
        (
            sentence(Event("be", what=Phrase("apple"), where="forest")),
            "There was an apple in the forest.",
            "숲에 사과가 있었다.",
        ),
        (
            Sentence((Unit(Event("eat", "Emma", what=Phrase("egg")), "because", Event("be hungry", "Emma")),)),
            "Emma ate the egg because she was hungry.",
            "엠마는 배가 고팠기 때문에 달걀을 먹었다.",
        ),
        (
            Sentence((Unit(Event("be angry", "Junho"), "because", Event("lose", "Yuna", what=Phrase("key"))),)),
            "Junho was angry because Yuna lost the key.",
            "유나가 열쇠를 잃어버렸기 때문에 준호는 화가 났다.",
        ),
        (
            Sentence(
                (Unit(Event("read", "Minsu", what=Phrase("book")), "after", Event("leave", "Jieun", where="school")),)
            ),
            "Minsu read the book after Jieun left the school.",
            "지은이 학교에서 나온 뒤에 민수는 책을 읽었다.",
        ),
        (
            Sentence((Unit(Event("play", "Minsu", where="park"), "before", Event("meet", "Minsu", whom="Paul")),)),
            "Minsu played in the park before he met Paul.",
            "민수는 폴을 만나기 전에 공원에서 놀았다.",
        ),
        (
            Sentence(
                (
                    Unit(Event("go", "Anna", where="market"), "and", Event("buy", "Anna", what=Phrase("hat"))),
                    Unit(Event("be tired", "Anna")),
                    Unit(Event("put", "Tom", what=Phrase("letter"), into="bag")),
                ),
                ("but", "and"),
            ),
            "Anna went to the market and bought the hat, but she was tired, and Tom put the letter in the bag.",
            "안나는 시장에 가서 모자를 샀지만, 피곤했고, 톰은 편지를 가방에 넣었다.",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_one_meaning_in_two_languages(meaning, in_english, in_korean):
    assert english.write(meaning) == in_english
    assert korean.write(meaning) == in_korean


def test_stories_say_he_too_and_leave_known_subjects_out():
    events = [
        Event("go", "Tom", where="park"),
        Event("be tired", "Tom"),
        Event("go", "Anna", where="station"),
        Event("go", "Tom", where="station"),
    ]
    assert write(events, english) == [
        "Tom went to the park.",
        "He was tired.",
        "Anna went to the station.",
        "Tom went to the station, too.",
    ]
    assert write(events, korean) == ["톰은 공원에 갔다.", "피곤했다.", "안나는 역에 갔다.", "톰도 역에 갔다."]


# -- labels ----------------------------------------------------------------------------------------------------------


def told(*events):
    world = World()
    for event in events:
        world.tell(event)
    return world


APPLE = Phrase("apple")
CARRIED = told(  # Minsu takes the apple from the garden to the kitchen and gives it to Anna
    Event("go", "Minsu", where="garden"),
    Event("pick up", "Minsu", what=APPLE),
    Event("go", "Anna", where="kitchen"),
    Event("go", "Minsu", where="kitchen"),
    Event("give", "Minsu", what=APPLE, whom="Anna"),
)


@pytest.mark.parametrize(
    ("fact", "label"),
    [
        (Fact("Minsu", "in", "kitchen"), "entailed"),
        (Fact("Minsu", "in", "garden"), "contradicted"),
        (Fact("Minsu", "in", "garden", negated=True), "entailed"),
        (Fact("Tom", "in", "garden"), "neutral"),
        (Fact("Tom", "in", "garden", negated=True), "neutral"),
        (Fact("apple", "in", "kitchen"), "entailed"),
        (Fact("apple", "in", "kitchen", negated=True), "contradicted"),
        (Fact("Anna", "has", "apple"), "entailed"),
        (Fact("Minsu", "has", "apple"), "contradicted"),
        (Fact("Minsu", "has", "apple", negated=True), "entailed"),
        (Fact("Minsu", "has", "key"), "neutral"),
    ],
)
def test_what_follows_from_a_story(fact, label):
    assert judge(CARRIED, fact) == label


def test_where_a_thing_is_its_last_bearer_tells():
    world = told(
        Event("go", "Minsu", where="garden"),
        Event("pick up", "Minsu", what=APPLE),
        Event("go", "Minsu", where="kitchen"),
        Event("go", "Anna", where="garden"),
    )
    assert world.place_of("apple") == ("kitchen", 2)  # not the garden, though it is named first and last


def test_a_thing_put_down_stays():
    world = told(*CARRIED.events, Event("put down", "Anna", what=APPLE), Event("go", "Anna", where="park"))
    assert world.place_of("apple") == ("kitchen", 2)  # told by Anna's way to the kitchen
    assert judge(world, Fact("Anna", "has", "apple")) == "contradicted"


@pytest.mark.parametrize(
    ("review", "text", "in_korean", "label"),
    [
        (Review((Opinion("plot", "bad", "not"),)), "The plot was not bad.", "줄거리는 나쁜 편이 아니었다.", "positive"),
        (
            Review((Opinion("ending", "awful", "plain"),), (Opinion("music", "good", "plain"),), "but"),
            "The music was good, but the ending was awful.",
            "음악은 좋은 편이었지만, 결말은 형편없는 편이었다.",
            "negative",
        ),
        (
            Review((Opinion("ending", "good", "quite"),), (Opinion("music", "good", "not at all"),), "although ...,"),
            "Although the music was not good at all, the ending was quite good.",
            "비록 음악은 전혀 좋은 편이 아니었지만, 결말은 꽤 좋은 편이었다.",
            "positive",
        ),
        (
            Review((Opinion("film", "fresh", "nobody"),), (Opinion("acting", "boring", "not"),), "..., although"),
            "Nobody called the film fresh, although the acting was not boring.",
            "영화가 신선한 편이라고 말한 사람은 없었다. 비록 연기는 지루한 편이 아니었지만.",
            "negative",
        ),
        (
            Review((Opinion("opening", "fresh", "plain"), Opinion("ending", "fresh", "plain")), (), "single"),
            "The opening was fresh and the ending was fresh.",
            "도입부는 신선한 편이었고 결말도 신선한 편이었다.",
            "positive",
        ),
    ],
)  # fmt: skip
def test_negation_and_contrast_decide_the_sentiment(review, text, in_korean, label):
    assert (write_english(review), write_korean(review), review.label) == (text, in_korean, label)


def test_a_name_is_what_the_sentence_makes_of_it():
    sentences = (
        Filled("P took the T to L .", (("Rose", "Park"), ("rose",), ("Rose", "Park"))),
        Filled("P:은/는 C:에서 T:을/를 샀다 .", (("진주",), ("진주",), ("진주",))),
    )
    result = tagged(sentences)
    assert " ".join(result["tokens"]) == "Rose Park took the rose to Rose Park . 진주는 진주에서 진주를 샀다 ."
    assert " ".join(result["tags"]) == "B-PER I-PER O O O O B-LOC I-LOC O B-PER B-LOC O O O"
