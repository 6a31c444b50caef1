"""What the graph picks in training is what NumPy picks: the same batches in the same order, shared evenly."""

import itertools

import numpy as np
import pytest

from zoo.batching import Batches, Columns

tf = pytest.importorskip("tensorflow")  # the pipeline is TensorFlow's

from zoo import pipeline  # noqa: E402 - only where there is TensorFlow

LENGTHS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5]  # 11 rows: with batches of 4, the last one has a filler


def ids(lengths, offset=0):
    return [100 * i + offset + np.arange(1, length + 1, dtype=np.int32) for i, length in enumerate(lengths)]


def ones(lengths):
    return [np.ones(length, np.float32) for length in lengths]


def texts(lengths=LENGTHS):
    """Like language modelling: a label at each place."""
    return Columns({"token_ids": ids(lengths)}, ids(lengths, 1), ones(lengths))


def pairs():
    """Like translation: sources and targets of other lengths."""
    inputs = {"encoder_token_ids": ids(LENGTHS), "decoder_token_ids": ids(LENGTHS[::-1], 50)}
    return Columns(inputs, ids(LENGTHS[::-1], 51), ones(LENGTHS[::-1]))


def several_outputs():
    """Segments beside the tokens; labels for places, for texts, and numbers."""
    segments = [np.arange(length, dtype=np.int32) % 2 for length in LENGTHS]
    single = [np.array(i, np.int32) for i in range(len(LENGTHS))]
    scores = [np.array(i / 2, np.float32) for i in range(len(LENGTHS))]
    always = [np.array(1, np.float32)] * len(LENGTHS)
    return Columns(
        {"token_ids": ids(LENGTHS), "segment_ids": segments},
        {"tag": ids(LENGTHS, 7), "next": single, "score": scores},
        {"tag": ones(LENGTHS), "next": always, "score": always},
    )


def drawn(epoch):
    return texts([1 + (epoch + i) % 4 for i in range(5 + epoch)])  # epochs of other sizes


@pytest.mark.parametrize("start", [0, 2, 5])
@pytest.mark.parametrize("multiple", [1, 4])
@pytest.mark.parametrize(
    "columns", [texts(), pairs(), several_outputs(), drawn], ids=["texts", "pairs", "several", "drawn"]
)
def test_the_graph_picks_what_the_stream_yields(columns, multiple, start):
    batches = Batches(columns, 4, seed=3, multiple=multiple)
    found = pipeline.dataset(batches, start).take(8)  # beyond the end of an epoch
    count = 0
    for ours, expected in zip(found.as_numpy_iterator(), batches.stream(start), strict=False):
        count += 1
        tf.nest.assert_same_structure(ours, expected)
        for array, other in zip(tf.nest.flatten(ours), tf.nest.flatten(expected), strict=True):
            np.testing.assert_array_equal(array, other, strict=True)  # shapes and types, too
    assert count == 8


def test_replicas_share_each_batch_in_equal_parts_without_overlap_or_loss():
    batches = Batches(pairs(), 4, seed=0)
    workers = [pipeline.shares(pipeline.dataset(batches), 4, first, 2).take(12) for first in (0, 2)]  # two each
    first, second = (iter(worker.as_numpy_iterator()) for worker in workers)
    for whole in itertools.islice(batches.stream(), 6):
        parts = [next(first), next(first), next(second), next(second)]
        together = tf.nest.map_structure(lambda *arrays: np.concatenate(arrays), *parts)
        for array, other in zip(tf.nest.flatten(together), tf.nest.flatten(whole), strict=True):
            np.testing.assert_array_equal(array, other)


def test_batches_have_a_fixed_number_of_rows_and_any_length():
    inputs, labels, weights = pipeline.dataset(Batches(several_outputs(), 4, seed=0)).element_spec
    assert {tuple(spec.shape) for spec in inputs.values()} == {(4, None)}
    assert [tuple(labels[name].shape) for name in ("tag", "next")] == [(4, None), (4,)]
    assert [tuple(weights[name].shape) for name in ("tag", "score")] == [(4, None), (4,)]
