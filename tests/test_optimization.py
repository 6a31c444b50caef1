"""From logits to a training step: loss, schedule, decay and clipping, each against NumPy or a calculation by hand."""

import math
from unittest.mock import patch

import keras
import numpy as np
import pytest

import zoo
from zoo.batching import Batches, Columns
from zoo.optimization import Recipe, Schedule, cross_entropy, smoothed
from zoo.optimizer import make_optimizer
from zoo.tasks.copy import Copy
from zoo.trainer import DivergedError, Trainer

V, C = 5, 3  # token ids, classes


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


# -- the loss -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.6])
def test_the_loss_is_the_cross_entropy_with_the_smoothed_target(smoothing):
    random = np.random.default_rng(1)
    logits = random.normal(0, 3, (2, 4, 7)).astype("float32")
    labels = random.integers(0, 7, (2, 4)).astype("int32")
    target = (1 - smoothing) * np.eye(7)[labels] + smoothing / 7
    np.testing.assert_allclose(target.sum(axis=-1), 1)
    nll = cross_entropy(labels, logits)
    likelihood = np.take_along_axis(softmax(logits), labels[..., None], axis=-1)[..., 0]
    np.testing.assert_allclose(nll, -np.log(likelihood), rtol=1e-5)
    expected = -(target * np.log(softmax(logits))).sum(axis=-1)
    np.testing.assert_allclose(smoothed(nll, logits, smoothing), expected, rtol=1e-5)


def test_the_loss_is_computed_in_float32_whatever_the_model_computes_in():
    logits = keras.ops.convert_to_tensor([[4.0, 0.0, 0.0]], "bfloat16")
    nll = cross_entropy(np.array([1]), logits)
    loss = smoothed(nll, logits, 0.5)
    assert {keras.backend.standardize_dtype(x.dtype) for x in (nll, loss)} == {"float32"}
    np.testing.assert_allclose(nll, [math.log(math.exp(4) + 2)], rtol=1e-6)


# -- the schedule ---------------------------------------------------------------------------------------------------

# Peak 0.4, warm-up of 4 steps, 19 steps. A 20th would have the rate 0; step 12 is half of the way from the 4th to it,
# step 8 a quarter, the last step 15 of 16 parts.
RATES = {
    "constant": {8: 0.4, 12: 0.4, 19: 0.4},
    "inverse-sqrt": {8: 0.4 * math.sqrt(4 / 8), 12: 0.4 * math.sqrt(4 / 12), 19: 0.4 * math.sqrt(4 / 19)},
    "linear": {8: 0.4 * 3 / 4, 12: 0.4 / 2, 19: 0.4 / 16},
    "cosine": {8: 0.4 * (1 + math.cos(math.pi / 4)) / 2, 12: 0.4 / 2, 19: 0.4 * (1 - math.cos(math.pi / 16)) / 2},
}


@pytest.mark.parametrize("name", RATES)
def test_learning_rates_follow_the_formulas(name):
    schedule = Schedule(Recipe(learning_rate=0.4, schedule=name, warmup_steps=4), total_steps=19)
    for step, rate in {1: 0.1, 2: 0.2, 3: 0.3, 4: 0.4, **RATES[name]}.items():
        assert float(schedule(step - 1)) == pytest.approx(rate, abs=1e-7), step  # the optimizer counts from 0


@pytest.mark.parametrize("name", RATES)
def test_without_warm_up_the_first_step_has_the_peak(name):
    for total_steps in (1, 20):
        schedule = Schedule(Recipe(learning_rate=0.4, schedule=name), total_steps)
        assert float(schedule(0)) == pytest.approx(0.4)


@pytest.mark.parametrize(("name", "last"), [("linear", 0.4 / 10), ("cosine", 0.4 * (1 - math.cos(math.pi / 10)) / 2)])
def test_the_last_step_still_learns(name, last):
    # Step s of 10, counted from 0, has done s / 10 of the way: the last one has a tenth of it left.
    rates = [float(Schedule(Recipe(learning_rate=0.4, schedule=name), 10)(step)) for step in range(11)]
    assert rates[9:] == pytest.approx([last, 0.0], abs=1e-7)
    assert rates == sorted(rates, reverse=True)
    # A training that is shorter than its warm-up is over before the rate falls.
    assert float(Schedule(Recipe(learning_rate=0.4, schedule=name, warmup_steps=20), 10)(9)) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "name, values",
    {
        "learning_rate": (0.0, -1.0, math.nan, math.inf),
        "schedule": ("exponential",),
        "label_smoothing": (-0.1, 1.0),
        "warmup_steps": (-1,),
        "weight_decay": (-0.1,),
        "clip_norm": (-1.0, math.nan),
        "beta_1": (-0.1, 1.0),
        "beta_2": (-0.1, 1.0),
        "epsilon": (0.0, -1e-8),
    }.items(),
)
def test_a_recipe_refuses_what_cannot_be_trained_with(name, values):
    for value in values:
        with pytest.raises(ValueError, match=name):
            Recipe(**{name: value})


# -- one step -------------------------------------------------------------------------------------------------------


def test_matrices_decay_and_vectors_do_not():
    model = keras.Sequential([keras.layers.Embedding(3, 2), keras.layers.Dense(4), keras.layers.LayerNormalization()])
    model.build((1, 2))
    for weight in model.weights:
        weight.assign(np.ones(weight.shape))
    optimizer = make_optimizer(Recipe(learning_rate=0.1, weight_decay=0.5), 10, model.trainable_variables)
    optimizer.apply([np.zeros(weight.shape, "float32") for weight in model.weights], model.trainable_variables)
    # Without a gradient Adam stands still: what is left is w - learning_rate * decay * w.
    after = {weight.path.split("/", 1)[-1]: np.unique(weight).tolist() for weight in model.weights}
    assert len(after) == 5
    for path, values in after.items():
        assert values == pytest.approx([0.95 if path.endswith(("embeddings", "kernel")) else 1.0]), path


