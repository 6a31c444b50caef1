"""What a training leaves behind, also when it was short or nothing in it counted."""

import dataclasses
import json

import numpy as np
import pytest

import zoo
from zoo.kinds.classification import Classification
from zoo.kinds.language_modelling import LanguageModelling
from zoo.tasks.question_answering import QuestionAnswering
from zoo.tokenizers import SPECIAL_TOKENS
from zoo.trainer import Trainer

SMALL = {"batch_size": 4, "progress": False}


def weights(run):
    return [np.array(weight) for weight in run.model.get_weights()]


def assert_reloads(run):
    for kept, loaded in zip(weights(run), weights(zoo.load(run.folder)), strict=True):
        np.testing.assert_array_equal(loaded, kept)


def test_a_budget_in_minutes_keeps_what_was_learned_however_short(tmp_path):
    run = zoo.train("ngram", "copy", minutes=1e-6, out=tmp_path / "run", **SMALL)
    training = run.results()["training"]
    assert training["best_step"] == training["steps"] > 0
    assert run.config["recipe"]["schedule"] == "constant"  # not the family's, which ends at the last step
    assert_reloads(run)
    assert repr(run) == f"<Run ngram:tiny on copy, complete, in {tmp_path / 'run'}>"


def test_control_c_before_the_first_step_leaves_a_run(tmp_path, monkeypatch):
    def interrupted(self, most_steps):
        raise KeyboardInterrupt

    monkeypatch.setattr(Trainer, "advance", interrupted)
    run = zoo.train("ngram", "copy", steps=3, out=tmp_path / "run", **SMALL)
    assert (run.config["status"], run.results()["training"]["steps"]) == ("interrupted", 0)
    assert_reloads(run)


def test_data_in_which_nothing_counts_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(QuestionAnswering, "max_length", 3)
    example = {"question": "who", "answers": ["five"], "starts": [17]}
    lines = [json.dumps({**example, "context": f"one two three {i:02} five"}) for i in range(40)]
    (tmp_path / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    data = tmp_path / "questions.jsonl"
    with pytest.raises(ValueError, match="not a single label counts"):
        zoo.train("bag_of_words", "question-answering", data=data, steps=1, out=tmp_path / "run", **SMALL)


def test_few_examples_are_drawn_of_training_and_validation_and_the_vocabulary_is_that_of_all(tmp_path, monkeypatch):
    read, columns = [], Classification.columns
    monkeypatch.setattr(Classification, "columns", lambda kind, found: read.append(found) or columns(kind, found))
    options = {"examples": 8, "steps": 2, "seed": 5, "checkpoint_steps": 1, **SMALL}

    def interrupted(trainer, most_steps):
        if trainer.step:
            raise KeyboardInterrupt
        return advance(trainer, most_steps)

    with monkeypatch.context() as patch:
        advance = Trainer.advance
        patch.setattr(Trainer, "advance", interrupted)
        run = zoo.train("bag_of_words", "tiny-sentiment", out=tmp_path / "few", **options)
    splits = [run.task.examples(split) for split in ("train", "validation")]
    assert [len(found) for found in read] == [8, 8]
    assert all(example in split for found, split in zip(read, splits, strict=True) for example in found)
    everything = zoo.train("bag_of_words", "tiny-sentiment", steps=1, out=tmp_path / "all", **SMALL)
    assert run.kind.reader.tokens == everything.kind.reader.tokens
    # What was stopped goes on with the same examples.
    first, read[:] = read[:2], []
    zoo.resume(run.folder, progress=False)
    assert read == first


def test_more_examples_than_there_are_cannot_be_drawn(tmp_path):
    with pytest.raises(ValueError, match=r"20001 examples were asked for; task copy has 10,000 for training"):
        zoo.train("ngram", "copy", examples=20_001, out=tmp_path / "run", **SMALL)
    with pytest.raises(ValueError, match="give 1 at least"):
        zoo.train("ngram", "copy", examples=0, out=tmp_path / "run", **SMALL)


def test_max_tokens_holds_for_each_row_whatever_prompt_stands_beside_it(tmp_path):
    run = zoo.train("rnn", "copy", steps=1, out=tmp_path / "run", **SMALL)
    bias = run.model.head.bias
    bias.assign(np.where(np.arange(bias.shape[0]) < len(SPECIAL_TOKENS), -1e3, 0.0))  # it writes letters without end
    answers = zoo.predict(run, ["ab", "abcdefghijklmnop"], max_tokens=3)
    assert [len(answer["target"]) for answer in answers] == [3, 3]


def test_the_vocabulary_holds_the_words_of_the_training_split_alone(tmp_path):
    words = {"train": "known", "validation": "later", "test": "never"}
    for split, word in words.items():
        (tmp_path / f"{split}.tsv").write_text(f"a {word}\tyes\n{word} b\tno\n", encoding="utf-8")
    run = zoo.train("bag_of_words", "classification", data=tmp_path, steps=1, out=tmp_path / "run", **SMALL)
    tokens = " ".join(run.kind.tokenizers["tokenizer"].tokens)
    assert [word for word in words.values() if word in tokens] == ["known"]


def test_the_validation_loss_is_that_of_the_whole_split_in_its_order(tmp_path):
    """Not of crops at random places: of long documents these would give another context to each token."""
    random = np.random.default_rng(0)
    for split in ("train", "validation"):
        text = " ".join(random.choice(["mia", "runs", "and", "sees", "a", "dog"], 300))
        (tmp_path / f"{split}.txt").write_text(text + "\n", encoding="utf-8")
    (tmp_path / "test.txt").write_text("mia runs\n", encoding="utf-8")
    run = zoo.train("ngram", "language-modelling", data=tmp_path, steps=2, evaluate_every=1, out=tmp_path / "run",
                    **SMALL)  # fmt: skip
    measured = zoo.evaluate(run, split="validation")
    assert measured["tokens"] > 2 * run.kind.facts["max_length"]  # several windows
    assert run.results()["training"]["best_validation_loss"] == pytest.approx(measured["nll"], rel=1e-5)


def test_windows_predict_each_token_but_the_first_once():
    kind = LanguageModelling("decoder", {}, {"max_length": 4, "document_boundaries": False})
    documents = [np.arange(12), np.arange(1), np.arange(0), np.arange(3)]
    for shift in range(4):
        columns = dataclasses.asdict(kind._windows(documents, shift))
        assert np.concatenate(columns["labels"]).tolist() == [*range(1, 12), 1, 2]
        assert np.concatenate(columns["inputs"]["token_ids"]).tolist() == [*range(11), 0, 1]
        assert max(map(len, columns["labels"])) <= 4
