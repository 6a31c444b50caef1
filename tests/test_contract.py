"""What every registered family owes, tested for all of them at tiny size. A new file in models/ is tested by itself.

Longer than other files of tests, for it is one contract: this is the list of what a family has to fulfil.
"""

import dataclasses
import functools
import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from zoo.batching import Batches, Columns
from zoo.layers.heads import LanguageModelHead, TokenClassificationHead
from zoo.likelihood import likelihood_function, likelihoods
from zoo.registry import MODELS
from zoo.runs import create
from zoo.task_model import TaskModel

FAMILIES = MODELS.names()
GENERATORS = [name for name in FAMILIES if MODELS.get(name).kind != "encoder"]
# Every preset whose name begins with "tiny": the variants of a family that differ in more than size.
TINY = [f"{name}:{preset}" for name in FAMILIES for preset in MODELS.get(name).presets if preset.startswith("tiny")]
TINY_GENERATORS = [name for name in TINY if name.partition(":")[0] in GENERATORS]
V, B, T = 23, 3, 7
LENGTHS, SOURCE_LENGTHS = np.array([7, 4, 2]), np.array([2, 5, 3])


def tiny(name, **changes):
    """A small backbone with a vocabulary of V and no dropout."""
    family, _, preset = name.partition(":")
    fields = {field.name for field in dataclasses.fields(MODELS.get(family).Config)}
    sizes = {field: V for field in fields if field.endswith("vocabulary_size")}
    extra = {"dropout": 0.0} if "dropout" in fields else {}
    return create(family, preset or None, **{**sizes, **extra, **changes})


def with_head(backbone):
    if backbone.kind == "encoder":
        return TaskModel(backbone, TokenClassificationHead(V))
    return TaskModel(backbone, LanguageModelHead(V, tied_to=backbone.tied_embedding))


def batch(backbone, seed=0, lengths=LENGTHS, source_lengths=SOURCE_LENGTHS):
    """Random ids with unequal lengths, a source's others than its target's; behind the real tokens they are random."""
    random = np.random.default_rng(seed)
    inputs = {}
    for name in backbone.input_names:
        real = source_lengths if name.startswith("encoder") else lengths
        places = np.arange(max(real))
        if name.endswith("mask"):
            inputs[name] = places < np.array(real)[:, None]
        elif name == "segment_ids":
            inputs[name] = np.tile(places >= 2, (len(real), 1)).astype("int32")
        else:
            inputs[name] = random.integers(5, V, (len(real), len(places))).astype("int32")
    return inputs


def mask_of(inputs, name):
    """The mask that says which of an input's places are real."""
    return inputs[name.replace("token_ids", "padding_mask").replace("segment_ids", "padding_mask")]


def ids_name(backbone):
    """The ids that the hidden states belong to."""
    return "decoder_token_ids" if backbone.kind == "encoder_decoder" else "token_ids"


def outputs(model, inputs):
    return ops.convert_to_numpy(model(inputs, training=False))


@functools.cache
def shared(name):
    """One model for all tests that only look at it: building takes longer than most tests."""
    keras.utils.set_random_seed(1)
    return with_head(tiny(name))


@pytest.fixture(params=TINY)
def backbone(request):
    return shared(request.param).backbone


@pytest.fixture(params=TINY_GENERATORS)
def generator(request):
    return shared(request.param)


def test_hidden_states_have_the_promised_shape(backbone):
    assert outputs(backbone, batch(backbone)).shape == (B, T, backbone.hidden_dim)


def test_the_future_does_not_change_the_past(generator):
    inputs = batch(generator.backbone, lengths=np.full(B, T))
    changed = dict(inputs)
    ids = inputs[ids_name(generator.backbone)].copy()
    ids[:, 4:] = (ids[:, 4:] + 1) % V
    changed[ids_name(generator.backbone)] = ids
    before, after = outputs(generator, inputs), outputs(generator, changed)
    np.testing.assert_allclose(before[:, :4], after[:, :4], rtol=1e-5, atol=1e-5)
    assert np.abs(before[:, 4:] - after[:, 4:]).max() > 1e-4


def test_padding_changes_no_answer(backbone):
    inputs = batch(backbone)
    expected = outputs(backbone, inputs)
    for row, length in enumerate(LENGTHS):  # alone, without any padding
        alone = {name: value[row : row + 1, : mask_of(inputs, name)[row].sum()] for name, value in inputs.items()}
        np.testing.assert_allclose(outputs(backbone, alone)[0], expected[row, :length], rtol=1e-4, atol=1e-5)
    other = batch(backbone)
    for name, value in other.items():  # other ids behind the real tokens
        if name.endswith("token_ids"):
            other[name] = np.where(mask_of(inputs, name), value, (value + 7) % V)
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(outputs(backbone, other)[row, :length], expected[row, :length], rtol=1e-4, atol=1e-5)


