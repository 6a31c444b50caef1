"""A model with several outputs: each loss is a mean of its own, their sum is trained; numbers have squared errors."""

from types import SimpleNamespace
from unittest.mock import patch

import keras
import numpy as np
import pytest

from zoo.batching import Batches, Columns
from zoo.likelihood import likelihood_function, likelihoods, mean_loss
from zoo.optimization import Recipe, losses
from zoo.trainer import Trainer

V, C = 6, 3  # token ids, classes
TABLE = np.random.default_rng(3).normal(0, 2, (V, C + 1)).astype("float32")
IDS = [np.array(row, np.int32) for row in ([1, 2, 5], [3], [5, 0], [4, 4, 1, 2], [2])]
CLASSES = [np.array(row, np.int32) for row in ([0, 1, 2], [1], [2, 0], [1, 1, 0, 2], [2])]
COUNTED = [np.array(row, np.float32) for row in ([0, 1, 0], [0], [1, 1], [1, 0, 0, 1], [0])]
NUMBERS = [np.array(value, np.float32) for value in (0.5, -1.0, 2.0, 3.0, 1.5)]
COLUMNS = Columns(
    {"token_ids": IDS},
    {"tag": CLASSES, "value": NUMBERS},
    {"tag": COUNTED, "value": [np.array(1, np.float32)] * 5},
)


class TwoHeads(keras.Model):
    """Of a token's row in a table: C logits, and a number; the text's number is that of its first token."""

    def __init__(self):
        super().__init__()
        self.embedding = keras.layers.Embedding(V, C + 1)
        self.embedding.build()
        self.embedding.embeddings.assign(TABLE)

    def call(self, inputs, training=False):
        rows = self.embedding(inputs["token_ids"])
        return {"tag": rows[:, :, :C], "value": rows[:, 0, C]}


def by_hand(smoothing=0.0, weight=1.0):
    """The mean of the 5 tags that count, the mean of the 5 numbers, and the gradient of the smoothed sum [V, C + 1].

    ``weight`` is that of the numbers in the sum.
    """
    gradient, nll, errors = np.zeros((V, C + 1)), [], []
    for ids, classes, counted, number in zip(IDS, CLASSES, COUNTED, NUMBERS, strict=True):
        for token, label in zip(ids[counted > 0], classes[counted > 0], strict=True):
            exponentials = np.exp(TABLE[token, :C].astype("float64"))
            probabilities = exponentials / exponentials.sum()
            nll.append(-np.log(probabilities[label]))
            gradient[token, :C] += (probabilities - (1 - smoothing) * np.eye(C)[label] - smoothing / C) / 5
        error = float(TABLE[ids[0], C]) - number
        errors.append(error**2)
        gradient[ids[0], C] += weight * 2 * error / 5
    assert len(nll) == len(errors) == 5
    return np.mean(nll), np.mean(errors), gradient


@pytest.mark.parametrize("accumulation", [1, 2, 3])
@pytest.mark.parametrize(("smoothing", "weight"), [(0.0, 1.0), (0.3, 1.0), (0.0, 0.25)])
def test_a_step_follows_the_gradient_of_the_sum_of_the_means(smoothing, weight, accumulation):
    model = TwoHeads()
    if weight != 1:
        model.head = SimpleNamespace(loss_weights={"value": weight})
    with patch("zoo.trainer.make_optimizer", return_value=keras.optimizers.SGD(1.0)):
        trainer = Trainer(model, Recipe(clip_norm=0.0, label_smoothing=smoothing), 1, accumulation=accumulation)
    trainer.feed(Batches(COLUMNS, 6))  # 5 rows and a filler
    (loss,), (tokens,) = trainer.advance(1)
    nll, error, gradient = by_hand(smoothing, weight)
    np.testing.assert_allclose(np.array(model.embedding.embeddings) - TABLE, -gradient, atol=1e-5)
    assert loss == pytest.approx(nll + weight * error, rel=1e-5)  # neither is smoothed
    assert tokens == 5 + 5


def test_each_output_is_measured_row_by_row():
    model = TwoHeads()
    batches = Batches(COLUMNS, 4)
    totals, counts = likelihoods(likelihood_function(model), batches)
    assert {name: count.tolist() for name, count in counts.items()} == {"tag": [1, 0, 2, 2, 0], "value": [1] * 5}
    nll, error, _ = by_hand()
    assert totals["tag"].sum() / 5 == pytest.approx(nll, rel=1e-5)
    np.testing.assert_allclose(totals["value"], [(TABLE[i[0], C] - n) ** 2 for i, n in zip(IDS, NUMBERS, strict=True)])
    assert mean_loss(totals, counts) == pytest.approx(nll + error, rel=1e-5)
    assert Trainer(model, Recipe(), 1).validate(batches) == pytest.approx(nll + error, rel=1e-5)


def test_numbers_have_squared_errors_in_float32():
    prediction = keras.ops.convert_to_tensor([2.5, -1.0], "bfloat16")
    loss = losses(np.array([0.5, 1.0], np.float32), prediction)
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    np.testing.assert_array_equal(loss, [4.0, 4.0])


def test_a_batch_in_which_an_output_has_nothing_to_learn_from_is_refused():
    nothing = {"tag": [0 * row for row in COUNTED], "value": COLUMNS.weights["value"]}
    with pytest.raises(ValueError, match=r"not a single label counts"):
        Batches(Columns(COLUMNS.inputs, COLUMNS.labels, nothing), 4)
