"""Real corpora: published sizes, disjoint splits, known lines. Needs ZOO_DATA; nothing is downloaded here."""

import os

import pytest

from zoo.datasets.files import locate
from zoo.tasks import find
from zoo.tasks.wnut17 import _FILES

pytestmark = pytest.mark.skipif(not os.environ.get("ZOO_DATA"), reason="ZOO_DATA is not set")

# Published by the authors of the corpora (papers and READMEs), in the order of the splits.
OFFICIAL = {
    "multi30k": (29_000, 1_014, 1_000),
    "multi30k:en-fr": (29_000, 1_014, 1_000),
    "multi30k:fr-de": (29_000, 1_014, 1_000),
    "sst2": (6_920, 872, 1_821),
    "sick": (4_500, 500, 4_927),
    "sick-relatedness": (4_500, 500, 4_927),
    "korsts": (5_749, 1_500, 1_379),
    "wnut17": (3_394, 1_009, 1_287),
}


@pytest.mark.parametrize("name", OFFICIAL)
def test_official_splits_have_their_published_sizes(name):
    task = find(name)
    assert tuple(len(task.examples(split)) for split in task.splits) == OFFICIAL[name]


def test_multi30k_pairs_belong_together():
    first = find("multi30k").examples("train")[0]
    assert first == {
        "source": "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.",
        "target": "Two young, White males are outside near many bushes.",
    }
    assert find("multi30k:en-de").examples("train")[0] == {"source": first["target"], "target": first["source"]}
    assert find("multi30k:fr-en").examples("test")[0] == {
        "source": "Un homme avec un chapeau orange regardant quelque chose.",
        "target": "A man in an orange hat starring at something.",
    }


def test_shakespeare_is_cut_where_nanogpt_cuts_it():
    task = find("shakespeare")
    assert task.splits == ("train", "validation")
    (train,), (validation,) = task.examples("train"), task.examples("validation")
    assert (len(train["text"]), len(validation["text"])) == (1_003_854, 111_540)
    assert len(set(train["text"] + validation["text"])) == 65
    assert train["text"].startswith("First Citizen:\nBefore we proceed any further, hear me speak.")


def test_nsmc_keeps_all_of_test_and_drops_five_empty_reviews_of_training():
    task = find("nsmc")
    train, validation, test = (task.examples(split) for split in task.splits)
    assert len(train) + len(validation) == 150_000 - 5
    assert (len(train), len(validation)) == (142_711, 7_284)  # as its docstring says
    assert len(test) == 50_000
    assert sum(not example["text"] for example in test) == 3
    assert not any(not example["text"] for example in train + validation)
    assert not {example["text"] for example in train} & {example["text"] for example in validation}
    assert {example["label"] for example in train} == {"negative", "positive"}
    # Published: 100,000 reviews of each class; two of the five that are dropped were positive.
    assert sum(example["label"] == "positive" for example in train + validation + test) == 100_000 - 2
    published = {example["text"] for example in train + validation} | {""}
    assert sum(example["text"] in published for example in test) == 1_571  # as the docstring says
    assert test[0] == {"text": "굳 ㅋ", "label": "positive"}


def test_sst2_labels_are_the_right_way_round():
    first = find("sst2").examples("train")[0]
    assert first["text"].startswith("a stirring , funny and finally transporting re imagining")
    assert first["label"] == "positive"


def test_wnut17_has_its_six_types_and_no_broken_stretch():
    task = find("wnut17")
    for split in task.splits:
        examples = task.examples(split)
        types = {tag[2:] for example in examples for tag in example["tags"] if tag != "O"}
        assert types == {"corporation", "creative-work", "group", "location", "person", "product"}
        assert all(len(example["tokens"]) == len(example["tags"]) for example in examples)
        content = locate("wnut17", _FILES[split]).read_bytes()
        assert sum(tag[0] == "B" for example in examples for tag in example["tags"]) == content.count(b"\tB-")
        assert sum(len(example["tokens"]) for example in examples) == sum(
            1 for line in content.split(b"\n") if line.strip()
        )


# Examples in all splits, as published, of tasks that divide a published part; what the parts share is nothing.
DIVIDED = {
    "banking77": 10_003 + 3_080, "kornli": 2_490 + 5_010, "klue-ner": 5_000, "korquad": 5_774, "wikitext": 60 + 62,
}  # fmt: skip


