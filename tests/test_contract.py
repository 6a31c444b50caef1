"""What every registered family owes, tested for all of them at tiny size. A new file in models/ is tested by itself.

Here: its answers. Its settings and weights are in test_contract_weights.py.
"""

import dataclasses

import keras
import numpy as np
import pytest
from keras import ops

from tests.contract import (
    FAMILIES,
    LENGTHS,
    TINY,
    TINY_GENERATORS,
    B,
    T,
    V,
    batch,
    ids_name,
    mask_of,
    outputs,
    shared,
    tiny,
)
from zoo.batching import Batches, Columns
from zoo.decoding import generate
from zoo.likelihood import likelihood_function, likelihoods
from zoo.registry import MODELS


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
def test_wrong_inputs_are_told_which_dictionary_is_expected(name):
    backbone, inputs = shared(name).backbone, batch(shared(name).backbone)
    ids, mask = ids_name(backbone), backbone.mask_input
    missing = {key: value for key, value in inputs.items() if key != mask}
    expected = rf'{type(backbone).__name__} takes .*"{ids}": int32 \[B, T\].*"{mask}": bool \[B, T\].*, not '
    for given, told in [
        (inputs[ids], r"int32 \[3, 7\]\."),
        (list(inputs.values()), r"a list\."),
        (missing, rf'\{{.*"{ids}": int32 \[3, 7\].*\}}\.'),
        ({**inputs, ids: inputs[ids][0]}, rf'.*"{ids}": int32 \[7\]'),
        ({**inputs, ids: inputs[ids].astype("float32")}, rf'.*"{ids}": float32 \[3, 7\]'),
    ]:
        for model in (backbone, shared(name)):
            with pytest.raises(ValueError, match=expected + told):
                model(given)
    with pytest.raises(ValueError, match=expected + rf'\{{.*"{ids}": int32 \[(3|None), 7\]'):
        backbone.predict(missing, verbose=0)


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


@pytest.mark.parametrize("length", [0, 1, 3])
def test_stepping_behind_what_was_read_at_once_equals_the_full_pass(generator, length):
    inputs = batch(generator.backbone)
    expected = outputs(generator, inputs)
    token_ids = inputs[ids_name(generator.backbone)]
    state = generator.start(inputs, max_length=T)
    state = generator.read(ops.convert_to_tensor(token_ids[:, :length]), state)
    for t in range(length, T):
        logits, state = generator.step(ops.convert_to_tensor(token_ids[:, t]), state)
        inside = t < LENGTHS
        np.testing.assert_allclose(
            ops.convert_to_numpy(logits)[inside], expected[inside, t], rtol=1e-4, atol=1e-4, err_msg=f"position {t}"
        )


@pytest.mark.parametrize("prompt_lengths", [[7, 4, 2], [3, 1, 2]])
def test_prompts_of_unequal_lengths_go_on_by_the_argmax_of_the_full_pass(generator, prompt_lengths):
    inputs, name, length = batch(generator.backbone), ids_name(generator.backbone), T + 2
    tensors = {key: ops.convert_to_tensor(value) for key, value in inputs.items()}
    no_end = -1
    written = generate(generator, tensors, tensors[name], np.array(prompt_lengths, "int32"), length, no_end)[0]
    written = ops.convert_to_numpy(written)
    whole = {name: written, generator.backbone.mask_input: np.ones_like(written, bool)}
    logits = outputs(generator, {**inputs, **whole})
    for row, start in enumerate(prompt_lengths):
        assert written[row, :start].tolist() == inputs[name][row, :start].tolist()
        chosen = np.take_along_axis(logits[row, start - 1 : -1], written[row, start:, None], axis=-1)[:, 0]
        np.testing.assert_allclose(chosen, logits[row, start - 1 : -1].max(axis=-1), rtol=1e-4, atol=1e-4)


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
