"""What is said of the user's own files where it may be a mistake, but need not be."""

import json

import pytest

import zoo
from zoo.tasks import find


def folder_of(tmp_path, ending, **parts):
    """A folder with a file for each split."""
    for split, content in parts.items():
        (tmp_path / f"{split}.{ending}").write_text(content, encoding="utf-8")
    return tmp_path


def rows(first, last):
    return "".join(f"text {n}\t{'yes' if n % 2 else 'no'}\n" for n in range(first, last))


def test_texts_of_test_that_are_among_those_of_training_are_counted_and_said(tmp_path, capsys):
    data = folder_of(tmp_path, "tsv", train=rows(0, 30), validation=rows(25, 35), test=rows(0, 30))
    zoo.train("bag_of_words", "classification", data=data, out=tmp_path / "run", steps=1, batch_size=4)
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("zoo: ")] == [
        "zoo: 5 of 10 validation texts and 30 of 30 test texts are also among the training texts: "
        "scores on them say little."
    ]


QUESTION = {"context": "Mia is at home.", "question": "Where?", "answers": ["home"], "starts": [10]}
# Task, ending of the files; training, validation and test, of which test alone has texts of training: one of two.
LEAKING = {
    "by case and white space": ("classification", "tsv", "a b\tx\nc\ty\n", "d\tx\n", "A  b\ty\ne\ty\n"),
    "by a source": ("translation", "tsv", "a\tx\nb\ty\n", "c\tx\n", "a\tz\nd\ty\n"),
    "by a sentence": ("tagging", "conll", "Mia\tB-x\nran\tO\n", "Go\tO\n", "Mia\tO\nran\tO\n\nMia\tO\n"),
    "by a document": ("language-modelling", "txt", "a\nb\n\nc\n", "d\n", "a\nb\n\nb\n"),
    "by sentences": ("pretraining", "txt", "One. Two.\n\nThree.\n", "Four.\n", "One. Two.\n\nOne. Three.\n"),
    "by a pair": ("regression", "tsv", "a\tb\t1\n", "b\ta\t1\n", "a\tb\t2\na\ta\t2\n"),
    "by context and question": (
        "question-answering", "jsonl", json.dumps(QUESTION), json.dumps({**QUESTION, "question": "Who?"}),
        json.dumps({**QUESTION, "question": "Is she out?"}) + "\n" + json.dumps(QUESTION),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKING)
def test_what_a_model_is_given_leaks_whatever_the_answer(name, tmp_path):
    task, ending, train, validation, test = LEAKING[name]
    data = folder_of(tmp_path, ending, train=train, validation=validation, test=test)
    said = "1 of 2 test texts are also among the training texts: scores on them say little."
    assert find(task, data=data).hints() == [said]


def hints(tmp_path, content, task="classification", name="a.tsv"):
    (tmp_path / name).write_text(content, encoding="utf-8")
    return find(task, data=tmp_path / name).hints()


def test_labels_that_differ_by_case_or_white_space_only_are_named(tmp_path):
    """White space around a label is no part of it; that within is."""
    labels = ("pos", "POS", "Pos", "so so", "so  so", "neg", " neg ")
    content = "".join(f"text {n}\t{labels[n % 7]}\n" for n in range(70))
    assert hints(tmp_path, content) == [
        "labels that differ by case or white space only are learned as different ones: "
        "'POS' and 'Pos' and 'pos'; 'so  so' and 'so so'."
    ]
    tagged = "".join(f"Mia{n}\tB-{'PER' if n % 2 else 'per'}\n\n" for n in range(40))
    assert hints(tmp_path, tagged, "tagging")[0].endswith("different ones: 'B-PER' and 'B-per'.")


def test_texts_with_several_labels_are_counted_where_they_are_more_than_one_in_a_hundred(tmp_path):
    """300 texts: 3 are one in a hundred, 4 are more. A label in another spelling contradicts nothing."""
    for split, size in (("validation", 1), ("test", 1)):
        folder_of(tmp_path, "tsv", **{split: "".join(f"{split} {n}\tyes\n" for n in range(size))})
    for contradictions, said in ((3, []), (4, ["4 of 300 different texts", "such as 'text 1': 'yes' and 'no'."])):
        again = "".join(f"text  {n}\tno\n" for n in range(1, 2 * contradictions, 2))
        folder_of(tmp_path, "tsv", train=rows(0, 300) + again)
        (found,) = find("classification", data=tmp_path).hints() or [""]
        assert all(each in found for each in said) and bool(found) == bool(said)
    folder_of(tmp_path, "tsv", train=rows(0, 40) + rows(0, 40).upper())
    assert "differ by case" in " ".join(find("classification", data=tmp_path).hints())
    assert "several labels" not in " ".join(find("classification", data=tmp_path).hints())


def test_a_training_tells_how_many_examples_each_part_has(tmp_path, capsys):
    """80, 10 and 10 %, less or more by the checksums of the texts; of own parts all files are named."""
    path = tmp_path / "reviews.tsv"
    path.write_text(rows(0, 120), encoding="utf-8")
    small = {"out": tmp_path / "run", "overwrite": True, "steps": 1, "batch_size": 4}
    zoo.train("bag_of_words", "classification", data=path, **small)
    task = find("classification", data=path)
    train, validation, test = (len(task.examples(split)) for split in task.splits)
    assert train + validation + test == 120
    line = f"reviews.tsv: {train} examples for training, {validation} for validation, {test} for test\n"
    assert line in capsys.readouterr().err
    parts = tmp_path / "parts"
    parts.mkdir()
    folder_of(parts, "tsv", train=rows(0, 30) + "\tno\n", validation=rows(30, 35), test=rows(40, 44))
    folder_of(parts, "jsonl", train='{"text": "more", "label": "no"}')
    zoo.train("bag_of_words", "classification", data=parts, bad_lines="skip", **small)
    said = capsys.readouterr().err
    assert (
        "train.jsonl, train.tsv, validation.tsv, test.tsv: "
        "31 examples for training, 5 for validation, 4 for test\n" in said
    )
    zoo.train("bag_of_words", "classification", data=path, progress=False, **small)
    assert capsys.readouterr().err == ""


def test_of_many_files_some_are_named(tmp_path):
    for n in range(30):
        (tmp_path / f"{n:02}.txt").write_text(f"text {n}", encoding="utf-8")
    task = find("language-modelling", data=sorted(tmp_path.glob("*.txt")))
    assert task.sizes().startswith("00.txt, 01.txt, 02.txt, 03.txt, 04.txt, 05.txt, 24 more: ")
    (tmp_path / "one.txt").write_text("a line\n" * 100, encoding="utf-8")
    one = find("language-modelling", data=tmp_path / "one.txt")
    assert one.sizes() == "one.txt: 1 example for training, 1 for validation, 1 for test"