@pytest.mark.parametrize("name", [*DIVIDED, "squad", "books", "addresses"])
def test_divided_corpora_share_nothing_and_have_the_sizes_that_are_told(name):
    task = find(name)
    parts = [task.examples(split) for split in task.splits]
    assert sum(map(len, parts)) == DIVIDED.get(name, sum(map(len, parts)))
    for size in map(len, parts):
        assert f"{size:,}" in type(task).__doc__ or name == "books"  # six books, in three parts each
    keys = ("context", "text", "tokens", "sentences")
    train, validation, test = ({str(e[key]) for e in part for key in keys if key in e} for part in parts)
    assert not train & validation
    assert len((train | validation) & test) == (name == "kornli")  # a premise that its publishers have in both


def test_banking77_has_77_intents_in_each_part():
    task = find("banking77")
    assert all(len({example["label"] for example in task.examples(split)}) == 77 for split in task.splits)


def test_scores_of_korsts_and_sick_are_on_their_scales():
    for name, low, high in (("korsts", 0, 5), ("sick-relatedness", 1, 5)):
        scores = [example["score"] for split in find(name).splits for example in find(name).examples(split)]
        assert (min(scores), max(scores)) == (low, high)


def test_klue_tags_characters_and_their_names_can_be_read():
    examples = [example for split in find("klue-ner").splits for example in find("klue-ner").examples(split)]
    assert {tag[2:] for example in examples for tag in example["tags"]} == {"", "DT", "LC", "OG", "PS", "QT", "TI"}
    first = next(e for e in examples if "".join(e["tokens"]).startswith("경찰은 또 성매매"))
    # As KLUE writes it in the comment above: <경찰:OG>은 또 성매매 알선 자금을 관리한 <박:PS>씨의 딸(<32:QT>)과 ...
    named, text = [], "".join(first["tokens"])
    for place, tag in enumerate(first["tags"]):
        if tag[0] == "B":
            named.append([text[place], tag[2:]])
        elif tag[0] == "I":
            named[-1][0] += text[place]
    assert named == [["경찰", "OG"], ["박", "PS"], ["32", "QT"], ["김", "PS"], ["33", "QT"], ["16명", "QT"]]


@pytest.mark.parametrize("name", ["squad", "korquad"])
def test_answers_of_published_questions_stand_where_they_start(name):
    task = find(name)
    for example in (example for split in task.splits for example in task.examples(split)):
        for answer, start in zip(example["answers"], example["starts"], strict=True):
            assert example["context"][start : start + len(answer)] == answer


def test_documents_for_pretraining_have_neither_licences_nor_headings():
    task = find("books")
    books = [sentence for split in task.splits for book in task.examples(split) for sentence in book["sentences"]]
    assert not any("Project Gutenberg" in sentence for sentence in books)
    assert any(sentence.startswith("To Sherlock Holmes she is always THE woman") for sentence in books)
    wiki = [sentence for example in find("wikitext").examples("test") for sentence in example["sentences"]]
    assert not any(sentence.startswith("=") for sentence in wiki)


@pytest.mark.parametrize("name, total", [("tatoeba:en-fr", 167_130), ("tatoeba:ko-en", 3_798)])
def test_tatoeba_splits_share_no_sentence_on_either_side(name, total):
    task = find(name)
    parts = {split: task.examples(split) for split in task.splits}
    assert sum(map(len, parts.values())) == total
    for size in map(len, parts.values()):
        assert f"{size:,}" in type(task).__doc__
    for side in ("source", "target"):
        train, validation, test = ({example[side] for example in parts[split]} for split in task.splits)
        assert not train & validation and not train & test and not validation & test


def test_tatoeba_directions_mirror_each_other():
    there, back = find("tatoeba:en-ko").examples("test"), find("tatoeba:ko-en").examples("test")
    assert there == [{"source": example["target"], "target": example["source"]} for example in back]
    assert all(example["source"].isascii() for example in there[:50])


@pytest.mark.parametrize("name", ["squad_v11/dev-v1.1.reconstructed.json", "korquad1/KorQuAD_v1.0_dev.json"])
def test_squad_files_can_be_used_as_own_data(name):
    path = os.path.join(os.environ["ZOO_DATA"], name)
    if not os.path.exists(path):
        pytest.skip(f"ZOO_DATA holds no {name}")
    task = find("question-answering", data=path)
    examples = task.all_examples()
    assert len(examples) == {"squad": 10_570, "korqu": 5_774}[name[:5]]  # published numbers of questions
    train, test = task.examples("train"), task.examples("test")
    assert not {example["context"] for example in train} & {example["context"] for example in test}
