"""Which sentences BERT's pre-training reads together, and whether the second part is called next."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zoo.kinds._pairs import IS_NEXT, NOT_NEXT, cut, draw_pairs, stretches


def numbered(*lengths):
    """Documents whose tokens are all different: (document, sentence, place) can be read off a token."""
    return [
        [1_000_000 * d + 1_000 * s + np.arange(length, dtype=np.int32) for s, length in enumerate(document)]
        for d, document in enumerate(lengths)
    ]


documents_of_lengths = st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=12), min_size=2, max_size=6)


@given(documents_of_lengths, st.integers(2, 60), st.integers(0, 1000))
@settings(max_examples=100, deadline=None)
def test_a_pair_is_called_next_where_its_second_part_follows(lengths, room, seed):
    documents = numbered(*lengths)
    follows = {  # token -> the next one of its document
        int(a): int(b)
        for document in documents
        for a, b in itertools.pairwise(np.concatenate(document))
    }
    pairs = draw_pairs(documents, room, np.random.default_rng(seed))
    for pair in pairs:
        assert len(pair.first) and len(pair.second) and len(pair.first) + len(pair.second) <= room
        for part in (pair.first, pair.second):  # each part is a stretch of one document
            assert all(follows[int(a)] == b for a, b in itertools.pairwise(part))
        of_first, of_second = pair.first[0] // 1_000_000, pair.second[0] // 1_000_000
        assert of_first == pair.document
        assert (of_second == of_first) == (pair.label == IS_NEXT)
        if pair.label == IS_NEXT:
            assert pair.second[0] > pair.first[-1]
    assert {pair.document for pair in pairs} == set(range(len(documents)))


def test_without_cutting_the_second_part_begins_where_the_first_one_ends():
    documents = numbered([4, 3, 5, 2, 6, 4], [3, 3, 3, 3])
    for seed in range(50):
        for pair in draw_pairs(documents, 200, np.random.default_rng(seed)):
            tokens = np.concatenate(documents[pair.document]).tolist()
            after = tokens[tokens.index(pair.first[-1]) + 1 :]
            if pair.label == IS_NEXT:
                assert pair.second.tolist() == after[: len(pair.second)]
            begins = {int(sentence[0]) for document in documents for sentence in document}
            assert {int(pair.first[0]), int(pair.second[0])} <= begins  # whole sentences


def test_half_of_all_pairs_are_true_and_no_token_is_lost():
    documents = numbered(*[[5, 9, 2, 7, 12, 4, 6]] * 300)
    pairs = draw_pairs(documents, 30, np.random.default_rng(0))
    assert len(pairs) > 600
    share = np.mean([pair.label == IS_NEXT for pair in pairs])
    assert share == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / len(pairs)))
    others = {int(pair.second[0]) // 1_000_000 - pair.document for pair in pairs if pair.label == NOT_NEXT}
    assert len(others) > 200  # from anywhere
    # A sentence of 500 tokens is read in parts, each in a pair: it is not cut down to one window.
    long = draw_pairs(numbered([500], [500]), 30, np.random.default_rng(0))
    read = {int(token) for pair in long for part in (pair.first, pair.second) for token in part}
    assert len(read) > 0.9 * 1000


def loop_of_the_paper(first, second, room):
    """Lengths after cutting token by token, as the published code does."""
    first, second = len(first), len(second)
    while first + second > room:
        if first > second:
            first -= 1
        else:
            second -= 1
    return first, second


@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 60), st.integers(0, 99))
@settings(deadline=None)
def test_the_longer_part_is_cut_at_both_ends(a, b, room, seed):
    first, second = np.arange(a), np.arange(100, 100 + b)
    parts = cut(first, second, room, np.random.default_rng(seed))
    assert tuple(map(len, parts)) == loop_of_the_paper(first, second, room)
    for part in parts:
        np.testing.assert_array_equal(np.diff(part), 1)


def test_both_ends_are_cut_equally_often():
    random = np.random.default_rng(0)
    starts = [cut(np.arange(100), np.arange(0), 60, random)[0][0] for _ in range(500)]
    assert np.mean(starts) == pytest.approx(20, abs=4 * np.sqrt(40 * 0.25 / 500))


@given(documents_of_lengths, st.integers(1, 40))
@settings(max_examples=100, deadline=None)
def test_without_next_sentences_every_token_is_read_once_in_windows_of_whole_sentences(lengths, room):
    documents = numbered(*lengths)
    found = stretches(documents, room)
    for number, document in enumerate(documents):
        windows = [stretch.tokens for stretch in found if stretch.document == number]
        np.testing.assert_array_equal(np.concatenate(windows), np.concatenate(document))
        assert max(map(len, windows)) <= room
        whole = [sentence for sentence in document if len(sentence) <= room]
        assert all(any(set(sentence) <= set(window) for window in windows) for sentence in whole)
        begins = {int(sentence[0]): len(sentence) for sentence in whole}
        for window, after in itertools.pairwise(windows):
            assert len(window) + begins.get(int(after[0]), room) > room, "it would have had room"
