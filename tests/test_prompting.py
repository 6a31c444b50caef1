"""Few-shot: examples of training stand before the question, and what does not fit is refused."""

from collections import Counter

import pytest
import tensorflow as tf

from zoo import prompts
from zoo.datasets import DataError
from zoo.growing import read_one_by_one
from zoo.kinds.language_modelling import LanguageModelling
from zoo.kinds.text_to_text import TextToText
from zoo.prompting import _asked, few_shot
from zoo.registry import UnknownNameError
from zoo.runs import Run
from zoo.settings import SettingError
from zoo.tasks import find
from zoo.tasks.tiny_shots import LABELS, WORDS
from zoo.tokenizers import SPECIAL_TOKENS, train_tokenizer
from zoo.tokenizers.word import WordTokenizer

TRAIN = ["a", "b", "c", "d"], ["e", "f"]  # texts of label "y", of label "n"
TEST = ["g"], ["h", "i", "j"]


class Counting:
    """A model that thinks a token the more probable the more often it stood in the text."""

    max_sequence_length = 60

    def __call__(self, inputs, training):
        return tf.cumsum(tf.one_hot(inputs["token_ids"], 300), axis=1)


class Saying:
    """A model that writes an x and ends the line, whatever it reads."""

    max_sequence_length = None
    read = read_one_by_one

    def start(self, inputs, max_length):
        return tf.zeros_like(inputs["token_ids"])

    def step(self, token_ids, state):
        x, end = ALPHABET.tokens.index("x"), ALPHABET.tokens.index("\n")
        return tf.one_hot(tf.where(token_ids == x, end, x), 300), state


ALPHABET = train_tokenizer("character", ["abcdefghijklmnopqrstuvwxyz =>\n"])


def asked_run(model=None, tokenizer=ALPHABET, folder=None):
    facts = {"max_length": 60, "document_boundaries": True}
    kind = LanguageModelling("decoder", {"tokenizer": tokenizer}, facts)
    return Run(folder, {"kind": kind.registered_name}, model or Counting(), kind, find("tiny-stories"))


@pytest.fixture
def letters(tmp_path):
    """The user's own files: four of six training labels are "y", three of four test labels "n"."""
    for split, (yes, no) in (("train", TRAIN), ("validation", (["k"], ["l"])), ("test", TEST)):
        lines = [f"{text},y" for text in yes] + [f"{text},n" for text in no]
        (tmp_path / f"{split}.csv").write_text("text,label\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return {"task": "classification", "data": str(tmp_path)}


def test_an_example_is_a_line_and_a_question_ends_where_the_answer_begins():
    pair = {"text": "it\nrains ", "text_pair": "it is wet", "label": "so"}
    assert prompts.line(pair) == "it rains / it is wet => so\n"
    assert prompts.question(pair) == "it rains / it is wet =>"
    assert prompts.line({"source": "사과", "target": "an apple"}) == "사과 => an apple\n"
    assert prompts.line(pair) == prompts.question(pair) + prompts.answer(prompts.answer_of(pair))


def test_the_answer_is_the_label_that_is_most_probable_behind_the_examples(letters):
    figures = few_shot(asked_run(), [6], **letters)
    assert (figures["task"], figures["metric"], figures["questions"]) == ("classification", "accuracy", 4)
    (row,) = figures["by_shots"]
    # All six examples hold y four times: it is the answer to all questions, right for one of four. F1 of y is
    # 2 * 1 / (4 + 1), that of n zero.
    assert (row["shots"], row["accuracy"]) == (6, pytest.approx(0.25))
    assert row["macro_f1"] == pytest.approx(0.2)


def test_examples_are_drawn_from_training_and_those_of_a_small_k_are_among_those_of_a_larger_one(letters):
    def shown(k, seed=0):
        return [sample["input"]["prompt"] for sample in few_shot(asked_run(), [k], seed=seed, **letters)["samples"]]

    of_training = {f"{text} => {label}" for label, texts in zip("yn", TRAIN, strict=True) for text in texts}
    for few, many in zip(shown(2), shown(4), strict=True):
        *lines, question = many.split("\n")
        assert len(set(lines)) == 4 and set(lines) <= of_training
        assert few == "\n".join([*lines[:2], question])
    assert [prompt.split("\n")[-1] for prompt in shown(0)] == ["g =>", "h =>", "i =>"]
    assert len({prompt.rpartition("\n")[0] for prompt in shown(4)}) > 1, "each question has examples of its own"
    assert shown(4) == shown(4) != shown(4, seed=1)


def test_a_prompt_that_does_not_fit_is_refused_and_the_longest_that_does_is_named(letters):
    """[START], k lines of 7 characters, "g =>" and " y", whose line end is not read, are 60 tokens at most: k <= 7."""
    with open(f"{letters['data']}/train.csv", "a", encoding="utf-8") as file:
        file.write("m,y\no,y\nq,n\n")
    few_shot(asked_run(), [7], **letters)
    with pytest.raises(ValueError, match=r"with 9 examples .* up to 70 tokens; .* reads 60 at once: 7 would fit"):
        few_shot(asked_run(), [0, 9], **letters)
    with pytest.raises(ValueError, match=r"10 examples were asked for; task classification has 9"):
        few_shot(asked_run(), [10], **letters)


def test_a_question_of_training_is_no_example_for_itself(letters):
    figures = few_shot(asked_run(), [5], split="train", **letters)
    for sample in figures["samples"]:
        *lines, question = sample["input"]["prompt"].split("\n")
        assert len(lines) == 5 and not any(line.startswith(question) for line in lines)
    with pytest.raises(ValueError, match=r"6 examples were asked for; task classification has 5"):
        few_shot(asked_run(), [6], split="train", **letters)


def test_a_question_of_which_the_run_knows_nothing_is_not_asked(letters):
    with open(f"{letters['data']}/test.csv", "a", encoding="utf-8") as file:
        file.write("사과,y\n")
    with pytest.raises(ValueError, match=r"test\.csv:6: all of the text would be read as unknown"):
        few_shot(asked_run(), [0], **letters)
    figures = few_shot(asked_run(), [0], bad_lines="skip", **letters)
    assert (figures["questions"], figures["skipped_lines"]) == (4, 1)


def test_nothing_left_to_ask_is_an_error(letters):
    for split, what in (("test", "?,n"), ("train", "?,y")):
        path = f"{letters['data']}/{split}.csv"
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"text,label\n{what}\n?,n\n" if split == "train" else f"text,label\n{what}\n")
        with pytest.raises(DataError, match=rf"nothing is left of {split} .* first: .*{split}\.csv:2: all of the text"):
            few_shot(asked_run(), [0], bad_lines="skip", **letters)


