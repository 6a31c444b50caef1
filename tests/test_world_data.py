"""The tasks of the tiny world: splits are apart, the long ones are long, and no shortcut solves them."""

import collections
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from zoo.tasks import find
from zoo.tasks.tiny_inference import judge
from zoo.tasks.tiny_pretraining import reports
from zoo.tasks.tiny_sentiment import GOOD
from zoo.world import english
from zoo.world.lexicon import PEOPLE, PLACES, THINGS
from zoo.world.simulation import World, write
from zoo.world.splits import Draws

TASKS = [
    "tiny-translation:en-ko",
    "tiny-translation:ko-en",
    *(f"tiny-{name}:en" for name in ("stories", "sentiment", "inference", "names", "questions")),
    *(f"tiny-{name}:ko" for name in ("stories", "sentiment", "inference", "names", "questions")),
]
READ = ("source", "text", "text_pair", "context", "question")  # the strings that a model reads


def text_of(example):
    """All that a model reads of an example."""
    return " ".join([example[key] for key in READ if key in example] + example.get("tokens", []))


@pytest.mark.parametrize("name", TASKS)
def test_no_text_stands_in_two_splits(name):
    task = find(name)
    if name.startswith(("tiny-inference", "tiny-questions")):  # stronger: not even with another question
        parts = [{e.get("text", e.get("context")) for e in task.examples(split)} for split in task.splits]
    else:
        parts = [{text_of(example) for example in task.examples(split)} for split in task.splits]
        assert [len(part) for part in parts] == [len(task.examples(split)) for split in task.splits]  # nor twice in one
    assert len(set.union(*parts)) == sum(map(len, parts))


@pytest.mark.parametrize("name", TASKS)
def test_long_examples_are_longer_than_any_of_training(name):
    task = find(name)
    lengths = {split: [len(text_of(example).split()) for example in task.examples(split)] for split in task.splits}
    assert max(lengths["train"] + lengths["validation"] + lengths["test"]) < min(lengths["test_long"])


@pytest.mark.parametrize("name", TASKS)
def test_training_knows_every_word(name):
    task = find(name)
    train, *others = (
        {word.strip(".,?") for example in task.examples(split) for word in text_of(example).split()}
        for split in task.splits
    )
    assert set.union(*others) <= train
    assert len(train) < task.vocabulary_size


def test_translation_is_one_to_one():
    task = find("tiny-translation")
    pairs = [(e["source"], e["target"]) for split in task.splits for e in task.examples(split)]
    assert len(pairs) == len({source for source, _ in pairs}) == len({target for _, target in pairs})


@pytest.mark.parametrize("variant", ["en", "ko"])
def test_answers_stand_where_they_are_said_to_be(variant):
    nouns = [*PLACES, *THINGS] if variant == "en" else [noun.korean for noun in [*PLACES.values(), *THINGS.values()]]
    for split in ("train", "test_long"):
        for example in find(f"tiny-questions:{variant}").examples(split):
            (answer,), (start,) = example["answers"], example["starts"]
            assert example["context"][start : start + len(answer)] == answer
            assert answer in example["context"].replace(".", "").replace(",", "").split()  # a whole word
            assert any(answer.startswith(noun) for noun in nouns)


def test_the_last_mention_answers():
    """Where somebody is, the last sentence tells in which he or she goes somewhere."""
    task, checked = find("tiny-questions"), 0
    for example in (example for split in task.splits for example in task.examples(split)):
        who = example["question"].removeprefix("Where is ").removesuffix("?")
        if who in PEOPLE:
            ways = [text for text in example["context"].split(". ") if text.startswith(f"{who} went to")]
            assert example["answers"] == [ways[-1].rstrip(".").removesuffix(", too").split()[-1]]
            checked += 1
    assert checked > 500


