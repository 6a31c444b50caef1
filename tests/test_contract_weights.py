"""What every registered family owes besides its answers: settings and weights that are kept, learn, are its paper's."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from tests.backends import with_gradients
from tests.contract import FAMILIES, TINY, B, T, V, batch, ids_name, mask_of, outputs, shared, tiny, with_head
from tests.processes import finished
from zoo.base import Encoder, computing_in
from zoo.batching import Batches, Columns
from zoo.layers import TokenEmbedding
from zoo.prompt_tuning import Prompted
from zoo.registry import MODELS, register_model


@pytest.mark.parametrize("name", TINY)
def test_config_survives_a_round_trip(name):
    backbone = shared(name).backbone
    config = json.loads(json.dumps(backbone.get_config()))
    again = type(backbone).from_config(config)
    assert again.config == backbone.config
    assert [tuple(w.shape) for w in again.weights] == [tuple(w.shape) for w in backbone.weights]


@pytest.mark.parametrize("name", FAMILIES)
def test_each_weight_receives_a_gradient(name):
    keras.utils.set_random_seed(2)
    model = with_head(tiny(name))
    inputs = batch(model.backbone)

    # Every position of a learned table and every row of an embedding need not be used; the weight as a whole must be.
    def answer():
        return {"loss": ops.mean(ops.log_softmax(model(inputs, training=True))[..., 3])}

    _, gradients = with_gradients(answer, model.trainable_weights)
    pairs = zip(model.trainable_weights, gradients, strict=True)
    assert not [weight.path for weight, gradient in pairs if not gradient.any()]


def cut(rows, is_real):
    """The rows of an array without what lies behind them."""
    return [row[real] for row, real in zip(rows, is_real, strict=True)]


@pytest.mark.tensorflow("training is a tf.function")
@pytest.mark.parametrize("name", FAMILIES)
def test_memorizes_one_batch(name):
    from zoo.optimization import Recipe
    from zoo.trainer import Trainer

    keras.utils.set_random_seed(3)
    model = with_head(tiny(name))
    inputs = batch(model.backbone)
    # The label of a position is a function of the input's own tokens that every family can express.
    labels = (inputs[ids_name(model.backbone)] * 3 + 1) % V
    columns = Columns(
        {name: cut(values, mask_of(inputs, name)) for name, values in inputs.items() if not name.endswith("mask")},
        cut(labels.astype("int32"), mask_of(inputs, ids_name(model.backbone))),
        cut(np.ones((B, T), "float32"), mask_of(inputs, ids_name(model.backbone))),
    )
    trainer = Trainer(model, Recipe(learning_rate=3e-3), 400)
    trainer.feed(Batches(columns, B, seed=0))
    loss = np.inf
    while trainer.step < 400 and loss > 0.05:
        nll, _ = trainer.advance(20)
        loss = nll[-1]
    assert loss < 0.05


@pytest.fixture
def mixed_bfloat16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("name", FAMILIES)
def test_mixed_precision_computes_in_bfloat16(name, mixed_bfloat16, monkeypatch):
    model = with_head(tiny(name))
    inputs = batch(model.backbone)
    seen = set()

    def watch(owner, attribute, tensors):
        original = getattr(owner, attribute)

        def watched(*args, **kwargs):
            result = original(*args, **kwargs)
            dtypes = [keras.backend.standardize_dtype(x.dtype) for x in keras.tree.flatten(tensors(args, result))]
            seen.update((attribute, dtype) for dtype in dtypes if "float" in dtype)
            return result

        monkeypatch.setattr(owner, attribute, watched)

    watch(keras.layers.Layer, "__call__", lambda args, result: result)  # what each layer gives
    for product in ("einsum", "matmul"):  # what each product takes
        watch(ops, product, lambda args, result: [x for x in args if not isinstance(x, str)])
    hidden_states = model.backbone(inputs)
    assert keras.backend.standardize_dtype(hidden_states.dtype) == "bfloat16"
    assert {dtype for _, dtype in seen} == {"bfloat16"}, seen
    assert {keras.backend.standardize_dtype(weight.dtype) for weight in model.trainable_weights} == {"float32"}
    logits = model(inputs)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"  # a loss needs the digits
    assert np.isfinite(ops.convert_to_numpy(logits)).all()


@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_seed_gives_the_same_weights(name):
    keras.utils.set_random_seed(1)
    backbone = tiny(name)
    keras.utils.set_random_seed(1)
    again = tiny(name)
    for one, other in zip(backbone.weights, again.weights, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(one), ops.convert_to_numpy(other), err_msg=one.path)


def test_saved_weights_give_the_same_outputs_in_a_fresh_process(tmp_path):
    script = ["import sys, numpy as np", "sys.path.insert(0, sys.argv[1])", "from contract import *"]
    for name in FAMILIES:
        model = with_head(tiny(name))
        model.save_weights(tmp_path / f"{name}.weights.h5")
        np.save(tmp_path / f"{name}.npy", outputs(model, batch(model.backbone)))
        script += [
            f"model = with_head(tiny({name!r}))",
            f"model.load_weights(sys.argv[2] + '/{name}.weights.h5')",
            f"expected = np.load(sys.argv[2] + '/{name}.npy')",
            f"np.testing.assert_allclose(outputs(model, batch(model.backbone)), expected, atol=1e-6, err_msg={name!r})",
        ]
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", "\n".join(script), here, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", FAMILIES)
def test_keras_saves_and_loads_a_backbone_alone_and_inside_a_model(name, tmp_path):
    backbone = shared(name).backbone
    inputs = batch(backbone)
    symbolic = {
        key: keras.Input(batch_shape=value.shape, dtype=str(value.dtype), name=key) for key, value in inputs.items()
    }
    around = keras.Model(symbolic, keras.layers.Dense(3, name="answer")(backbone(symbolic)))
    for model in (backbone, around):
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_array_equal(outputs(loaded, inputs), outputs(model, inputs))
        loaded.save(tmp_path / "again.keras")
        again = keras.models.load_model(tmp_path / "again.keras")
        np.testing.assert_array_equal(outputs(again, inputs), outputs(model, inputs))
    parts = [layer for layer in loaded.layers if layer.name == backbone.name]
    assert [(type(part), part.config) for part in parts] == [(type(backbone), backbone.config)]


@pytest.mark.parametrize("name", FAMILIES)
def test_keras_saves_and_loads_a_model_with_its_head_unless_it_is_tied(name, tmp_path):
    model = shared(name)
    if model.backbone.kind != "encoder" and model.backbone.tied_embedding is not None:
        with pytest.raises(NotImplementedError, match=r"is tied to an embedding.*: use save_weights"):
            model.save(tmp_path / "model.keras")
        return
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    inputs = batch(model.backbone)
    np.testing.assert_array_equal(outputs(loaded, inputs), outputs(model, inputs))


def test_a_decoder_with_a_trained_prompt_is_not_saved_by_keras(tmp_path):
    with pytest.raises(NotImplementedError, match=r"zoo\.load .* zoo\.export .* save_weights"):
        Prompted(tiny("gpt"), 3).save(tmp_path / "model.keras")


def test_a_loaded_backbone_keeps_its_name_its_precision_and_that_it_is_frozen(tmp_path):
    with computing_in("mixed_bfloat16"):
        backbone = tiny("ngram")
    backbone.name, backbone.trainable = "memory", False
    backbone.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert (loaded.name, loaded.trainable, loaded.trainable_weights) == ("memory", False, [])
    assert {layer.compute_dtype for layer in [loaded, *loaded.layers]} == {"bfloat16"}
    assert keras.config.dtype_policy().name == "float32"


def test_a_fresh_process_loads_any_family_whose_file_it_has_imported(tmp_path):
    script = ["import sys, keras"]
    for name in FAMILIES:
        shared(name).backbone.save(tmp_path / f"{name}.keras")
        script += [f"import zoo.models.{name}"]
        script += [f"assert keras.models.load_model(sys.argv[1] + '/{name}.keras').registered_name == {name!r}"]
    finished([sys.executable, "-c", "\n".join(script), tmp_path])


def test_a_family_of_ones_own_is_saved_and_loaded_like_any(tmp_path, monkeypatch):
    monkeypatch.setattr(MODELS, "_entries", dict(MODELS._entries))

    @dataclasses.dataclass(frozen=True)
    class Settings:
        hidden_dim: int = 4

    @register_model("mine")
    class Embedding(Encoder):  # a class of the name that one of Keras' has
        Config = Settings

        def __init__(self, config):
            super().__init__(config)
            self.embedding = TokenEmbedding(V, config.hidden_dim)
            self.build_from_inputs()

        def call(self, inputs):
            return self.embedding(inputs["token_ids"])

    backbone = Embedding(Settings(hidden_dim=3))
    backbone.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert (type(loaded), loaded.config) == (Embedding, Settings(3))
    np.testing.assert_array_equal(outputs(loaded, batch(backbone)), outputs(backbone, batch(backbone)))


@pytest.mark.parametrize("name", FAMILIES)
def test_each_family_tells_its_paper_and_has_a_tiny_preset_first(name):
    family = MODELS.get(name)
    assert next(iter(family.presets)) == "tiny"
    assert any(character.isdigit() for character in family.paper), "a paper has a year"
    assert family.__module__.rpartition(".")[2] == name
    order = ["vocabulary_size", "num_layers", "num_heads", "hidden_dim", "intermediate_dim", "dropout"]
    order += ["max_sequence_length"]
    fields = [field.name for field in dataclasses.fields(family.Config)]
    known = [field for field in fields if field in order]
    assert known == sorted(known, key=order.index)
