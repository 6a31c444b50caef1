"""Batches: every example once, in an order that only seed and epoch decide, and padding that is told apart."""

import numpy as np
import pytest

from zoo.batching import POOL, Batches, Columns
from zoo.packing import pad

LENGTHS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]  # 11 rows: with batches of 4, the last one lacks a row


def columns(lengths=LENGTHS):
    """Row i holds the ids 100 i + 1, 100 i + 2, ...: a token says where it belongs. No id is 0."""
    ids = [100 * i + np.arange(1, length + 1) for i, length in enumerate(lengths)]
    return Columns({"token_ids": ids}, [row + 1 for row in ids], [np.ones(len(row), np.float32) for row in ids])


def orders(batches, epoch):
    return [rows.tolist() for *_, rows in batches.epoch(epoch)]


@pytest.mark.parametrize("seed", [None, 0, 7])
@pytest.mark.parametrize("epoch", [0, 1])
def test_an_epoch_holds_every_example_exactly_once(seed, epoch):
    batches = Batches(columns(), 4, seed)
    assert len(batches) == len(orders(batches, epoch)) == 3  # 11 / 4, rounded up
    assert sorted(row for rows in orders(batches, epoch) for row in rows) == list(range(11))
    # The same seen from the tokens whose label counts, each of which is unlike all others.
    counted = [labels[weights > 0] for _, labels, weights, _ in batches.epoch(epoch)]
    assert sorted(np.concatenate(counted)) == sorted(np.concatenate(columns().labels))


def test_more_examples_than_one_pool_are_seen_once_too():
    batches = Batches(columns([1 + i % 3 for i in range(2 * POOL * 2 + 3)]), 2, seed=1)
    assert sorted(row for rows in orders(batches, 0) for row in rows) == list(range(2 * POOL * 2 + 3))


@pytest.mark.parametrize("seed", [None, 3])
def test_batches_are_full_and_filler_rows_weigh_nothing(seed):
    fillers = 0
    for inputs, labels, weights, rows in Batches(columns(), 4, seed).epoch(0):
        assert len(inputs["token_ids"]) == len(inputs["padding_mask"]) == len(labels) == len(weights) == 4
        assert weights[: len(rows)].any(axis=1).all()
        assert not weights[len(rows) :].any()
        fillers += 4 - len(rows)
    assert fillers == 1


@pytest.mark.parametrize("multiple", [1, 4])
def test_padding_stands_behind_the_rows_and_the_mask_says_where(multiple):
    data = columns()
    for inputs, labels, weights, rows in Batches(data, 4, 0, multiple).epoch(0):
        longest = max(LENGTHS[row] for row in rows)
        length = longest if multiple == 1 else {1: 4, 2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 9: 12}[longest]
        assert inputs["token_ids"].shape == inputs["padding_mask"].shape == labels.shape == (4, length)
        for place, row in enumerate(rows):
            padding = [0] * (length - LENGTHS[row])
            assert inputs["token_ids"][place].tolist() == [*data.inputs["token_ids"][row], *padding]
            assert inputs["padding_mask"][place].tolist() == [True] * LENGTHS[row] + [False] * len(padding)
            assert labels[place].tolist() == [*data.labels[row], *padding]
            assert weights[place].tolist() == [1.0] * LENGTHS[row] + [0.0] * len(padding)


def test_source_and_target_have_masks_of_their_own_and_segments_have_none():
    rows = [np.array([5, 6]), np.array([7])]
    inputs = {"encoder_token_ids": rows, "decoder_token_ids": rows[::-1], "segment_ids": rows}
    data = Columns(inputs, rows, [np.ones(2, np.float32), np.ones(1, np.float32)])
    ((batch, *_),) = Batches(data, 2).epoch(0)
    assert set(batch) == {*inputs, "encoder_padding_mask", "decoder_padding_mask"}
    assert batch["encoder_padding_mask"].tolist() == [[True, True], [True, False]]
    assert batch["decoder_padding_mask"].tolist() == [[True, False], [True, True]]
    assert data.lengths().tolist() == [3, 3]


def test_one_label_for_a_text_stays_one_number():
    data = columns([2, 3])
    single = Columns(data.inputs, [np.array(4), np.array(5)], [np.array(1.0, np.float32)] * 2)
    ((_, labels, weights, rows),) = Batches(single, 3).epoch(0)
    assert rows.tolist() == [1, 0]  # the longest first
    assert (labels.shape, labels[:2].tolist(), weights.tolist()) == ((3,), [5, 4], [1.0, 1.0, 0.0])


def test_the_order_follows_from_seed_and_epoch_alone():
    first = Batches(columns(), 4, seed=3)
    expected = [orders(first, epoch) for epoch in (0, 1)]
    np.random.seed(99)  # nothing of this sort may matter
    again = Batches(columns(), 4, seed=3)
    assert [orders(again, epoch) for epoch in (1, 0)] == expected[::-1]  # nor which epoch was read first
    assert orders(Batches(columns(), 4, seed=4), 0) != expected[0]


def test_each_epoch_has_an_order_of_its_own_but_not_in_evaluation():
    training, evaluation = Batches(columns(), 4, seed=0), Batches(columns(), 4)
    assert len({str(orders(training, epoch)) for epoch in range(5)}) == 5
    assert orders(evaluation, 0) == orders(evaluation, 1)
    # By falling length; equally long ones in the order of the examples.
    assert orders(evaluation, 0) == [[5, 7, 4, 8], [10, 2, 0, 9], [6, 1, 3]]


def test_the_stream_is_one_epoch_after_the_other():
    batches = Batches(columns(), 4, seed=2)
    expected = [inputs["token_ids"] for epoch in (0, 1, 2) for inputs, *_ in batches.epoch(epoch)]
    for (inputs, _, _), ids in zip(batches.stream(), expected, strict=False):
        np.testing.assert_array_equal(inputs["token_ids"], ids)


def test_columns_may_be_drawn_anew_in_each_epoch():
    drawn = []

    def draw(epoch):
        drawn.append(epoch)
        return columns([epoch + 1] * 3)

    batches = Batches(draw, 3, seed=0)
    widths = [inputs["token_ids"].shape[1] for epoch in (0, 4) for inputs, *_ in batches.epoch(epoch)]
    assert widths == [1, 5]
    assert drawn[-2:] == [0, 4]


def test_rows_of_length_zero_become_padding():
    dense = pad([np.array([], np.int32), np.array([], np.int32)], np.int32)
    assert dense.tolist() == [[0], [0]]


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="not a single example"):
        Batches(Columns({"token_ids": []}, [], []), 4)
    data = columns([2, 3])
    with pytest.raises(ValueError, match="not a single label counts"):
        Batches(Columns(data.inputs, data.labels, [np.zeros(2), np.zeros(3)]), 4)


def test_rows_that_belong_together_are_of_one_length():
    ids, labels, weights = [np.arange(2), np.arange(3)], [np.arange(2), np.arange(3)], [np.ones(2), np.ones(3)]
    with pytest.raises(ValueError, match="each row of weights must be as long as that of labels"):
        next(Batches(Columns({"token_ids": ids}, labels, weights[::-1]), 2).stream())
    with pytest.raises(ValueError, match="each row of segment_ids must be as long as that of token_ids"):
        next(Batches(Columns({"token_ids": ids, "segment_ids": ids[::-1]}, labels, weights), 2).stream())
