"""What people feed a model with: refused with file and line, or skipped and counted, never read as something else."""

import json

import numpy as np
import pytest

import zoo
from tests.command_line import document
from tests.command_line import zoo as command
from zoo.datasets import DataError
from zoo.kinds.classification import Classification
from zoo.registry import KINDS, UnknownNameError
from zoo.settings import SettingError
from zoo.tasks import find
from zoo.tokenizers import SPECIAL_TOKENS
from zoo.tokenizers.word import WordTokenizer

GOOD = [f"good {n}\tyes\n" for n in range(6)] + [f"bad {n}\tno\n" for n in range(6)]
QUESTION = {"context": "Mia is at home.", "question": "Where?", "answers": ["home"], "starts": [10]}
SMALL = {"steps": 2, "batch_size": 4, "settings": {"hidden_dim": 4}, "progress": False}


def lines(*records):
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


NOT_UTF8 = "byte 0xff is not valid UTF-8"
# Task, file, content with one bad line, its number, what is said of it, how many examples are left.
BAD = {
    "empty text": ("classification", "a.tsv", "good\tyes\n \tno\nbad\tno\n", 2, "'text' is ' '", 2),
    "a megabyte": ("classification", "a.tsv", f"good\tyes\n{'가' * 400_000}\tno\nbad\tno\n", 2, "400,000", 2),
    "a megabyte in a cell": ("classification", "a.csv", f'good,yes\n"{"가" * 400_000}",no\nbad,no\n', 2, "400,000", 2),
    "a first line that is none": ("classification", "a.tsv", "reviews\ngood\tyes\nbad\tno\n", 1, "1 column", 2),
    "a sentence that never ends": (
        "tagging", "a.jsonl", lines(*({"tokens": ["a"] * n, "tags": ["O"] * n} for n in (1, 100_001))), 2, "100,001", 1,
    ),
    "an answer that never ends": (
        "question-answering", "a.jsonl", lines(QUESTION, {**QUESTION, "answers": ["집" * 400_000]}), 2, "400,000", 1,
    ),
    "too few columns": ("classification", "a.tsv", "good\tyes\nbad\nbad\tno\n", 2, "1 column", 2),
    "no number": ("regression", "a.tsv", "good\t1\nbad\tlow\nbad\t0\n", 2, "'score' is 'low'", 2),
    "half a record": ("regression", "a.jsonl", lines({"text": "a", "score": 1}) + '{"text":\n', 2, "Expecting", 1),
    "other columns": ("tagging", "a.conll", "Mia\tB-x\n\nruns\nfar\tO\n\nhome\tO\n", 3, "1 column", 2),
    "no tag": ("tagging", "a.conll", "Mia\tB-x\n\nruns\tNOUN\nfar\tO\n\nhome\tO\n", 3, "tag 'NOUN'", 2),
    "answer elsewhere": (
        "question-answering", "a.jsonl", lines(QUESTION, {**QUESTION, "starts": [3]}, QUESTION), 2, "at character 3", 2,
    ),
    "answer nowhere": (
        "question-answering", "a.jsonl", lines(QUESTION, {**QUESTION, "answers": ["집에"]}), 2, "has 'ho'", 1,
    ),
    "no UTF-8 in a table": ("classification", "a.tsv", b"good\tyes\nb\xff\tno\nbad\tno\n", 2, NOT_UTF8, 2),
    "no UTF-8 in cells": ("classification", "a.csv", b'"go\nod",yes\n"b\nd\xff",no\nbad,no\n', 4, NOT_UTF8, 2),
    "no UTF-8 in a record": ("regression", "a.jsonl", b'{"text": "a", "score": 1}\n{"text": "\xff"}\n', 2, NOT_UTF8, 1),
    "no UTF-8 in a sentence": ("tagging", "a.conll", b"Mia\tB-x\n\nr\xff\tO\nfar\tO\n\nhome\tO\n", 3, NOT_UTF8, 2),
    "no UTF-8 in a document": ("language-modelling", "a.txt", b"a\n\nb\n\xff\nc\n\nd\n", 4, NOT_UTF8, 3),
    "no translation": ("translation", "a.tsv", "a\tb\nc\t \nd\te\n", 2, "'target' is ' '", 2),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_is_refused_or_skipped_as_asked(name, tmp_path):
    task, file, content, line, problem, left = BAD[name]
    path = write(tmp_path / file, content)
    with pytest.raises(DataError) as error:
        find(task, data=path).all_examples()
    assert str(error.value).startswith(f"{path}:{line}: ") and problem in str(error.value)
    assert len(str(error.value)) < 600  # a message is no place for a megabyte
    skipping = find(task, data=path)
    skipping.bad_lines = "skip"
    assert len(skipping.all_examples()) == left
    assert skipping.skipped == [str(error.value)]


@pytest.mark.parametrize("file", ["a.csv", "a.tsv"])
def test_a_first_line_that_is_not_utf8_is_never_skipped(file, tmp_path):
    """It may be a header: without it, columns would be read by their place, and source and target change theirs."""
    comma = "," if file.endswith("csv") else "\t"
    rows = [f"target{comma}source{comma}비고", f"개{comma}a dog{comma}x", f"고양이{comma}a cat{comma}y"]
    path = write(tmp_path / file, "\n".join(rows).encode("cp949"))
    with pytest.raises(DataError, match=rf"{file}:1: byte .* skip cannot help: the first line may name the columns"):
        find("translation", data=path, bad_lines="skip").all_examples()


def test_a_line_of_parallel_files_that_is_not_utf8_is_skipped_on_both_sides(tmp_path):
    one, other = write(tmp_path / "a.en", b"a\n\xff\nc\nd\n"), write(tmp_path / "a.ko", b"x\ny\nz\n\xff\n")
    task = find("translation", data=[one, other], bad_lines="skip")
    assert task.all_examples() == [{"source": "a", "target": "x"}, {"source": "c", "target": "z"}]
    assert [error.split(": ")[0] for error in task.skipped] == [f"{one}:2", f"{other}:4"]


def test_questions_without_an_answer_as_in_squad_2_are_told_of_and_left_out(tmp_path):
    answers = [{"text": "home", "answer_start": 10}]
    asked = [{"question": "Where?", "answers": answers}, {"question": "Why?", "answers": [], "is_impossible": True}]
    paragraphs = [{"context": QUESTION["context"], "qas": asked}]
    path = write(tmp_path / "a.json", json.dumps({"data": [{"title": "Mia", "paragraphs": paragraphs}] * 12}))
    with pytest.raises(DataError, match=r"qas\[1\]: 'answers' is \[\]; .* \(SQuAD 2.0\) .*--bad-lines skip leaves"):
        find("question-answering", data=path).all_examples()
    skipping = find("question-answering", data=path, bad_lines="skip")
    assert skipping.all_examples() == [QUESTION] * 12 and len(skipping.skipped) == 12


def test_of_a_document_the_lines_that_are_utf8_are_read(tmp_path):
    write(tmp_path / "a.txt", b"a\n\xff\nb\n\nc\n")
    write(tmp_path / "b.txt", b"\xff\n")
    one = find("language-modelling", data=tmp_path / "a.txt", bad_lines="skip")
    assert [example["text"] for example in one.all_examples()] == ["a\nb", "c"]
    each = find("language-modelling", data=tmp_path, bad_lines="skip")
    assert [example["text"] for example in each.all_examples()] == ["a\nb\n\nc"]
    assert len(each.skipped) == 2


def test_skipped_lines_are_told_once_and_in_their_order(tmp_path):
    """Whatever was found first: rows are counted before their texts are read, and those before their labels."""
    path = write(tmp_path / "a.tsv", "good\tyes\n \tno\nbad\tno\nbad\nгде\tno\nb\t \nbad\n")
    facts = {"max_length": 4, "labels": ["no", "yes"], "fields": ["text"]}
    task = find("classification", data=path, bad_lines="skip")
    tokenizer = WordTokenizer([*SPECIAL_TOKENS, "good", "bad"])
    task.reads_with(Classification("encoder", {"tokenizer": tokenizer}, facts))
    for _ in range(2):
        task.all_examples()
    assert [error.split(": ")[0] for error in task.skipped] == [f"{path}:{line}" for line in (2, 4, 5, 6, 7)]


def test_blank_lines_of_parallel_files_are_skipped_on_both_sides(tmp_path):
    one, other = write(tmp_path / "a.en", "a\nb\nc\n"), write(tmp_path / "a.ko", "가\n\n다\n")
    task = find("translation", data=[one, other])
    task.bad_lines = "skip"
    assert task.all_examples() == [{"source": "a", "target": "가"}, {"source": "c", "target": "다"}]
    assert task.skipped[0].startswith(f"{other}:2: the line is blank")


def test_emoji_and_mixed_scripts_are_read_as_they_are(tmp_path):
    texts = ["👩‍👩‍👧 🇰🇷 😀", "Seoul은 東京より ١٢ é", "ᄒ ㅋㅋㅋ"]
    path = write(tmp_path / "a.jsonl", lines(*({"text": text, "label": "x"} for text in texts)))
    assert [example["text"] for example in find("classification", data=path).all_examples()] == texts
    context = "👩‍👧가 서울에 있다 😀"
    path = write(tmp_path / "b.jsonl", lines({"context": context, "question": "?", "answers": ["서울"], "starts": [5]}))
    (example,) = find("question-answering", data=path).all_examples()
    assert context[example["starts"][0] :].startswith("서울에")


@pytest.mark.parametrize(
    ("task", "train", "other", "line", "label"),
    [
        ("classification", "a\tx\nb\ty\n", "a\tx\nb\tz\nc\ty\n", 2, "z"),
        ("tagging", "a\tB-x\n\nb\tO\n", "a\tB-x\n\nb\tO\nc\tB-z\n\nc\tO\n", 3, "B-z"),
    ],
)
def test_labels_never_seen_in_training_are_named(task, train, other, line, label, tmp_path):
    for split, content in (("train", train), ("validation", other), ("test", other)):
        write(tmp_path / f"{split}.tsv", content)
    with pytest.raises(DataError, match=rf"validation\.tsv:{line}: label '{label}' does not occur in training"):
        find(task, data=tmp_path).examples("train")
    skipping = find(task, data=tmp_path)
    skipping.bad_lines = "skip"
    assert [len(skipping.examples(split)) for split in skipping.splits] == [2, 2, 2]
    assert len(skipping.skipped) == 2


def test_a_text_of_unknown_characters_only_is_named(tmp_path):
    path = write(tmp_path / "a.tsv", "good\tyes\nгде\tno\ngood где\tno\n")
    facts = {"max_length": 4, "labels": ["no", "yes"], "fields": ["text"]}
    kind = Classification("encoder", {"tokenizer": WordTokenizer([*SPECIAL_TOKENS, "good"])}, facts)
    task = find("classification", data=path)
    task.reads_with(kind)
    with pytest.raises(DataError, match=r"a\.tsv:2: all of the text would be read as unknown"):
        task.all_examples()
    task = find("classification", data=path)
    task.bad_lines = "skip"
    task.reads_with(kind)
    assert [example["text"] for example in task.all_examples()] == ["good", "good где"]
    assert len(task.skipped) == 1


@pytest.mark.parametrize("name", ["language-modelling", "pretraining"])
def test_a_document_of_unknown_words_only_is_named_by_its_first_line(name, tmp_path):
    kind = KINDS.get(name)("decoder", {"tokenizer": WordTokenizer([*SPECIAL_TOKENS, "good", ".", "\n"])}, {})
    path = write(tmp_path / "a.txt", "good где.\n\n\nгде.\nгде.\n\ngood\n")
    task = find(name, data=path)
    task.reads_with(kind)
    with pytest.raises(DataError, match=r"a\.txt:4: all of the text would be read as unknown"):
        task.all_examples()
    # Of few documents the first lines are for training: of the second one all parts are unknown.
    write(path, "good.\n" * 20 + "\n" + "где.\n" * 20)
    task = find(name, data=path)
    task.bad_lines = "skip"
    task.reads_with(kind)
    assert [len(task.examples(split)) for split in task.splits] == [1, 1, 1]
    assert len(task.skipped) == 1 and "a.txt:22: " in task.skipped[0]


def test_nothing_left_is_an_error(tmp_path):
    for split in ("train", "validation", "test"):
        write(tmp_path / f"{split}.tsv", "a\tx\nb\ty\n" if split != "test" else "\tx\n \ty\n")
    task = find("classification", data=tmp_path)
    task.bad_lines = "skip"
    with pytest.raises(DataError, match="nothing is left of test"):
        task.examples("train")


def test_a_label_for_nearly_each_text_may_be_a_mistake_and_is_said_to_be(tmp_path, capsys):
    """Twenty texts for each of two labels are nothing to speak of."""
    usual = [f"{label} {n}\t{label}" for n in range(20) for label in ("good", "bad")]
    for labels, said in ((usual, None), (range(40), "regression"), ([f"it is {n}" for n in range(40)], "swapped")):
        rows = [label if "\t" in str(label) else f"text {n}\t{label}" for n, label in enumerate(labels)]
        for split in ("train", "validation", "test"):
            write(tmp_path / f"{split}.tsv", "\n".join(f"{split} {row}" for row in rows))
        zoo.train("bag_of_words", "classification", data=tmp_path, out=tmp_path / "run", overwrite=True,
                  **{**SMALL, "progress": True, "steps": 1})  # fmt: skip
        hints = [line for line in capsys.readouterr().err.splitlines() if line.startswith("zoo: ")]
        assert len(hints) == (said is not None) and all(said in line for line in hints), hints
    path = write(tmp_path / "one.tsv", "\n".join(rows))
    with pytest.raises(DataError, match=r"nothing is left for validation.* 40 texts have 40 labels.* swapped\?"):
        find("classification", data=path).examples("train")


@pytest.mark.parametrize("header", [True, False])
def test_a_header_by_other_names_is_not_learned_in_silence(header, tmp_path):
    rows = [f"{label} {n}\t{label}" for n in range(20) for label in ("good", "bad")]
    path = write(tmp_path / "a.tsv", "\n".join(["sentence\tsentiment"] * header + rows))
    task = find("classification", data=path)
    said = task.label_hint(task.examples("train"))
    assert said.startswith(f"{path}:1 has the label 'sentiment'") and "a header?" in said if header else said is None
    path = write(tmp_path / "b.tsv", "\n".join(["text\tlabel", *rows]))
    with pytest.raises(DataError, match=r"b\.tsv:1: a header of another task's file, text, label; expected .*source"):
        find("translation", data=path).all_examples()


def test_one_article_cannot_be_divided(tmp_path):
    one = '{"context": "a b", "question": "%d?", "answers": ["b"], "starts": [2]}'
    path = write(tmp_path / "a.jsonl", "\n".join(one % n for n in range(9)))
    with pytest.raises(DataError, match=r"1 different example\(s\) are too few.* about one article count as one"):
        find("question-answering", data=path).examples("train")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    data = write(folder / "data.tsv", "".join([*GOOD, "no label here\n", " \tyes\n"]))
    with pytest.raises(DataError, match=r"data\.tsv:13: 1 column"):
        zoo.train("bag_of_words", "classification", data=data, out=folder / "run", **SMALL)
    return zoo.train("bag_of_words", "classification", data=data, bad_lines="skip", out=folder / "run", **SMALL)


def test_a_training_counts_what_it_skipped_and_its_run_reads_the_data_alike(run):
    assert (run.config["bad_lines"], run.config["skipped_lines"]) == ("skip", 2)
    again = zoo.load(run.folder)
    assert sum(len(again.task.examples(split)) for split in again.task.splits) == len(GOOD)
    assert np.isfinite(zoo.evaluate(again, "test")["nll"])


def test_evaluation_of_other_data_names_unknown_labels_or_skips_them(run, tmp_path):
    path = write(tmp_path / "other.tsv", "good 1\tyes\nbad 2\tmaybe\nbad 3\tno\n")
    with pytest.raises(DataError, match=r"other\.tsv:2: label 'maybe' does not occur in training"):
        zoo.evaluate(run, data=path)
    figures = document(command("evaluate", run.folder, "--data", path, "--bad-lines", "skip", "--json"))
    assert (figures["examples"], figures["skipped_lines"]) == (2, 1)


def test_a_run_of_single_texts_reads_no_pairs_and_one_of_pairs_no_single_texts(run, tmp_path):
    pairs = write(tmp_path / "pairs.tsv", "good 1\tgood 2\tyes\nbad 1\tbad 2\tno\n")
    with pytest.raises(DataError, match=r"pairs\.tsv:1: there is a 'text_pair'; expected no 'text_pair', as in train"):
        zoo.evaluate(run, data=pairs)
    with pytest.raises(DataError, match=r"nothing is left without .*pairs\.tsv:1: there is a 'text_pair'"):
        zoo.evaluate(run, data=pairs, bad_lines="skip")
    kind = Classification("encoder", run.kind.tokenizers, {**run.kind.facts, "fields": ["text", "text_pair"]})
    single = find("classification", data=write(tmp_path / "single.tsv", "good 1\tyes\n"))
    single.reads_with(kind)
    with pytest.raises(DataError, match=r"single\.tsv:1: there is no 'text_pair'; expected a 'text_pair', as in train"):
        single.all_examples()


def test_a_comparison_refuses_bad_lines_or_skips_them(tmp_path):
    path = write(tmp_path / "reviews.tsv", "".join([*GOOD[:2], "good\n", *GOOD[2:]]))
    asked = ("compare", "classification", "--data", path, "--models", "bag_of_words", "--seeds", "0", "--steps", "1",
             "--batch-size", "4", "--no-isolate", "--out", tmp_path / "out")  # fmt: skip
    refused = command(*asked)
    assert refused.exit_code == 2 and f"{path}:3: " in refused.stderr
    results = document(command(*asked, "--bad-lines", "skip", "--json"))
    assert results["protocol"]["bad_lines"] == "skip"
    config = json.loads((tmp_path / "out" / "classification" / "bag_of_words" / "seed0" / "config.json").read_text())
    assert (config["bad_lines"], config["skipped_lines"]) == ("skip", 1)
    assert "Malformed lines of the data were left out" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_only_own_data_has_bad_lines(tmp_path):
    with pytest.raises(SettingError, match="is for your own data"):
        zoo.train("ngram", "copy", bad_lines="skip", out=tmp_path, **SMALL)
    with pytest.raises(SettingError, match="is for your own data"):
        zoo.compare("copy", models=["ngram"], bad_lines="skip", out=tmp_path)
    with pytest.raises(UnknownNameError, match="refuse"):
        zoo.train("ngram", "copy", bad_lines="mend", out=tmp_path, **SMALL)