def test_other_answers_are_written_up_to_the_end_of_the_line(tmp_path):
    for split, pairs in (("train", "ax bx"), ("validation", "cx"), ("test", "dx ey fx gx")):
        lines = [f"{source}\t{target}\n" for source, target in pairs.split()]
        (tmp_path / f"{split}.tsv").write_text("".join(lines), encoding="utf-8")
    figures = few_shot(asked_run(Saying()), [0, 2], "translation", data=str(tmp_path))
    assert [row["exact_match"] for row in figures["by_shots"]] == [0.75, 0.75]
    assert figures["metric"] == "bleu"
    said = [(sample["expected"], sample["answer"]) for sample in figures["samples"]]
    assert said == [("x", "x"), ("y", "x"), ("x", "x")]


def test_a_task_of_fresh_meanings_brings_its_own_examples(tmp_path):
    """The lines of a document are the examples for its last line, and no other document's."""
    run = asked_run(tokenizer=train_tokenizer("byte", [""]), folder=tmp_path)
    run.model.max_sequence_length = None
    few_shot(run, [1, 20], "tiny-shots:ko", questions=2)
    figures = run.results()["shots"]["tiny-shots:ko"]
    assert [row["shots"] for row in figures["by_shots"]] == [1, 20] and figures["questions"] == 2
    labels = _asked(run, find("tiny-shots:ko"), "test", 1).labels
    assert labels == sorted(sum(LABELS["ko"], ())), "all answers are possible, however few are asked"
    for sample, example in zip(figures["samples"], find("tiny-shots:ko").examples("test"), strict=False):
        *lines, question = sample["input"]["prompt"].split("\n")
        assert sorted(lines) == sorted(example["text"].split("\n")[:-2])
        assert example["text"] == "".join(map(prompts.line, [*example["shots"], example["question"]]))
        assert example["text"].endswith(f"\n{question} {sample['expected']}\n")


@pytest.mark.parametrize("variant", ["en", "ko"])
def test_labels_mean_something_new_in_each_document_and_no_meanings_are_tested_that_were_trained(variant):
    task = find(f"tiny-shots:{variant}")
    sorts = {word: number for number, words in enumerate(WORDS[variant]) for word in words}
    meanings = {}
    for split in task.splits:
        for example in task.examples(split):
            lines = [*example["shots"], example["question"]]
            meaning = {(sorts[line["text"]], line["label"]) for line in lines}
            assert len(meaning) == len(dict(meaning)) == len({label for _, label in meaning}), "one label each"
            assert len(lines) == 21 and example["question"]["text"] not in [shot["text"] for shot in example["shots"]]
            if len(meaning) == len(WORDS[variant]):
                meanings.setdefault(frozenset(meaning), set()).add(split)
    assert all(len(splits) == 1 for splits in meanings.values())
    asked = Counter((sorts[e["question"]["text"]], e["question"]["label"]) for e in task.examples("test"))
    assert len(asked) == 4 * 3 and max(asked.values()) < 80, "of 500; the word alone leaves three labels"


def test_what_cannot_be_asked_is_refused(letters, tmp_path):
    run = asked_run()
    with pytest.raises(ValueError, match=r"tiny-stories:en is of kind 'language-modelling' and asks nothing; .*--task"):
        few_shot(run, [0])
    with pytest.raises(ValueError, match=r"labels 'n' and 'y' are the same to this run: its word tokenizer"):
        few_shot(asked_run(tokenizer=WordTokenizer([*SPECIAL_TOKENS, *"abcdefghijkl"])), [0], **letters)
    with pytest.raises(ValueError, match=r"shots must be numbers from 0 on"):
        few_shot(run, [-1], **letters)
    with pytest.raises(SettingError, match=r"data and bad_lines are for a task that reads your own files: --task"):
        few_shot(run, [0], data=letters["data"])
    with pytest.raises(UnknownNameError, match=r"unknown way with bad lines 'skpi'.*skip"):
        few_shot(run, [0], bad_lines="skpi", **letters)
    with open(f"{letters['data']}/test.csv", "a", encoding="utf-8") as file:
        file.write("z,maybe\n")
    with pytest.raises(ValueError, match=r"test\.csv:6: label 'maybe' does not occur in training"):
        few_shot(run, [0], **letters)
    run.kind = TextToText("decoder", {}, {})
    with pytest.raises(ValueError, match=r"is of kind 'text-to-text'; examples in a prompt are for language models"):
        few_shot(run, [0], **letters)
