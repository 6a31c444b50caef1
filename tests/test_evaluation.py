"""Reported figures: nats per real token, without padding, fillers and dropout, and groups that share nothing."""

import keras
import numpy as np
import pytest

import zoo
from zoo.batching import Batches, Columns
from zoo.evaluation import _by_length, evaluate
from zoo.kinds.language_modelling import LanguageModelling
from zoo.layers.heads import ClassificationHead, LanguageModelHead
from zoo.likelihood import likelihood_function, likelihoods
from zoo.task_model import TaskModel
from zoo.tokenizers import train_tokenizer

V = 11
LENGTHS = [2, 5, 1, 4, 3]


def small(name, dropout=0.0):
    sizes = {"ngram": {}, "gpt": {"num_layers": 1, "num_heads": 2, "intermediate_dim": 8, "max_sequence_length": 8}}
    return zoo.create(name, vocabulary_size=V, hidden_dim=8, dropout=dropout, **sizes[name])


def language_model(name, dropout=0.0):
    backbone = small(name, dropout)
    return TaskModel(backbone, LanguageModelHead(V, tied_to=backbone.tied_embedding))


def windows():
    """Rows of unequal length; in each, the first label does not count (a prefix) unless it is the only one."""
    random = np.random.default_rng(4)
    rows = [random.integers(5, V, length + 1) for length in LENGTHS]
    weights = [np.arange(length) >= min(1, length - 1) for length in LENGTHS]
    inputs = {"token_ids": [row[:-1] for row in rows]}
    return Columns(inputs, [row[1:] for row in rows], [weight.astype(np.float32) for weight in weights])


def nats(logits, label):
    """-log softmax(logits)[label] in float64."""
    logits = np.asarray(logits, np.float64)
    return np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[label]


def one_by_one(model, columns):
    """Nats of each row alone, without any padding."""
    totals = []
    for ids, labels, weights in zip(columns.inputs["token_ids"], columns.labels, columns.weights, strict=True):
        ids = ids[None].astype("int32")
        inputs = {"token_ids": ids, "segment_ids": 0 * ids, "padding_mask": np.ones(ids.shape, bool)}
        logits = keras.ops.convert_to_numpy(model(inputs, training=False))[0]
        if logits.ndim == 1:  # one answer for the text
            totals.append(nats(logits, labels) * weights)
        else:
            totals.append(sum(nats(logits[t], labels[t]) * weights[t] for t in range(len(labels))))
    return np.array(totals)


def test_padding_and_fillers_count_nothing_and_rows_come_back_in_order():
    model, columns = language_model("gpt"), windows()
    expected = one_by_one(model, columns)
    measure = likelihood_function(model)
    # Batches of 2 and 4 end with a filler; one of 8 holds more fillers than a copy of each row.
    for batch_size in (2, 4, 8):
        totals, counts = likelihoods(measure, Batches(columns, batch_size))
        assert counts.tolist() == [1, 4, 1, 3, 2]
        np.testing.assert_allclose(totals, expected, rtol=1e-4)


def test_one_label_for_a_text_is_measured_in_the_same_way():
    texts = windows()
    backbone = zoo.create("bag_of_words", vocabulary_size=V, hidden_dim=8)
    model = TaskModel(backbone, ClassificationHead(3, pooling="mean"))
    labels = [np.array(i % 3) for i in range(5)]
    inputs = {**texts.inputs, "segment_ids": [0 * ids for ids in texts.inputs["token_ids"]]}
    columns = Columns(inputs, labels, [np.array(1.0, np.float32)] * 5)
    totals, counts = likelihoods(likelihood_function(model), Batches(columns, 4))
    assert counts.tolist() == [1] * 5
    np.testing.assert_allclose(totals, one_by_one(model, columns), rtol=1e-4)


