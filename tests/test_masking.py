"""Which tokens BERT's pre-training masks, and what stands there instead."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.kinds._masking import Masking

V, MASK = 50, 4
SPECIAL = np.arange(V) < 5
CONTINUES = np.arange(V) % 3 == 2  # of the whole-word tests: 5, 8, 11, ... stand inside a word


def rows(count, length, seed=0):
    """Rows [START] ... [END] of ordinary tokens and their padding mask; each row is shorter than the one before."""
    random = np.random.default_rng(seed)
    ids = random.integers(5, V, (count, length)).astype("int32")
    lengths = np.linspace(length, length // 2, count).astype(int)
    is_real = np.arange(length) < lengths[:, None]
    ids[:, 0], ids[np.arange(count), lengths - 1] = 2, 3
    return np.where(is_real, ids, 0), is_real


def masked(ids, is_real, seed=(0, 0), **changes):
    masking = Masking(**{"rate": 0.15, "mask_share": 0.8, "random_share": 0.1, "mask_id": MASK,
                         "is_special": SPECIAL, **changes})  # fmt: skip
    return [part.numpy() for part in masking(tf.constant(ids), tf.constant(is_real), seed)]


@given(
    rate=st.floats(0.05, 0.5), shares=st.sampled_from([(0.8, 0.1), (1.0, 0.0), (0.0, 1.0), (0.3, 0.4), (0.0, 0.0)]),
    seed=st.integers(0, 2**31 - 1),
)  # fmt: skip
@settings(max_examples=15, deadline=None)
def test_masks_have_the_statistics_of_the_paper(rate, shares, seed):
    ids, is_real = rows(400, 60)
    new, places, labels, weights = masked(ids, is_real, (seed, 1), rate=rate, mask_share=shares[0],
                                          random_share=shares[1])  # fmt: skip
    ordinary = is_real & ~SPECIAL[ids]
    # In every row exactly the share that was asked for, rounded; at least one.
    np.testing.assert_allclose(weights.sum(axis=1), np.maximum(1, rate * ordinary.sum(axis=1)), atol=0.5001)
    asked = np.zeros_like(is_real)
    for row in range(len(ids)):
        chosen = places[row][weights[row] > 0]
        assert len(set(chosen)) == len(chosen)
        asked[row, chosen] = True
        np.testing.assert_array_equal(labels[row][weights[row] > 0], ids[row, chosen])
    assert not (asked & ~ordinary).any()  # neither [START] nor [END] nor padding
    np.testing.assert_array_equal(new[~asked], ids[~asked])

    count, before, after = asked.sum(), ids[asked], new[asked]
    spread = 4 * np.sqrt(0.25 / count)  # four standard deviations of a share, at most
    assert np.mean(after == MASK) == pytest.approx(shares[0], abs=spread)
    # A random token is the old one in one case of V - 5.
    changed = (after != MASK) & (after != before)
    assert np.mean(changed) == pytest.approx(shares[1] * (1 - 1 / (V - 5)), abs=spread)
    assert not SPECIAL[after[changed]].any()
    # Every ordinary place is as likely as any other: those in the first half of a row are half of the choice.
    first_half = np.arange(60) < (is_real.sum(axis=1) / 2)[:, None]
    assert asked[first_half & ordinary].mean() == pytest.approx(asked[ordinary].mean(), abs=spread)


def test_masks_follow_from_the_seed():
    ids, is_real = rows(6, 40)
    once, again, other = (masked(ids, is_real, seed) for seed in ((3, 7), (3, 7), (3, 8)))
    for a, b in zip(once, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(once[0], other[0])


def test_whole_words_are_masked_or_left():
    ids, is_real = rows(400, 60)
    new, _, _, weights = masked(ids, is_real, mask_share=1.0, random_share=0.0, continues_word=CONTINUES)
    is_masked = new == MASK
    assert weights.sum() == is_masked.sum()
    inside = CONTINUES[ids[:, 1:]] & is_real[:, 1:] & ~SPECIAL[ids[:, :-1]] & ~SPECIAL[ids[:, 1:]]
    assert inside.any()
    np.testing.assert_array_equal(is_masked[:, 1:][inside], is_masked[:, :-1][inside])
    ordinary = is_real & ~SPECIAL[ids]
    assert is_masked.sum() / ordinary.sum() == pytest.approx(0.15, abs=0.005)
    assert (is_masked.sum(axis=1) >= 1).all()
