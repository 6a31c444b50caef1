"""The words of the tiny world, in English and in Korean.

The key of an entry is its English word. Korean nouns stand here without their
particles, which depend on the last syllable (:mod:`zoo.world.korean`); the
forms of each Korean verb are written out, because many are irregular.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    korean: str
    pronoun: str  # English only: Korean leaves a known subject out


@dataclass(frozen=True)
class Place:
    korean: str
    preposition: str  # "in" the garden, but "at" the station


@dataclass(frozen=True)
class Thing:
    korean: str
    kind: str  # "food", "reading", "container" or "object": which verbs and adjectives suit it


@dataclass(frozen=True)
class Verb:
    """The forms of one verb.

    Args:
        base, past: English, "go" and "went".
        stem: Korean, before -지 않았다 (did not) and -기 전에 (before).
        past_stem: before -다 (end), -고 (and), -지만 (but), -기 때문에 (because).
        adnominal: before a noun, 안나가 산 책 "the book that Anna bought", and before 뒤에 (after).
        sequence: "did this and then ..."; None where that sounds odd.
        preposition: English, before the place; None takes the place's own.
        particle: Korean, behind the place.
    """

    base: str
    past: str
    stem: str
    past_stem: str
    adnominal: str
    sequence: str | None = None
    preposition: str | None = None
    particle: str = "에서"


PEOPLE = {
    "Minsu": Person("민수", "he"),
    "Jieun": Person("지은", "she"),
    "Anna": Person("안나", "she"),
    "Tom": Person("톰", "he"),
    "Paul": Person("폴", "he"),
    "Yuna": Person("유나", "she"),
    "Junho": Person("준호", "he"),
    "Sujin": Person("수진", "she"),
    "Ben": Person("벤", "he"),
    "Emma": Person("엠마", "she"),
}

PLACES = {
    "kitchen": Place("부엌", "in"),
    "garden": Place("정원", "in"),
    "school": Place("학교", "at"),
    "park": Place("공원", "in"),
    "library": Place("도서관", "in"),
    "market": Place("시장", "at"),
    "classroom": Place("교실", "in"),
    "station": Place("역", "at"),
    "museum": Place("박물관", "in"),
    "forest": Place("숲", "in"),
}

THINGS = {
    "apple": Thing("사과", "food"),
    "egg": Thing("달걀", "food"),
    "cake": Thing("케이크", "food"),
    "melon": Thing("멜론", "food"),
    "book": Thing("책", "reading"),
    "letter": Thing("편지", "reading"),
    "ball": Thing("공", "object"),
    "doll": Thing("인형", "object"),
    "hat": Thing("모자", "object"),
    "key": Thing("열쇠", "object"),
    "cup": Thing("컵", "object"),
    "pencil": Thing("연필", "object"),
    "umbrella": Thing("우산", "object"),
    "box": Thing("상자", "container"),
    "bag": Thing("가방", "container"),
    "basket": Thing("바구니", "container"),
}

# Size and age stand before colour, in both languages.
QUALITIES = {"big": "큰", "small": "작은", "new": "새", "old": "낡은", "pretty": "예쁜"}
COLOURS = {"red": "빨간", "blue": "파란", "yellow": "노란", "white": "하얀", "black": "검은"}
ADJECTIVES = QUALITIES | COLOURS
FOOD_QUALITIES = ("big", "small")  # 낡은 is worn out: no word for an apple
FOOD_COLOURS = ("red", "yellow", "white")

TIMES = {"yesterday": "어제", "in the morning": "아침에", "in the evening": "저녁에", "at night": "밤에"}

VERBS = {
    # motion
    "go": Verb("go", "went", "가", "갔", "간", "가서", "to", "에"),
    "run": Verb("run", "ran", "달려가", "달려갔", "달려간", "달려가서", "to", "(으)로"),
    "leave": Verb("leave", "left", "나오", "나왔", "나온", "나와서", "", "에서"),
    # with a thing
    "pick up": Verb("pick up", "picked up", "집어 들", "집어 들었", "집어 든", "집어 들고"),
    "put down": Verb("put down", "put down", "내려놓", "내려놓았", "내려놓은", "내려놓고"),
    "drop": Verb("drop", "dropped", "떨어뜨리", "떨어뜨렸", "떨어뜨린", "떨어뜨리고"),
    "find": Verb("find", "found", "찾", "찾았", "찾은", "찾고"),
    "lose": Verb("lose", "lost", "잃어버리", "잃어버렸", "잃어버린", "잃어버리고"),
    "buy": Verb("buy", "bought", "사", "샀", "산", "사고"),
    "eat": Verb("eat", "ate", "먹", "먹었", "먹은", "먹고"),
    "read": Verb("read", "read", "읽", "읽었", "읽은", "읽고"),
    "give": Verb("give", "gave", "주", "주었", "준", "주고"),
    "put": Verb("put", "put", "넣", "넣었", "넣은", "넣고"),
    # with a person
    "see": Verb("see", "saw", "보", "보았", "본", "보고"),
    "meet": Verb("meet", "met", "만나", "만났", "만난", "만나고"),
    "help": Verb("help", "helped", "도와주", "도와주었", "도와준", "도와주고"),
    "wait for": Verb("wait for", "waited for", "기다리", "기다렸", "기다린"),
    # alone
    "sleep": Verb("sleep", "slept", "자", "잤", "잔"),
    "play": Verb("play", "played", "놀", "놀았", "논", "놀고"),
    "cry": Verb("cry", "cried", "울", "울었", "운"),
    "laugh": Verb("laugh", "laughed", "웃", "웃었", "웃은"),
    "dance": Verb("dance", "danced", "춤을 추", "춤을 추었", "춤을 춘"),
    "sing": Verb("sing", "sang", "노래하", "노래했", "노래한"),
    # feelings
    "be happy": Verb("be happy", "was happy", "기쁘", "기뻤", "기쁜"),
    "be sad": Verb("be sad", "was sad", "슬프", "슬펐", "슬픈"),
    "be hungry": Verb("be hungry", "was hungry", "배가 고프", "배가 고팠", "배가 고픈"),
    "be tired": Verb("be tired", "was tired", "피곤하", "피곤했", "피곤한"),
    "be angry": Verb("be angry", "was angry", "화가 나", "화가 났", "화가 난"),
    "be bored": Verb("be bored", "was bored", "심심하", "심심했", "심심한"),
    "be cold": Verb("be cold", "was cold", "춥", "추웠", "추운"),
    # states
    "be": Verb("be", "was", "있", "있었", "있는", particle="에"),
    "have": Verb("have", "had", "가지고 있", "가지고 있었", "가지고 있는"),
}

MOTIONS = ("go", "run", "leave")
WITH_A_PERSON = ("see", "meet", "help", "wait for")
ALONE = ("sleep", "play", "cry", "laugh", "dance", "sing")
FEELINGS = tuple(verb for verb in VERBS if verb.startswith("be "))
WITH_A_THING = {  # which verbs suit which kind of thing
    "food": ("pick up", "drop", "buy", "eat"),
    "reading": ("put down", "find", "lose", "read"),
    "object": ("pick up", "put down", "drop", "buy", "find", "lose"),
    "container": ("pick up", "put down", "drop", "buy", "find", "lose"),
}