def test_dropout_is_off_in_evaluation():
    model, columns = language_model("ngram", dropout=0.5), windows()
    first, second = (likelihoods(likelihood_function(model), Batches(columns, 4))[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_allclose(first, one_by_one(model, columns), rtol=1e-4)
    ((inputs, *_), *_) = Batches(columns, 8).epoch(0)
    outputs = [keras.ops.convert_to_numpy(model(inputs, training=True)) for _ in range(2)]
    assert np.abs(outputs[0] - outputs[1]).max() > 1e-3  # it was there to be switched off


# -- groups by length -----------------------------------------------------------------------------------------------


class Counting:
    """A kind whose input length and metric can be read off an example, a number."""

    metric, loss_name = "sum", "nll"

    def input_length(self, example):
        return example

    def score(self, examples, answers):
        return {"sum": sum(answers)}


@pytest.mark.parametrize(
    "lengths",
    [[3, 3, 3], [1, 1, 1, 9], [5, 1, 4, 2, 3], [1, 2] * 6, [*range(1, 24)], [1, 100, 100, 100, 2, 57]],
    ids=str,
)
def test_groups_by_length_hold_every_example_once(lengths):
    random = np.random.default_rng(0)
    totals, counts = random.random(len(lengths)), random.integers(1, 5, len(lengths)).astype("float64")
    answers = [10**i for i in range(len(lengths))]  # the decimal digits of a sum tell which examples are in it
    groups = _by_length(Counting(), lengths, answers, totals, counts)
    assert sum(group["sum"] for group in groups) == sum(answers)
    assert len(groups) <= 5
    seen = 0
    for group in groups:
        assert group["low"] > seen  # what is equally long stands in one group
        inside = [i for i, length in enumerate(lengths) if group["low"] <= length <= group["high"]]
        assert group["examples"] == len(inside)
        assert group["sum"] == sum(10**i for i in inside)
        assert group["nll"] == pytest.approx(totals[inside].sum() / counts[inside].sum())
        seen = group["high"]
    assert seen == max(lengths)


def test_one_example_makes_no_groups_and_a_group_in_which_nothing_counts_has_no_likelihood():
    assert _by_length(Counting(), [5], [], np.ones(1), np.ones(1)) == []
    # As where the answers in long contexts are cut off: 0 nats would look like a perfect model.
    short, long = _by_length(Counting(), [1, 1, 1, 1, 9], [], np.array([3.0] * 4 + [0]), np.array([2.0] * 4 + [0]))
    assert (short["nll"], short["high"]) == (1.5, 1)
    assert long == {"low": 9, "high": 9, "examples": 1}


def test_the_windows_of_a_document_count_for_that_document():
    # A stretch of 9 characters is two windows of at most 5, one of 1 character has nothing to predict, 4 make one:
    # as many windows as documents, yet window i is not document i.
    kind = LanguageModelling("decoder", {"tokenizer": train_tokenizer("character", ["abcdefghi"])},
                             {"max_length": 5, "document_boundaries": False})  # fmt: skip
    columns = kind.columns([{"text": text} for text in ("abcdefghi", "a", "abcd")])
    assert [len(row) for row in columns.labels] == [5, 3, 3]
    assert columns.examples == [0, 0, 2]
    assert columns.per_example(np.array([10.0, 1.0, 7.0]), 3).tolist() == [11.0, 0.0, 7.0]


# -- the whole report -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    settings = {"hidden_dim": 8, "embedding_dim": 8, "dropout": 0.5}
    folder = tmp_path_factory.mktemp("evaluated") / "run"
    recipe = {"label_smoothing": 0.5}
    options = {"settings": settings, "recipe": recipe, "steps": 1, "batch_size": 4, "progress": False, "out": folder}
    return zoo.train("ngram", "copy", **options)


def test_a_report_is_the_mean_over_target_tokens(run):
    examples = [{"source": text, "target": text} for text in ("ab", "abcdef", "c")]
    figures = evaluate(run, examples=examples, batch_size=4)
    columns = run.kind.columns(examples)
    assert columns.inputs["token_ids"][0][0] == next(iter(run.kind.tokenizers.values())).start_id
    assert figures["tokens"] == 2 + 1 + 6 + 1 + 1 + 1  # letters, and an [END] each
    nll = one_by_one(run.model, columns).sum() / 12  # no trace of the dropout and the label smoothing of training
    assert figures["nll"] == pytest.approx(nll, rel=1e-4)
    assert figures["perplexity"] == pytest.approx(np.exp(nll), rel=1e-4)
    assert (figures["examples"], sum(group["examples"] for group in figures["by_length"])) == (3, 3)
    assert "test" not in run.results()["splits"]  # chosen examples are not the test split
