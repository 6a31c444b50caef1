"""What all kinds of task owe: a vocabulary of the training split, answers without a look at the right ones, files."""

import dataclasses

import keras
import numpy as np
import pytest

from zoo import kinds
from zoo.registry import KINDS, MODELS
from zoo.runs import build_model, model_settings
from zoo.tasks import Task

# Each: backbone, training examples, and those of the test split with the new word "zebra".
QUESTION = {"question": "who runs", "context": "mia runs", "answers": ["mia"], "starts": [0]}
ALL = {
    "text-to-text": (
        "encoder_decoder",
        [{"source": "a b c d e f g h", "target": "h g f e d c b a"}],
        [{"source": "a zebra", "target": "zebra a"}],
    ),
    "language-modelling": ("decoder", [{"text": "a b a"}], [{"text": "a zebra"}]),
    "pretraining": (
        "encoder",
        [{"sentences": ["a b a b a", "b"]}, {"sentences": ["b b a b b b"]}],
        [{"sentences": ["a zebra zebra zebra", "zebra zebra"]}, {"sentences": ["zebra zebra zebra"]}],
    ),
    "classification": (
        "encoder",
        [{"text": "a b", "text_pair": "b", "label": "no"}, {"text": "b a", "text_pair": "a", "label": "yes"}],
        [{"text": "zebra a", "text_pair": "zebra", "label": "no"}],
    ),
    "regression": (
        "encoder",
        [{"text": "a b", "text_pair": "b", "score": 1.0}, {"text": "b a", "text_pair": "a", "score": 4.0}],
        [{"text": "zebra a", "text_pair": "zebra", "score": 2.0}],
    ),
    "tagging": ("encoder", [{"tokens": ["a", "b"], "tags": ["O", "B-x"]}], [{"tokens": ["zebra"], "tags": ["O"]}]),
    "span-answering": ("encoder", [QUESTION], [{**QUESTION, "question": "who zebra", "context": "mia zebra"}]),
}
# Language models are measured by likelihood alone; what pre-training asks is drawn from the texts themselves.
ANSWERING = [
    (name, kind)
    for name in ALL
    if name not in ("language-modelling", "pretraining")
    for kind in KINDS.get(name).backbone_kinds
]


class Words(Task):
    """A task that reads words; its splits are in ``ALL``."""

    registered_name = "words"

    def examples(self, split):
        _, train, test = ALL[self.kind]
        return train if split == "train" else test


def fitted(name, backbone_kind=None):
    task = Words()
    task.kind = name
    return KINDS.get(name).fit(task, backbone_kind or ALL[name][0], task.examples("train")), task


def untrained(family, kind):
    config = model_settings(MODELS.get(family).presets["tiny"], kind, {})
    return build_model(family, dataclasses.asdict(config), kind)


def test_all_kinds_are_tested_here():
    assert set(ALL) == set(KINDS.names())


def wrong(example):
    """The example with other right answers."""
    others = {"target": "b a a b", "label": "yes", "score": 7.0, "answers": ["runs"], "starts": [4]}
    changed = {key: others[key] for key in example if key in others}
    return {**example, **changed, **({"tags": ["B-x"] * len(example["tags"])} if "tags" in example else {})}


@pytest.mark.parametrize(("name", "backbone_kind"), ANSWERING)
def test_answers_are_given_without_a_look_at_the_right_ones(name, backbone_kind):
    kind, task = fitted(name, backbone_kind)
    model = untrained({"encoder_decoder": "seq2seq", "decoder": "rnn", "encoder": "birnn"}[backbone_kind], kind)
    examples = task.examples("train")
    answers = kind.answers(model, examples)
    assert len(answers) == len(examples) and any(answers)
    others = list(map(wrong, examples))
    assert others != examples
    assert kind.answers(model, others) == answers


@pytest.mark.parametrize("name", ALL)
def test_a_word_of_the_test_split_alone_is_unknown(name):
    kind, task = fitted(name)
    for tokenizer in kind.tokenizers.values():
        assert "zebra" not in tokenizer.tokens
        assert "a" in tokenizer.tokens or "mia" in tokenizer.tokens
    for split, unknown in (("train", False), ("test", True)):
        columns = kind.columns(task.examples(split))
        for input_name, rows in columns.inputs.items():
            if input_name.endswith("token_ids"):
                assert (tokenizer.unknown_id in np.concatenate(rows)) == unknown, (split, input_name)


@pytest.mark.parametrize("name", ALL)
def test_a_task_may_be_ranked_by_a_metric_of_its_own(name, tmp_path):
    kind, task = fitted(name)
    assert kind.metric == KINDS.get(name).metric
    task.metric = "another"
    kind = KINDS.get(name).fit(task, ALL[name][0], task.examples("train"))
    kind.save(tmp_path)
    assert kind.metric == kinds.load(tmp_path).metric == "another"


@pytest.mark.parametrize("name", ALL)
def test_a_saved_kind_makes_the_same_columns(name, tmp_path):
    kind, task = fitted(name)
    kind.save(tmp_path)
    loaded = kinds.load(tmp_path)
    examples = task.examples("train") + task.examples("test")
    before, after = kind.columns(examples), loaded.columns(examples)
    for part in ("inputs", "labels", "weights"):
        expected, found = (keras.tree.map_structure(np.ndarray.tolist, getattr(x, part)) for x in (before, after))
        assert found == expected
    assert (loaded.settings(), loaded.fields, loaded.metric) == (kind.settings(), kind.fields, kind.metric)