def fitted_bag_of_words(task, field):
    """Accuracy on the test split of logistic regression on word counts, and of counting words (naive Bayes)."""
    train, test = task.examples("train"), task.examples("test")
    words = {word: i for i, word in enumerate(sorted({word for e in train for word in e[field].lower().split()}))}
    labels = sorted({example["label"] for example in train})

    def counts(examples):
        matrix = np.zeros((len(examples), len(words) + 1))
        matrix[:, -1] = 1
        for row, example in zip(matrix, examples, strict=True):
            for word in example[field].lower().split():
                row[words[word]] += 1
        return matrix

    x, x_test = counts(train), counts(test)
    y, y_test = (np.array([labels.index(e["label"]) for e in examples]) for examples in (train, test))
    one_hot = np.eye(len(labels))[y]
    weights = np.zeros((x.shape[1], len(labels)))
    for _ in range(200):
        scores = np.exp(x @ weights)
        weights -= 0.5 * x.T @ (scores / scores.sum(1, keepdims=True) - one_hot) / len(y)
    bayes = x.T @ one_hot + 1
    bayes = np.log(bayes / bayes.sum(0))
    return [np.mean((x_test @ w).argmax(1) == y_test) for w in (weights, bayes)]


@pytest.mark.parametrize("variant", ["en", "ko"])
def test_a_bag_of_words_does_not_solve_sentiment(variant):
    assert max(fitted_bag_of_words(find(f"tiny-sentiment:{variant}"), "text")) < 0.65  # chance is 0.5


@pytest.mark.parametrize("variant", ["en", "ko"])
def test_the_hypothesis_alone_does_not_solve_inference(variant):
    assert max(fitted_bag_of_words(find(f"tiny-inference:{variant}"), "text_pair")) < 0.45  # chance is 0.33


@pytest.mark.parametrize(("variant", "at_most"), [("en", 0.3), ("ko", 0.85)])
def test_a_list_of_names_does_not_solve_names(variant, at_most):
    """Each word's most frequent tag: few sentences come out right (Korean particles tell more)."""
    task = find(f"tiny-names:{variant}")
    counts = collections.defaultdict(collections.Counter)
    for example in task.examples("train"):
        for word, tag in zip(example["tokens"], example["tags"], strict=True):
            counts[word.lower()][tag] += 1
    test = task.examples("test")
    right = sum([counts[w.lower()].most_common(1)[0][0] for w in e["tokens"]] == e["tags"] for e in test)
    assert right / len(test) < at_most


FINGERPRINT = """
import hashlib, json, sys
from zoo.tasks import find
for name in sys.argv[1:]:
    task = find(name)
    print(name, hashlib.sha256(json.dumps([task.examples(split)[:50] for split in task.splits]).encode()).hexdigest())
"""


def test_what_reports_say_follows_from_their_stories():
    for events, facts in reports()["train"]:
        world = World()
        for event in events:
            world.tell(event)
        assert facts and all(judge(world, fact) == "entailed" for fact, _ in facts)


def test_a_critic_likes_everything_or_nothing():
    """Counted in the texts: of good words, as many are negated as of bad ones are not, or the other way round."""
    documents = [example["sentences"] for example in find("tiny-pretraining:en").examples("validation")]
    critics = [document for document in documents if all(text.count(" and ") == 2 for text in document)]
    assert len(critics) > 100
    for document in critics:
        opinions = [opinion.split() for text in document for opinion in text.lower().strip(".").split(" and ")]
        praise = {(not GOOD.keys().isdisjoint(words)) != bool({"not", "nobody"} & set(words)) for words in opinions}
        assert len(praise) == 1, document


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_no_report_tells_a_story_of_another_split(split):
    told = {" ".join(write(events, english, pronouns=False)) for events, _ in reports()[split]}
    for name, field in (("inference", "text"), ("questions", "context")):
        task = find(f"tiny-{name}:en")
        for other in set(task.splits) - {split}:
            assert told.isdisjoint(example[field] for example in task.examples(other)), (name, other)


def test_draws_are_those_of_the_standard_library():
    ours, standard = Draws("tiny"), random.Random("tiny")
    for count in (*range(1, 70), 1000, 1024):
        assert [ours.choice(range(count)) for _ in range(5)] == [standard.choice(range(count)) for _ in range(5)]
    assert (ours.random(), ours.sample(range(9), 4)) == (standard.random(), standard.sample(range(9), 4))
    with pytest.raises(IndexError):
        ours.choice(())


def test_every_process_makes_the_same_data():
    """Whatever Python's own hash function does, which differs from process to process."""
    names = [*(name for name in TASKS if name.endswith("en")), "tiny-names:ko", "addition"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", FINGERPRINT, *names],
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed in ("1", "2")
    ]
    first, second = (process.communicate()[0].splitlines() for process in processes)
    assert first == second
    assert len(first) == len(names)