class Table(keras.Model):
    """Logits [B, T, C] of a token are its row in a table and a bias: the gradient can be written down."""

    def __init__(self, table):
        super().__init__()
        self.embedding = keras.layers.Embedding(V, C)
        self.embedding.build()
        self.embedding.embeddings.assign(table)
        self.bias = self.add_weight(shape=(C,), initializer="zeros")

    def call(self, inputs, training=False):
        return self.embedding(inputs["token_ids"]) + self.bias


TABLE = np.random.default_rng(2).normal(0, 2, (V, C)).astype("float32")
IDS = [np.array([1, 1, 4]), np.array([2]), np.array([4, 1])]  # 1 occurs three times: its gradients add up
LABELS = [np.array([0, 1, 2]), np.array([1]), np.array([2, 2])]


def one_step(recipe, scale=1.0):
    """A step of plain gradient descent, learning rate 1: reported loss, how table and bias moved [V + 1, C]."""
    columns = Columns({"token_ids": IDS}, LABELS, [np.ones(len(row), np.float32) for row in IDS])
    model = Table(TABLE * scale)
    with patch("zoo.trainer.make_optimizer", return_value=keras.optimizers.SGD(1.0)):
        trainer = Trainer(model, recipe, 1)
    trainer.feed(Batches(columns, 4))  # 3 rows: one is a filler
    (loss,), tokens = trainer.advance(1)
    assert (trainer.step, trainer.tokens, *tokens) == (1, 6, 6)
    return loss, np.concatenate([np.array(model.embedding.embeddings) - TABLE * scale, np.array(model.bias)[None]])


def by_hand(smoothing, scale=1.0):
    """Mean negative log-likelihood of the 6 tokens, and the gradient of the smoothed loss [V + 1, C]."""
    gradient, nll = np.zeros((V + 1, C)), []
    for token, label in zip(np.concatenate(IDS), np.concatenate(LABELS), strict=True):
        probabilities = softmax(TABLE[token].astype("float64") * scale)
        nll.append(-math.log(probabilities[label]))
        gradient[token] += (probabilities - (1 - smoothing) * np.eye(C)[label] - smoothing / C) / 6
    gradient[V] = gradient.sum(axis=0)  # the bias is part of all logits
    return np.mean(nll), gradient


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_a_step_follows_the_gradient_of_the_smoothed_loss_and_reports_the_plain_one(smoothing):
    loss, moved = one_step(Recipe(clip_norm=0.0, label_smoothing=smoothing))
    nll, gradient = by_hand(smoothing)
    np.testing.assert_allclose(moved, -gradient, atol=1e-6)
    assert loss == pytest.approx(nll, rel=1e-5)  # whatever the smoothing


@pytest.mark.parametrize("clip_norm", [0.05, 100.0])
def test_gradients_are_clipped_by_the_norm_of_all_together(clip_norm):
    _, moved = one_step(Recipe(clip_norm=clip_norm), scale=30.0)
    _, gradient = by_hand(0.0, scale=30.0)
    norm = np.sqrt((gradient**2).sum())
    assert 0.05 < norm < 100.0
    np.testing.assert_allclose(moved, -gradient * min(1.0, clip_norm / norm), atol=1e-5)


def test_a_loss_that_is_no_number_stops_the_training():
    with pytest.raises(DivergedError, match="step 1"):
        one_step(Recipe(), scale=math.inf)


# -- a whole training -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs with seeds 5, 5 and 6, with dropout, and the splits their trainings have read."""
    asked, runs = set(), []
    with pytest.MonkeyPatch.context() as patch:
        examples = Copy.examples
        patch.setattr(Copy, "examples", lambda task, split: asked.add(split) or examples(task, split)[:50])
        for i, seed in enumerate((5, 5, 6)):
            folder = tmp_path_factory.mktemp("trained") / str(i)
            settings = {"hidden_dim": 8, "embedding_dim": 8, "dropout": 0.3}
            runs.append(
                zoo.train("ngram", "copy", settings=settings, steps=5, batch_size=4, evaluate_every=2, seed=seed,
                          out=folder, progress=False)
            )  # fmt: skip
    return runs, asked


def figures(run):
    """The history without the time it took."""
    return [{name: value for name, value in row.items() if name != "seconds"} for row in run.history()]


def test_the_same_seed_gives_the_same_run_and_another_seed_another(trained):
    one, same, other = trained[0]
    assert [row["step"] for row in figures(one)][-1] == 5
    assert figures(one) == figures(same)
    assert [row["train_loss"] for row in figures(one)] != [row["train_loss"] for row in figures(other)]
    weights, repeated, others = (run.model.get_weights() for run in (one, same, other))
    for a, b in zip(weights, repeated, strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(not np.array_equal(a, b) for a, b in zip(weights, others, strict=True))


def test_the_history_tells_the_learning_rate_of_the_step_it_measured(tmp_path):
    recipe = {"learning_rate": 0.5, "schedule": "linear"}
    run = zoo.train("ngram", "copy", steps=4, evaluate_every=1, batch_size=2, recipe=recipe, out=tmp_path / "run",
                    settings={"hidden_dim": 4, "embedding_dim": 4}, progress=False)  # fmt: skip
    rates = {row["step"]: row["learning_rate"] for row in run.history()}
    assert rates == pytest.approx({1: 0.5, 2: 0.375, 3: 0.25, 4: 0.125})


def test_training_never_reads_the_test_split(trained):
    assert trained[1] == {"train", "validation"}
