"""The user's own files: every format is read, every malformed line is named, parts share nothing."""

import gzip
import json

import pytest

from zoo.datasets import DataError
from zoo.registry import UnknownNameError
from zoo.tasks import Task, find

PAIRS = [(f"I have {n} apples.", f"나는 사과가 {n}개 있다.") for n in range(20)]
CONTEXT = "Mia put the red apple on the table."
QUESTION = {"context": CONTEXT, "question": "Where?", "answers": ["table"], "starts": [29]}
ONE_PAIR = '{"source": "a", "target": "b"}'


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def lines(*rows):
    return "".join(f"{row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def conll(*sentences):
    return "\n".join("".join(f"{token}\t{tag}\n" for token, tag in sentence) for sentence in sentences)


def squad(*articles):
    """A SQuAD document of articles, each a list of records like QUESTION."""
    return json.dumps({
        "data": [
            {
                "title": f"Article {i}",
                "paragraphs": [
                    {
                        "context": record["context"],
                        "qas": [{
                            "question": record["question"],
                            "answers": [
                                {"text": text, "answer_start": start}
                                for text, start in zip(record["answers"], record["starts"], strict=True)
                            ],
                        }],
                    }
                    for record in article
                ],
            }
            for i, article in enumerate(articles)
        ]
    })  # fmt: skip


# -- what can be read -----------------------------------------------------------------------------------------------

TRANSLATION = [
    ("plain.tsv", "a\tb\nc\td\n"),
    ("header.tsv", "target\tnote\tsource\nb\t-\ta\nd\t-\tc\n"),
    ("commas.csv", 'source,target\na,b\n"c","d"\n'),
    ("pairs.jsonl", '{"source": "a", "target": "b"}\n\n{"source": "c", "target": "d"}\n'),
    ("windows.tsv", b"\xef\xbb\xbfsource\ttarget\r\na\tb\r\nc\td\r\n"),
    ("no_end.tsv", "a\tb\nc\td"),
    ("packed.tsv.gz", gzip.compress(b"a\tb\nc\td\n")),
]


@pytest.mark.parametrize("name, content", TRANSLATION, ids=[name for name, _ in TRANSLATION])
def test_translation_files(tmp_path, name, content):
    task = find("translation", data=write(tmp_path / name, content))
    assert task.all_examples() == [{"source": "a", "target": "b"}, {"source": "c", "target": "d"}]


def test_a_quoted_cell_may_hold_commas_quotes_and_line_ends(tmp_path):
    path = write(tmp_path / "pairs.csv", '"a, ""b""\nc",d\ne,f\n')
    assert find("translation", data=path).all_examples()[0] == {"source": 'a, "b"\nc', "target": "d"}


@pytest.mark.parametrize("together", [True, False])
def test_parallel_files_in_both_directions(tmp_path, together):
    english = write(tmp_path / "pairs.en", lines(*[english for english, _ in PAIRS]))
    korean = write(tmp_path / "pairs.ko", lines(*[korean for _, korean in PAIRS]))
    task = find("translation", data=f"{english},{korean}" if together else [english, korean])
    assert (task.name, task.target_language) == ("translation:en-ko", "ko")
    assert task.all_examples()[3] == {"source": PAIRS[3][0], "target": PAIRS[3][1]}
    back = find("translation:ko-en", data=task.data)
    assert back.all_examples()[3] == {"source": PAIRS[3][1], "target": PAIRS[3][0]}


def test_only_a_line_feed_ends_a_line_of_parallel_text(tmp_path):
    one = write(tmp_path / "pairs.en", "a\u2028b\nc\n\n")
    other = write(tmp_path / "pairs.ko", "d\ne\x85f\n\n")
    sources = [example["source"] for example in find("translation", data=[one, other]).all_examples()]
    assert sources == ["a\u2028b", "c"]


def test_classification_files(tmp_path):
    expected = [{"text": "good", "label": "1"}, {"text": "bad", "label": "0"}]
    for name, content in (
        ("a.tsv", "good\t1\nbad\t0\n"),
        ("b.csv", "label,text\n1,good\n0,bad\n"),
        ("c.jsonl", lines({"text": "good", "label": 1}, {"text": "bad", "label": "0"})),
    ):
        assert find("classification", data=write(tmp_path / name, content)).all_examples() == expected
    scores = find("regression", data=write(tmp_path / "d.csv", "score,text\n4.5,good\n-1,bad\n"))
    assert scores.all_examples() == [{"text": "good", "score": 4.5}, {"text": "bad", "score": -1.0}]
    pairs = find("classification", data=write(tmp_path / "pairs.tsv", "it rains\tit is wet\tyes\n"))
    assert pairs.all_examples() == [{"text": "it rains", "text_pair": "it is wet", "label": "yes"}]


def test_tagging_files(tmp_path):
    expected = [{"tokens": ["Mia", "runs"], "tags": ["B-person", "O"]}, {"tokens": ["Go"], "tags": ["O"]}]
    for name, content in (
        ("a.conll", "Mia\tB-person\nruns\tO\n\t\nGo\tO\n"),
        ("b.txt", "-DOCSTART- X O\n\nMia NNP B-person\nruns VBZ O\n\n\nGo VB O"),
        ("c.jsonl", lines(*expected)),
    ):
        assert find("tagging", data=write(tmp_path / name, content)).all_examples() == expected


def test_question_files(tmp_path):
    for name, content in (("a.jsonl", lines(QUESTION)), ("b.json", squad([QUESTION]))):
        assert find("question-answering", data=write(tmp_path / name, content)).all_examples() == [QUESTION]


def test_documents(tmp_path):
    one = write(tmp_path / "one.txt", "a\nb\n\n\nc\n \nd\n")
    two = write(tmp_path / "two.txt", "e\n\nf\n")

    def texts(data):
        return [example["text"] for example in find("language-modelling", data=data).all_examples()]

    assert texts(one) == ["a\nb", "c", "d"]  # blank lines separate documents
    assert texts([one, two]) == texts(tmp_path) == ["a\nb\n\n\nc\n \nd", "e\n\nf"]  # or each file is one
    assert texts(write(tmp_path / "three.jsonl", lines({"text": "g\n\nh"}))) == ["g\n\nh"]


# -- parts ----------------------------------------------------------------------------------------------------------


def test_one_file_is_divided_into_disjoint_parts(tmp_path):
    rows = [f"{one}\t{other}" for one, other in PAIRS] + [f"{PAIRS[0][0]}\t다른 번역"]
    task = find("translation", data=write(tmp_path / "pairs.tsv", lines(*rows)))
    parts = [task.examples(split) for split in task.splits]
    assert sum(map(len, parts)) == 21 and all(parts)
    for side in ("source", "target"):
        seen = [example[side] for part in parts for example in {e[side]: e for e in part}.values()]
        assert len(seen) == len(set(seen))


def test_questions_about_one_article_stay_together(tmp_path):
    records = [[{**QUESTION, "context": f"{QUESTION['context']} {i} {j}"} for j in range(4)] for i in range(12)]
    task = find("question-answering", data=write(tmp_path / "all.json", squad(*records)))
    articles = [{example["context"].split()[-2] for example in task.examples(split)} for split in task.splits]
    assert sum(map(len, articles)) == 12 == len(set.union(*articles))


def test_one_long_text_is_cut_in_order(tmp_path):
    content = "".join(f"line {i:02}\n" for i in range(100))
    task = find("language-modelling", data=write(tmp_path / "novel.txt", content))
    parts = [task.examples(split) for split in task.splits]
    assert [len(part) for part in parts] == [1, 1, 1]
    assert "".join(part[0]["text"] for part in parts) == content.strip()
    assert [part[0]["text"].split("\n")[0] for part in parts] == ["line 00", "line 80", "line 90"]


def test_a_folder_brings_its_own_parts(tmp_path):
    for split, size in (("train", 3), ("validation", 1), ("test", 2)):
        for language, side in (("en", 0), ("ko", 1)):
            write(tmp_path / f"{split}.{language}", lines(*[pair[side] for pair in PAIRS[:size]]))
    task = find("translation:ko-en", data=tmp_path)
    assert [len(task.examples(split)) for split in task.splits] == [3, 1, 2]
    assert task.examples("test")[1] == {"source": PAIRS[1][1], "target": PAIRS[1][0]}
    with pytest.raises(DataError, match="'translation:en-ko' or 'translation:ko-en'"):
        find("translation", data=tmp_path).examples("train")
    (tmp_path / "test.en").unlink()
    (tmp_path / "test.ko").unlink()
    with pytest.raises(DataError, match=r"no file test\.\*"):
        find("translation:ko-en", data=tmp_path).examples("train")


# -- what is refused ------------------------------------------------------------------------------------------------

GOOD = {"tokens": ["Mia"], "tags": ["B-person"]}
MALFORMED = [
    # task, file, content, line, what is wrong, what is expected
    ("translation", "a.tsv", "a\tb\nc\n", 2, "1 column", "2 as in line 1"),
    ("translation", "a.tsv", 'a\tb\n"c\td"\te\n', 2, "3 column(s)", "2 as in line 1 (quotes keep a text with tabs"),
    ("translation", "a.tsv", "a\tb\tc\n", 1, "3 column", "source, target"),
    ("translation", "a.tsv", "a\tb\n\nc\t \n", 3, "'target' is ' '", "a text that is not empty"),
    ("translation", "a.tsv", "source\tkorean\na\tb\n", 1, "a header with source but not all", "source, target"),
    ("translation", "a.tsv", "a\tb\n".encode("utf-16"), 1, "byte 0xff is not valid UTF-8", "iconv -f UTF-16"),
    ("translation", "a.jsonl", '{"source": "\\ud800", "target": "b"}\n', 1, "'\\ud800' is half", "both halves"),
    ("translation", "a.tsv", b"a\tb\nc\t\xff\n", 2, "byte 0xff is not valid UTF-8", "text in UTF-8"),
    ("translation", "a.csv", '"a\nb",c\n"d"x,e\n', 3, "behind its closing quote", "skip cannot help"),
    ("translation", "a.csv", 'a,b\n"c,d\ne,f\n', 2, "opens here and is never closed", "skip cannot help"),
    ("translation", "a.csv", 'a,b\n"c\nd","e\nf"\ng,h\n"i""\nj","k\n', 7, "opens here and is never", "skip cannot"),
    ("translation", "a.csv", 'a,b\n"c,d\ne,f\n"g",h\n', 2, "close it, in line 4, the cell goes on", "skip cannot help"),
    ("translation", "a.tsv", "a\tb\n".encode("utf-16-le"), 1, "byte 0x00 is not valid text", "iconv -f UTF-16"),
    ("translation", "a.jsonl", lines(ONE_PAIR, '{"source":'), 2, "Expecting value", "one JSON object"),
    ("translation", "a.jsonl", "[1]\n", 1, "a JSON list", "a JSON object"),
    ("translation", "a.jsonl", '{"source": "a"}\n', 1, "'target' is missing", "a text"),
    ("translation", "a.jsonl", '{"source": "a", "target": 1}\n', 1, "'target' is 1", "a text"),
    ("classification", "a.tsv", "good\t1\nbad\t\n", 2, "'label' is ''", "a text"),
    ("classification", "a.jsonl", lines({"text": "a", "label": None}), 1, "'label' is null", "a text"),
    ("classification", "a.tsv", "good\n", 1, "1 column", "text, label or text, text_pair, label"),
    ("classification", "a.jsonl", lines({"text": "a", "label": "x"}, {"text": "a", "text_pair": "b", "label": "x"}),
     2, "there is a 'text_pair'", "no 'text_pair'"),
    ("regression", "a.tsv", "good\t4.5\nbad\tlow\n", 2, "'score' is 'low'", "a number"),
    ("regression", "a.jsonl", lines({"text": "a", "score": 1}, {"text": "b"}), 2, "'score' is missing", "a number"),
    ("regression", "a.jsonl", lines({"text": "a", "score": True}), 1, "'score' is true", "a number"),
    ("regression", "a.tsv", "good\tinf\n", 1, "'score' is 'inf'", "a number"),
    ("tagging", "a.conll", "Mia\tB-person\nruns\n", 2, "1 column", "2 as in line 1"),
    ("tagging", "a.conll", "Mia\n", 1, "1 column", "token ... tag"),
    ("tagging", "a.conll", "Mia\tNOUN\n", 1, "tag 'NOUN'", "O, B-TYPE or I-TYPE"),
    ("tagging", "a.conll", "Mia\tO\n\nruns\tI-person\n", 3, "'I-person' after 'O'", "B-person"),
    ("tagging", "a.jsonl", lines(GOOD, {"tokens": ["a", "b"], "tags": ["O"]}), 2, "2 tokens and 1 tags", "as many"),
    ("tagging", "a.jsonl", lines({"tokens": "Mia", "tags": ["O"]}), 1, "'tokens' is 'Mia'", "a list of strings"),
    ("question-answering", "a.jsonl", lines(QUESTION, {**QUESTION, "starts": [28]}), 2, "' tabl'", "'table'"),
    ("question-answering", "a.jsonl", lines({**QUESTION, "starts": [-6]}), 1, "at character -6", "'table'"),
    ("question-answering", "a.jsonl", lines({**QUESTION, "starts": ["29"]}), 1, """'starts' is ["29"]""", "1 integer"),
    ("question-answering", "a.jsonl", lines({**QUESTION, "answers": [], "starts": []}), 1, "'answers' is []", "a list"),
    ("question-answering", "a.json", '{"data": [\n{]}', 2, "Expecting property name", "a JSON document"),
    ("question-answering", "a.json", '{"data": [{"paragraphs": [{"context": "a"}]}]}', "data[0]", "'qas'", "SQuAD"),
    ("question-answering", "a.json", squad([{**QUESTION, "starts": [0]}]),
     "data[0].paragraphs[0].qas[0]", "has 'Mia p'", "'table'"),
    ("language-modelling", "a.jsonl", '{"text": "a"}\n{"txt": "b"}\n', 2, "'text' is missing", "a text"),
]  # fmt: skip


@pytest.mark.parametrize("task, name, content, line, problem, expected", MALFORMED)
def test_a_malformed_line_is_named(tmp_path, task, name, content, line, problem, expected):
    path = write(tmp_path / name, content)
    with pytest.raises(DataError) as error:
        find(task, data=path).examples("train")
    message = str(error.value)
    assert message.startswith(f"{path}:{line}: ")
    assert problem in message.split("; expected ")[0] and expected in message.split("; expected ")[1]


def test_parallel_files_must_have_as_many_lines(tmp_path):
    one, other = write(tmp_path / "a.en", "a\nb\n"), write(tmp_path / "a.ko", "a\n")
    with pytest.raises(DataError, match=r"a\.en has 2 lines and .*a\.ko has 1"):
        find("translation", data=[one, other]).examples("train")
    write(other, "a\n\n")
    with pytest.raises(DataError, match=r"a\.ko:2: the line is blank"):
        find("translation", data=[one, other]).examples("train")


@pytest.mark.parametrize("task, name, content, message", [
    ("translation", "a.tsv", "", "the file is empty"),
    ("translation", "a.tsv", b"\xef\xbb\xbf\r\n", "the file is empty"),
    ("translation", "a.tsv", "a\tb\n", "1 different example"),
    ("translation", "a.tsv", "source\ttarget\n", "there is no example in it"),
    ("translation", "a.tsv", gzip.compress(b"a\tb\n"), r"packed by gzip: call it a\.tsv\.gz"),
    ("translation", "a.txt", "a\n", r"takes \.tsv or \.csv with columns source, target; \.jsonl"),
    ("translation", "a.tsv.gz", b"a\tb\n", r"a\.tsv\.gz cannot be unpacked .*whole gzip file"),
    ("translation", "a.tsv.gz", gzip.compress(b"a\tb\n" * 9, mtime=0)[:-9], r"a\.tsv\.gz cannot be unpacked"),
    ("tagging", "a.csv", "a,O\n", r"takes \.conll, \.tsv or \.txt"),
    ("language-modelling", "a.txt", "one line\n", "at least three documents"),
])  # fmt: skip
def test_a_file_that_cannot_be_used(tmp_path, task, name, content, message):
    with pytest.raises(DataError, match=message):
        find(task, data=write(tmp_path / name, content)).examples("train")


def test_no_data_wrong_data_and_other_tasks_data(tmp_path):
    with pytest.raises(DataError, match="give it with --data FILE"):
        find("tagging").examples("train")
    with pytest.raises(DataError, match=r"missing\.tsv: there is no such file"):
        find("translation", data=tmp_path / "missing.tsv").examples("train")
    for given in ([tmp_path, tmp_path / "a.tsv"], [tmp_path / "a.tsv", tmp_path]):
        with pytest.raises(DataError, match=r"the folder .* beside 1 other.* give one folder with .*, or files"):
            find("translation", data=given).examples("train")
    with pytest.raises(DataError, match=r"'sst2' has its own data; .* task 'classification'"):
        find("sst2", data=tmp_path / "reviews.tsv")
    with pytest.raises(DataError, match="expected two languages"):
        find("translation:korean")
    with pytest.raises(UnknownNameError, match="split of task tagging"):
        find("tagging").examples("tests")


def test_tasks_of_users_need_not_know_about_data():
    assert Task().data == []