def test_a_row_does_not_see_its_neighbours(backbone):
    inputs = batch(backbone)
    reversed_rows = {name: value[::-1] for name, value in inputs.items()}
    np.testing.assert_allclose(outputs(backbone, inputs), outputs(backbone, reversed_rows)[::-1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_any_length_up_to_the_maximum_and_a_clear_error_above_it(name):
    fields = {field.name for field in dataclasses.fields(MODELS.get(name).Config)}
    if "max_sequence_length" not in fields:
        backbone = tiny(name)
        assert outputs(backbone, batch(backbone, lengths=[40], source_lengths=[50])).shape[1] == 40
        return
    backbone = tiny(name, max_sequence_length=9)
    for length in (1, 5, 9):
        assert outputs(backbone, batch(backbone, lengths=[length], source_lengths=[10 - length])).shape[1] == length
    too_long = [([10], [3]), ([3], [10])] if backbone.kind == "encoder_decoder" else [([10], None)]
    for lengths, source_lengths in too_long:
        with pytest.raises(ValueError, match=r"10 tokens is longer than max_sequence_length 9"):
            backbone(batch(backbone, lengths=lengths, source_lengths=source_lengths))


def test_config_survives_a_round_trip(backbone):
    config = json.loads(json.dumps(backbone.get_config()))
    again = type(backbone).from_config(config)
    assert again.config == backbone.config
    assert [tuple(w.shape) for w in again.weights] == [tuple(w.shape) for w in backbone.weights]


@pytest.mark.parametrize("name", FAMILIES)
def test_each_weight_receives_a_gradient(name):
    from tests.backends import with_gradients

    keras.utils.set_random_seed(2)
    model = with_head(tiny(name))
    inputs = batch(model.backbone)

    # Every position of a learned table and every row of an embedding need not be used; the weight as a whole must be.
    def answer():
        return {"loss": ops.mean(ops.log_softmax(model(inputs, training=True))[..., 3])}

    _, gradients = with_gradients(answer, model.trainable_weights)
    pairs = zip(model.trainable_weights, gradients, strict=True)
    assert not [weight.path for weight, gradient in pairs if not gradient.any()]


def test_stepping_equals_the_full_pass(generator):
    inputs = batch(generator.backbone)
    expected = outputs(generator, inputs)
    token_ids = inputs[ids_name(generator.backbone)]
    state = generator.start(inputs, max_length=T)
    for t in range(T):
        logits, state = generator.step(ops.convert_to_tensor(token_ids[:, t]), state)
        inside = t < LENGTHS
        np.testing.assert_allclose(
            ops.convert_to_numpy(logits)[inside], expected[inside, t], rtol=1e-4, atol=1e-4, err_msg=f"position {t}"
        )


@pytest.mark.tensorflow("evaluation is a tf.function")
def test_reported_likelihoods_are_teacher_forced(generator):
    """For every family alike: each right token given the right ones before it, not the model's own."""
    backbone = generator.backbone
    inputs, labels = batch(backbone), np.random.default_rng(1).integers(5, V, (B, T)).astype("int32")
    state, expected = generator.start(inputs, max_length=T), np.zeros(B)
    for t in range(T):
        logits, state = generator.step(ops.convert_to_tensor(inputs[ids_name(backbone)][:, t]), state)
        nll = -ops.convert_to_numpy(ops.log_softmax(logits))[np.arange(B), labels[:, t]]
        expected += np.where(t < LENGTHS, nll, 0)
    rows = {name: list(map(np.compress, mask_of(inputs, name), value)) for name, value in inputs.items()}
    ids = {name: row for name, row in rows.items() if name.endswith("ids")}
    counted = [row[:length] for row, length in zip(labels, LENGTHS, strict=True)]
    columns = Columns(ids, counted, [np.ones(length, "float32") for length in LENGTHS])
    totals, counts = likelihoods(likelihood_function(generator), Batches(columns, 2))
    assert counts.tolist() == LENGTHS.tolist()
    np.testing.assert_allclose(totals, expected, rtol=1e-4)


def test_every_leaf_of_the_state_has_the_batch_first(generator):
    """Beam search picks rows of the state."""
    inputs = batch(generator.backbone)
    state = generator.start(inputs, max_length=T)
    _, after = generator.step(ops.convert_to_tensor(inputs[ids_name(generator.backbone)][:, 0]), state)
    for leaf in keras.tree.flatten(state) + keras.tree.flatten(after):
        assert leaf.shape[0] == B
    assert [tuple(leaf.shape) for leaf in keras.tree.flatten(state)] == [
        tuple(leaf.shape) for leaf in keras.tree.flatten(after)
    ]


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
    weights = (np.arange(T) < LENGTHS[:, None]).astype("float32")

    class OneBatch:
        batch_size = B

        def stream(self, start=0):
            while True:
                yield inputs, labels.astype("int32"), weights

    trainer = Trainer(model, Recipe(learning_rate=3e-3), 400)
    trainer.feed(OneBatch())
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
    script = ["import sys, numpy as np", "sys.path.insert(0, sys.argv[1])", "from test_contract import *"]
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
