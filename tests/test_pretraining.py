"""Pre-training as in BERT's paper: what is refused, what is reported, what comes of it."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo import pretrained
from zoo.datasets import DataError
from zoo.layers.feed_forward import find_activation
from zoo.likelihood import likelihood_function, likelihoods
from zoo.registry import KINDS
from zoo.run_folder import RunError
from zoo.strategies import distribute
from zoo.tasks import find

# -- refusals -------------------------------------------------------------------------------------------------------


class Words(zoo.tasks.Task):
    """Documents of words."""

    registered_name, kind, tokenizer = "words", "pretraining", "word"


TWO = [{"sentences": ["a b c d.", "e f g h.", "i j k l."]}, {"sentences": ["m n o p.", "q r s t."]}]


def fitted(**changes):
    task = Words()
    for name, value in changes.items():
        setattr(task, name, value)
    return KINDS.get("pretraining").fit(task, "encoder", TWO)


def test_one_document_is_refused(tmp_path):
    for seed in (None, 0):
        with pytest.raises(ValueError, match=r"from two documents, and there is 1: give at least two"):
            fitted().batches(TWO[:1], 4, seed)
    alone = [{"sentences": ["a b c d."]}, {"sentences": ["e f."]}, {"sentences": ["g."]}]
    with pytest.raises(ValueError, match=r"no document has two: .* prediction out \(next_sentence=false\)"):
        fitted().batches(alone, 4, 0)
    assert len(fitted().batches(alone, 4)) == 1  # a split to be scored may be such
    assert len(fitted(next_sentence=False).batches(alone[:1], 4, 0)) == 1
    (tmp_path / "one.txt").write_text("A long text. Of one document.\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"one\.txt: one document; .* blank lines between documents"):
        find("pretraining", data=tmp_path / "one.txt").examples("train")


def test_settings_that_mean_nothing_are_refused():
    for changes in ({"masking_rate": 0.0}, {"masking_rate": 1.0}, {"mask_share": 0.8, "random_share": 0.3}):
        with pytest.raises(ValueError, match=r"masking_rate must lie between 0 and 1"):
            fitted(**changes)
    with pytest.raises(ValueError, match=r"byte tokenizer do not tell where a word begins"):
        fitted(whole_words=True, tokenizer="byte")


# -- the pipeline ---------------------------------------------------------------------------------------------------


def stream(kind, start=0, count=6):
    batches = kind.batches(TWO, 2, seed=5)
    iterator = distribute(batches, tf.distribute.get_strategy(), start)
    return [tf.nest.map_structure(lambda x: x.numpy(), next(iterator)) for _ in range(count)], len(batches)


def test_masks_are_new_in_each_epoch_and_the_stream_can_be_taken_up_anywhere():
    kind = fitted()
    batches, per_epoch = stream(kind, count=12)
    rest, _ = stream(kind, start=5, count=7)
    for a, b in zip(batches[5:], rest, strict=True):
        keras.tree.map_structure(np.testing.assert_array_equal, a, b)
    seen = {}  # an unmasked text -> the places that were masked, epoch after epoch
    for number, (inputs, labels, weights) in enumerate(batches):
        ids = inputs["token_ids"].copy()
        for row, (text, places) in enumerate(zip(ids, inputs["masked_positions"], strict=True)):
            counted = weights["masked"][row] > 0
            text[places[counted]] = labels["masked"][row][counted]
            if weights["next"][row]:
                seen.setdefault(tuple(text), []).append((number // per_epoch, tuple(places[counted])))
    repeated = [places for places in seen.values() if len({epoch for epoch, _ in places}) > 1]
    assert repeated
    assert any(len({place for _, place in places}) > 1 for places in repeated)


def test_labels_are_asked_at_masked_places_only():
    kind = fitted()
    backbone = zoo.create("bert", vocabulary_size=kind.tokenizer.vocabulary_size, num_layers=1, hidden_dim=8,
                          intermediate_dim=8, max_sequence_length=128)  # fmt: skip
    model = zoo.task_model.TaskModel(backbone, kind.head(backbone))
    totals, counts = likelihoods(likelihood_function(model), kind.batches(TWO, 4))
    columns = kind.columns(TWO)
    ordinary = [int((~kind.tokenizer.is_special[ids]).sum()) for ids in kind._packed(
        kind._documents(TWO), np.random.default_rng(0)).inputs["token_ids"]]  # fmt: skip
    assert counts["masked"].tolist() == [max(1, round(0.15 * n)) for n in ordinary]
    assert counts["next"].tolist() == [1] * len(columns)
    # By hand from the logits of one row.
    inputs, labels, *_ = next(iter(kind.batches(TWO, 1).epoch(0)))
    probabilities = keras.tree.map_structure(lambda x: np.array(tf.nn.softmax(x))[0], model(inputs, training=False))
    (row,) = [i for i in range(len(columns)) if len(columns.inputs["token_ids"][i]) == max(columns.lengths())][:1]
    for name in ("masked", "next"):
        right = np.atleast_1d(labels[name][0])
        nats = -np.log(np.atleast_2d(probabilities[name])[np.arange(len(right)), right]).sum()
        assert totals[name][row] == pytest.approx(nats, rel=1e-4)
    figures = kind.likelihood(TWO, totals, counts)
    assert figures["nll"] == pytest.approx(figures["masked_nll"] + figures["next_nll"])
    assert figures["perplexity"] == pytest.approx(np.exp(figures["masked_nll"]))


def test_accuracies_are_shares_of_the_questions():
    answers = [{"masked": [(5, 5), (6, 7)], "next": [(0, 0)]}, {"masked": [(8, 8)], "next": [(1, 0), (1, 1)]}]
    assert fitted().score([], answers) == {"masked_accuracy": 2 / 3, "next_accuracy": 2 / 3}


def test_the_head_has_the_activation_of_its_backbone():
    kind = fitted()
    for activation in ("gelu", "gelu_tanh"):
        backbone = zoo.create("bert", vocabulary_size=kind.tokenizer.vocabulary_size, num_layers=1, hidden_dim=8,
                              intermediate_dim=8, activation=activation)  # fmt: skip
        head = kind.head(backbone)
        assert head.masked_lm.activation is find_activation(activation)


# -- a whole run ----------------------------------------------------------------------------------------------------

SMALL = {"num_layers": 1, "hidden_dim": 16, "intermediate_dim": 16, "max_sequence_length": 64}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pretraining")
    lines = [
        json.dumps({"text": f"The {a} sees the {b}. It runs to the {c}. The {b} is happy."})
        for a in ("cat", "dog", "고양이")
        for b in ("bird", "horse", "fish")
        for c in ("barn", "house", "집")
    ]
    (folder / "stories.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return zoo.train("bert", "pretraining", data=folder / "stories.jsonl", settings=SMALL, steps=40, batch_size=16,
                     text={"max_length": 64},
                     recipe={"learning_rate": 3e-3, "warmup_steps": 5}, out=folder / "run", progress=False)  # fmt: skip


def test_a_run_learns_reports_and_fills_blanks(run):
    first, last = run.history()[0]["train_loss"], run.history()[-1]["train_loss"]
    assert last < first - 0.5
    figures = zoo.evaluate(run, "test")
    assert {"masked_accuracy", "next_accuracy", "masked_nll", "next_nll", "nll", "perplexity"} <= set(figures)
    assert figures["samples"][0]["input"]["text"].count("[MASK]") == 1
    two, none = zoo.predict(run, ["The [MASK] sees the 고양이. [MASK] runs.", "[MASK] house"])
    assert len(two["token"]) == len(two["probability"]) == 2
    assert none["token"][1:] == [""]
    assert "sees the 고양이." in two["filled"] and "[MASK]" not in two["filled"]
    with pytest.raises(ValueError, match=r"has no blank: write \[MASK\]"):
        zoo.predict(run, ["no blank here"])


def test_without_next_sentences_a_single_document_of_single_sentences_is_enough(tmp_path):
    data = tmp_path / "reviews.txt"
    data.write_text("\n".join(f"정말 {a} 영화 {b}" for a in "가나다라마바" for b in "0123456789"), encoding="utf-8")
    options = {"settings": SMALL, "steps": 3, "batch_size": 4, "out": tmp_path / "run", "progress": False}
    text = {"max_length": 12, "next_sentence": "false", "tokenizer": "wordpiece"}
    run = zoo.train("bert", "pretraining", data=data, text=text, **options)
    columns = run.kind.columns(run.task.examples("train"))
    tokenizer = run.kind.tokenizer
    for ids, segments in zip(columns.inputs["token_ids"], columns.inputs["segment_ids"], strict=True):
        assert (ids[0], ids[-1]) == (tokenizer.start_id, tokenizer.end_id)
        assert tokenizer.end_id not in ids[1:-1] and not segments.any()
        assert len(ids) in (6, 10)  # one or two reviews of four words
    assert not hasattr(run.model.head, "pooler")
    again = zoo.load(run.folder)  # reads the task's only document once more, with the settings of its text side
    figures = zoo.evaluate(again, "test")
    assert figures["nll"] == figures["masked_nll"] and "next_accuracy" not in figures
    converted = pretrained.read(zoo.convert(again, tmp_path / "converted"))
    assert converted.part("masked_lm") and not converted.part("next_sentence")


# Task of one's own data -> its lines, and whether its head begins with the pooler.
TUNED = {
    "classification": ([json.dumps({"text": f"{a} {b}", "label": a}) for a in "xy" for b in "abcdefgh"], True),
    "tagging": ([json.dumps({"tokens": [a, b], "tags": ["O", "B-x"]}) for a in "xy" for b in "abcdefgh"], False),
}


@pytest.mark.parametrize("task", TUNED)
def test_fine_tuning_starts_from_backbone_and_pooler(run, task, tmp_path):
    lines, has_pooler = TUNED[task]
    data = tmp_path / "data.jsonl"
    data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = {"data": data, "steps": 1, "init": run.folder, "out": tmp_path / "run", "progress": False}
    with pytest.raises(RunError, match=r"max_sequence_length"):  # the run knows 64 positions
        zoo.train("bert", task, **options)
    with pytest.raises(RunError, match=r"leave out lowercase"):
        zoo.train("bert", task, text={"lowercase": True}, **options)
    recipe = {"learning_rate": 1e-30, "weight_decay": 0}  # nothing moves
    tuned = zoo.train("bert", task, text={"max_length": 30}, recipe=recipe, **options)
    assert tuned.config["text"] == {"max_length": 30}
    old, new = run.model, tuned.model
    for a, b in [(old.backbone, new.backbone)] + ([(old.head.pooler, new.head.pooler)] if has_pooler else []):
        for before, after in zip(a.get_weights(), b.get_weights(), strict=True):
            np.testing.assert_array_equal(after, before)
