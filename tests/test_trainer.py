"""What a training can ask for beside its recipe: other precisions, batches in parts, averaged weights, an early end."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.base import computing_in
from zoo.batching import Batches, Columns
from zoo.layers.heads import LanguageModelHead
from zoo.optimization import Recipe
from zoo.registry import UnknownNameError
from zoo.task_model import TaskModel
from zoo.trainer import Trainer

RECIPE = Recipe(learning_rate=0.01, clip_norm=0.1, weight_decay=0.1, epsilon=1e-3)


def make_trainer(recipe=RECIPE, accumulation=1, precision="float32", batch_size=4):
    """A small decoder and six texts of unequal lengths, of which the last batch has two only."""
    keras.utils.set_random_seed(1)
    with computing_in(precision):
        backbone = zoo.create("gpt", vocabulary_size=20, num_layers=1, hidden_dim=16, intermediate_dim=32, dropout=0.0)
        model = TaskModel(backbone, LanguageModelHead(20, backbone.tied_embedding))
    random = np.random.default_rng(0)
    rows = [random.integers(0, 20, length).astype("int32") for length in (3, 9, 5, 2, 7, 4)]
    columns = Columns({"token_ids": rows}, rows, [np.ones(len(row), "float32") for row in rows])
    trainer = Trainer(model, recipe, 100, accumulation=accumulation)
    trainer.feed(Batches(columns, batch_size, seed=0))
    return trainer


def weights(trainer):
    return [np.array(weight) for weight in trainer.model.trainable_variables]


@pytest.mark.parametrize("parts", [2, 4])
def test_a_batch_in_parts_gives_the_step_of_the_whole_batch(parts):
    whole, split = make_trainer(), make_trainer(accumulation=parts)
    figures = [np.concatenate([trainer.advance(1)[0] for _ in range(6)]) for trainer in (whole, split)]
    np.testing.assert_allclose(figures[1], figures[0], rtol=1e-5)
    for a, b in zip(weights(whole), weights(split), strict=True):
        np.testing.assert_allclose(b, a, atol=1e-5)


def test_a_batch_that_cannot_be_parted_is_refused():
    with pytest.raises(ValueError, match=r"batch size 4 cannot be shared evenly .* choose a multiple of 3"):
        make_trainer(accumulation=3)


def test_the_average_is_measured_in_place_of_the_weights_and_given_back():
    trainer = make_trainer(Recipe(learning_rate=0.01, ema=0.75))
    average = None
    for _ in range(4):
        trainer.advance(1)
        now = weights(trainer)
        average = now if average is None else [0.75 * a + 0.25 * w for a, w in zip(average, now, strict=True)]
    with trainer.averaged():
        for a, b in zip(average, weights(trainer), strict=True):
            np.testing.assert_allclose(b, a, atol=1e-6)
    for a, b in zip(now, weights(trainer), strict=True):
        np.testing.assert_array_equal(b, a)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_lower_precisions_follow_the_losses_of_float32(precision):
    losses = []
    for chosen in ("float32", precision):
        trainer = make_trainer(precision=chosen)
        losses.append(np.concatenate([trainer.advance(1)[0] for _ in range(30)]))
    assert trainer.model.compute_dtype == precision.removeprefix("mixed_")
    assert {str(weight.dtype) for weight in weights(trainer)} == {"float32"}
    assert losses[0][-1] < losses[0][0] - 0.5
    np.testing.assert_allclose(losses[1], losses[0], rtol=0.03)


def test_float16_leaves_out_a_step_whose_gradients_overflow_and_lowers_the_scale():
    trainer = make_trainer(precision="mixed_float16")
    trainer.optimizer.dynamic_scale.assign(1e30)
    before = weights(trainer)
    trainer.advance(1)
    for a, b in zip(before, weights(trainer), strict=True):
        np.testing.assert_array_equal(b, a)
    assert float(trainer.optimizer.dynamic_scale) == pytest.approx(5e29)


def test_patience_ends_a_training_that_gets_no_better(tmp_path):
    run = zoo.train(
        "ngram", "copy", steps=100, batch_size=4, evaluate_every=5, out=tmp_path / "run", progress=False,
        recipe={"learning_rate": 1e-30, "schedule": "constant", "patience": 3},
    )  # fmt: skip
    # The first measurement is the best; the next three are no better.
    assert (run.config["status"], run.results()["training"]["steps"]) == ("complete", 20)


def test_an_unknown_precision_or_strategy_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="mixed_bfloat16"):
        zoo.train("ngram", "copy", precision="float8", out=tmp_path / "run")
    with pytest.raises(UnknownNameError, match="multi-worker"):
        zoo.train("ngram", "copy", strategy="parameter-server", out=tmp_path / "run")


def test_tensorboard_has_the_losses_of_the_history(tmp_path):
    run = zoo.train(
        "ngram", "copy", steps=4, evaluate_every=2, batch_size=4, out=tmp_path, tensorboard=True, progress=False
    )
    (file,) = (tmp_path / "tensorboard").iterdir()
    shown = {}
    for event in tf.compat.v1.train.summary_iterator(str(file)):
        for value in event.summary.value:
            shown.setdefault(value.tag, {})[event.step] = float(tf.make_ndarray(value.tensor))
    for name in ("train_loss", "learning_rate", "validation_loss"):
        history = {row["step"]: row[name] for row in run.history() if row[name] is not None}
        assert shown[name] == pytest.approx(history, rel=1e-5)
