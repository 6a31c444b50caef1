"""copy, reverse, sort, addition: right targets, and a test split beyond the training lengths."""

import re

import pytest

from zoo.tasks import find

NAMES = ["copy", "reverse", "sort", "addition"]


@pytest.mark.parametrize(
    ("name", "source", "target"),
    [
        ("copy", "gabba", "gabba"),
        ("reverse", "abcd", "dcba"),
        ("sort", "31415", "11345"),
        ("addition", "12+345", "357"),
        ("addition", "999+1", "1000"),
        ("addition", "0+0", "0"),
    ],
)
def test_answers(name, source, target):
    assert find(name).answer(source) == target


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_right_as_a_whole_or_wrong(name):
    assert find(name).metric == "exact_match"


@pytest.mark.parametrize("name", NAMES)
def test_examples_obey_the_rule_and_splits_are_apart(name):
    task = find(name)
    rule = {
        "copy": lambda source: source,
        "reverse": lambda source: "".join(reversed(source)),
        "sort": lambda source: "".join(digit * source.count(digit) for digit in "0123456789"),
        "addition": lambda source: str(int(source.split("+")[0]) + int(source.split("+")[1])),
    }[name]
    seen = set()
    for split in task.splits:
        examples = task.examples(split)
        assert all(example["target"] == rule(example["source"]) for example in examples)
        sources = {example["source"] for example in examples}
        assert len(sources) == len(examples) and not sources & seen
        seen |= sources


@pytest.mark.parametrize("name", NAMES)
def test_long_examples_are_longer_than_any_of_training(name):
    task = find(name)
    longest = max(len(e["source"]) for split in ("train", "validation", "test") for e in task.examples(split))
    assert longest < min(len(e["source"]) for e in task.examples("test_long"))
    assert all(len(e[side]) <= task.max_length for e in task.examples("test_long") for side in e)


def test_sums_turned_round_stay_in_one_split():
    task = find("addition")
    contents = [{tuple(sorted(e["source"].split("+"))) for e in task.examples(split)} for split in task.splits]
    assert sum(map(len, contents)) == len(set.union(*contents))
    assert all(re.fullmatch(r"(0|[1-9]\d*)\+(0|[1-9]\d*)", e["source"]) for e in task.examples("train"))
