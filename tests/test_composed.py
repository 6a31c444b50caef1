"""Hangul in parts (NFD), as files from macOS may hold it, is what it looks like: the same text, the same label."""

import json
import unicodedata

import pytest

from zoo.composed import composed, composed_place
from zoo.records import records_of
from zoo.tasks import find

TEXT, LABEL = "재미있는 영화 é", "긍정"


def parts(text):
    return unicodedata.normalize("NFD", text)


def test_texts_are_composed_wherever_they_stand():
    assert parts(TEXT) != TEXT
    assert composed({"text": parts(TEXT), "tags": (parts(LABEL), [parts(TEXT)]), "starts": [3]}) == {
        "text": TEXT, "tags": (LABEL, [TEXT]), "starts": [3]
    }  # fmt: skip
    assert composed_place(parts(TEXT), parts(TEXT).index(" ")) == TEXT.index(" ")


def test_what_is_asked_is_composed():
    assert records_of(parts(TEXT), ["text"]) == [{"text": TEXT}]


def test_labels_and_texts_of_ones_own_are_composed_and_equal_texts_stay_together(tmp_path):
    file = tmp_path / "reviews.tsv"
    lines = [f"{form(f'{TEXT} {i}')}\t{form(LABEL if i % 2 else '부정')}\n" for i in range(30) for form in (str, parts)]
    file.write_text("".join(lines), encoding="utf-8")
    task = find("classification", data=file)
    texts = {split: {example["text"] for example in task.examples(split)} for split in task.splits}
    assert {example["label"] for split in task.splits for example in task.examples(split)} == {LABEL, "부정"}
    assert len(set.union(*texts.values())) == sum(map(len, texts.values())) == 30


@pytest.mark.parametrize("form", [str, parts])
def test_answers_stand_where_they_stand_in_the_composed_context(tmp_path, form):
    file = tmp_path / "questions.jsonl"
    records = []
    for i in range(30):
        context = form(f"이순신은 {1592 + i}년에 이겼다.")
        answer = form(f"{1592 + i}년")
        record = {"context": context, "question": form("언제?"), "answers": [answer], "starts": [context.index(answer)]}
        records.append(json.dumps(record, ensure_ascii=False))
    file.write_text("\n".join(records), encoding="utf-8")
    task = find("question-answering", data=file)
    for example in task.examples("train"):
        (start,), (answer,) = example["starts"], example["answers"]
        assert start == 5 and example["context"][5 : 5 + len(answer)] == answer and len(answer) == 5


@pytest.mark.parametrize("kind", ["language-modelling", "pretraining"])
def test_documents_are_composed(tmp_path, kind):
    file = tmp_path / "stories.txt"
    file.write_text("\n\n".join(parts(f"{TEXT} {i}.\n{TEXT}.") for i in range(30)), encoding="utf-8")
    assert parts("재미") not in json.dumps(find(kind, data=file).examples("train"), ensure_ascii=False)
