"""XLA compiles a training's steps where that pays, and changes nothing else."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from zoo.batching import Batches, Columns
from zoo.compilation import FEWEST_STEPS, LEAST_FILLED, MOST_PARAMETERS, decide
from zoo.registry import MODELS
from zoo.settings import SettingError

ONE = tf.distribute.get_strategy()


class _Model:
    """As much of a model as the rules look at."""

    def __init__(self, parameters=1, compiles=True):
        self.parameters = parameters
        self.backbone = type("Backbone", (), {"compiles": compiles, "registered_name": "rnn"})

    def count_params(self):
        return self.parameters


def batches(lengths):
    rows = [np.ones(length, np.int32) for length in lengths]
    return Batches(Columns({"token_ids": rows}, rows, [row.astype(np.float32) for row in rows]), 2)


FULL = batches([8, 8, 8])


def auto(model=None, batches=FULL, steps=FEWEST_STEPS, strategy=ONE, precision="float32"):
    return decide("auto", model or _Model(), batches, steps, strategy, precision)


def test_auto_compiles_long_trainings_of_small_models_on_rows_of_one_length():
    assert auto()
    assert not auto(_Model(MOST_PARAMETERS + 1))
    assert not auto(_Model(compiles=False))
    assert not auto(steps=FEWEST_STEPS - 1)
    assert not auto(steps=None)
    assert not auto(precision="mixed_bfloat16")
    assert not auto(batches=batches([8, 8, 2]))


def test_filled_is_the_share_of_places_with_a_token():
    assert batches([8, 4, 6]).filled() == 18 / 24
    assert FULL.filled() == 1 >= LEAST_FILLED
    sources, targets = [np.ones(3, np.int32)], [np.ones(4, np.int32)]
    pairs = Columns({"encoder_token_ids": sources, "decoder_token_ids": targets}, targets, [np.ones(4, np.float32)])
    assert Batches(pairs, 1).filled() == 7 / 8


def test_a_wish_is_followed_or_refused():
    assert not decide("off", _Model(), FULL, FEWEST_STEPS, ONE, "float32")
    assert decide("on", _Model(), batches([8, 1]), 1, ONE, "float32")
    with pytest.raises(SettingError, match=r"compile=on is not possible: rnn runs a loop over time"):
        decide("on", _Model(compiles=False), FULL, FEWEST_STEPS, ONE, "float32")


def with_xla():
    return [name for name in MODELS.names() if MODELS.get(name).compiles]


@pytest.mark.parametrize("name", with_xla())
def test_a_compiled_training_learns_the_same(name, tmp_path):
    family = MODELS.get(name)
    task = {"encoder": "tiny-sentiment", "decoder": "copy", "encoder_decoder": "copy"}[family.kind]
    wanted = {"dropout": 0.0, "num_layers": 1}  # which XLA compiles in half the time
    settings = {name: value for name, value in wanted.items() if hasattr(family.presets["tiny"], name)}
    options = {"steps": 3, "batch_size": 4, "evaluate_every": 1, "settings": settings, "progress": False}
    runs = [zoo.train(name, task, compile=wish, out=tmp_path / wish, **options) for wish in ("off", "on")]
    assert [run.config["compiled"] for run in runs] == [False, True]
    plain, compiled = ([row["train_loss"] for row in run.history()] for run in runs)
    np.testing.assert_allclose(compiled, plain, rtol=1e-4)  # each step's loss follows from the steps before it
