"""Documents to sentences, and documents to parts of which each has several."""

import time

import pytest

from zoo.datasets.sentences import sentences, unwrapped
from zoo.tasks import find
from zoo.tasks._documents import divide_documents


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He left. She stayed! Why? No", ["He left.", "She stayed!", "Why?", "No"]),
        ("그는 갔다. 그녀도 갔다! 정말? 네", ["그는 갔다.", "그녀도 갔다!", "정말?", "네"]),
        ("그 영화는 2024. 5. 3. 개봉했다. 좋았다.", ["그 영화는 2024. 5. 3.", "개봉했다.", "좋았다."]),
        ("It was 1990. 20 years later 1969. 1970 ran.", ["It was 1990.", "20 years later 1969.", "1970 ran."]),
        ("吾輩は猫である。名前はまだ無い。", ["吾輩は猫である。", "名前はまだ無い。"]),
        ("Mr. Smith met J. Doe at 3.14 p. He left.", ["Mr. Smith met J. Doe at 3.14 p.", "He left."]),
        ('"Oh!" he said. (Yes.) Wait... what?!', ['"Oh!"', "he said.", "(Yes.)", "Wait...", "what?!"]),
        ("one line\n\n another line \n", ["one line", "another line"]),
        (" \n\t\n", []),
    ],
)
def test_line_ends_and_end_marks_end_a_sentence(text, expected):
    assert sentences(text) == expected


def test_lines_wrapped_for_print_are_joined_and_others_are_not():
    line = "It is a truth universally acknowledged, that a single man in"
    more = "possession of a good fortune, must be in want of a wife. However"
    wrapped = f"{line}\n{more}\nlittle known the feelings\n\nThe end."
    assert unwrapped(wrapped).split("\n")[-1] == "The end."
    assert sentences(unwrapped(wrapped))[0].startswith(f"{line} possession of")
    for kept in ("짧은 줄\n또 짧은 줄\n셋째 줄", "One sentence on this line.\nAnother one on the next.\nA third."):
        assert unwrapped(kept) == kept


@pytest.mark.parametrize("part", ["가나다라", ".", '"', '!")', " \n", "\n", '."', "A. ", "a. "])
def test_a_megabyte_on_one_line_takes_no_time_to_speak_of(part):
    text = part * (1_000_000 // len(part))
    started = time.process_time()
    sentences(text), unwrapped(text)
    assert time.process_time() - started < 10  # what is quadratic takes hours


def test_few_documents_are_cut_and_many_are_dealt_out_whole():
    few = [{"sentences": [f"{d} {s}" for s in range(20)]} for d in range(3)]
    parts = divide_documents(few, "few")
    assert {name: [len(each["sentences"]) for each in part] for name, part in parts.items()} == {
        "train": [16] * 3, "validation": [2] * 3, "test": [2] * 3,
    }  # fmt: skip
    many = [{"sentences": [f"{d} {s}" for s in range(4)]} for d in range(200)]
    parts = divide_documents(many, "many")
    assert sorted((each for part in parts.values() for each in part), key=str) == sorted(many, key=str)
    assert min(map(len, parts.values())) > 1


def test_documents_of_a_folder_and_of_one_file(tmp_path):
    for name, text in {"a.txt": "One. Two.\n\nThree. Four. Five. Six.", "b.txt": "하나. 둘. 셋. 넷. 다섯."}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    of_folder = find("pretraining", data=tmp_path).all_examples()
    assert [example["sentences"][0] for example in of_folder] == ["One.", "하나."]
    assert len(of_folder[0]["sentences"]) == 6
    of_file = find("pretraining", data=tmp_path / "a.txt").all_examples()
    assert [example["sentences"] for example in of_file] == [["One.", "Two."], ["Three.", "Four.", "Five.", "Six."]]
