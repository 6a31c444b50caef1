"""What must hold for every input: masks, batches and decoding against plain Python, on inputs that hypothesis draws."""

import itertools
from unittest import mock

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from zoo.batching import Batches, Columns
from zoo.decoding import Greedy, Sample, beam_search, generate
from zoo.growing import read_one_by_one
from zoo.layers.masks import causal_mask, combine_masks, padding_to_attention_mask, past_mask
from zoo.packing import pad

# The same examples in each run: a suite that fails now and then is not believed when it fails.
quick = settings(max_examples=25, deadline=None, derandomize=True, database=None)


# -- masks ----------------------------------------------------------------------------------------------------------

sizes = st.integers(1, 5)


def nested(tensor):
    return ops.convert_to_numpy(tensor).tolist()


@quick
@given(st.integers(1, 8))
def test_a_place_sees_itself_and_what_stands_before_it(length):
    assert nested(causal_mask(length)) == [[[s <= t for s in range(length)] for t in range(length)]]


@quick
@given(st.lists(st.integers(0, 7), min_size=1, max_size=4), st.integers(1, 8))
def test_a_token_read_step_by_step_sees_what_the_causal_mask_lets_it_see(positions, length):
    seen = nested(past_mask(ops.convert_to_tensor(positions, "int32"), length))
    assert seen == [[[s <= position for s in range(length)]] for position in positions]
    causal = nested(causal_mask(8))[0]
    assert seen == [[causal[position][:length]] for position in positions]


@quick
@given(st.data(), sizes, sizes, sizes)
def test_combined_masks_allow_what_each_of_them_allows(data, batch_size, length, source_length):
    """Masks for all rows, for all targets, for all sources and for single places, in any number and order."""
    shapes = itertools.product({1, batch_size}, {1, length}, {1, source_length})
    some_masks = st.one_of(st.none(), st.sampled_from(list(shapes)))
    masks = []
    for shape in data.draw(st.lists(some_masks, max_size=4)):
        flags = st.lists(st.booleans(), min_size=int(np.prod(shape or 1)), max_size=int(np.prod(shape or 1)))
        masks.append(None if shape is None else np.array(data.draw(flags)).reshape(shape))
    combined = combine_masks(*masks)
    given_masks = [mask for mask in masks if mask is not None]
    if not given_masks:
        assert combined is None
        return
    combined = np.broadcast_to(ops.convert_to_numpy(combined), (batch_size, length, source_length))
    for place in np.ndindex(combined.shape):
        allowed = all(mask[tuple(np.minimum(place, np.array(mask.shape) - 1))] for mask in given_masks)
        assert combined[place] == allowed


@quick
@given(st.lists(st.integers(0, 6), min_size=1, max_size=4))
def test_with_padding_on_the_right_a_causal_mask_hides_all_padding_from_all_real_tokens(lengths):
    """What models/gpt.py and the decoder of models/transformer.py rely on."""
    padding_mask = np.arange(6) < np.array(lengths)[:, None]
    causal = ops.convert_to_numpy(causal_mask(6))
    both = ops.convert_to_numpy(combine_masks(causal, padding_to_attention_mask(padding_mask)))
    for row, length in enumerate(lengths):
        np.testing.assert_array_equal(both[row, :length], causal[0, :length])


# -- batches --------------------------------------------------------------------------------------------------------

row_lengths = st.lists(st.integers(1, 9), min_size=1, max_size=30)
seeds = st.one_of(st.none(), st.integers(0, 2**31))
epochs = st.integers(0, 1000)


def numbered(lengths):
    """Row i holds the ids 100 i + 1, 100 i + 2, ...; labels are one more; every second label does not count."""
    ids = [100 * i + np.arange(1, length + 1) for i, length in enumerate(lengths)]
    return Columns({"token_ids": ids}, [row + 1 for row in ids], [row % 2 for row in ids])


@quick
@given(row_lengths, st.integers(1, 8), seeds, epochs, st.integers(1, 4), st.integers(1, 3))
def test_every_row_stands_in_an_epoch_once_padded_and_nothing_else_counts(
    lengths, batch_size, seed, epoch, multiple, pool
):
    data = numbered(lengths)
    batches = Batches(data, batch_size, seed, multiple)
    seen, counted = [], 0.0
    with mock.patch("zoo.batching.POOL", pool):
        drawn = list(batches.epoch(epoch))
    assert len(drawn) == len(batches) == -(-len(lengths) // batch_size)
    for inputs, labels, weights, rows in drawn:
        token_ids, padding_mask = inputs["token_ids"], inputs["padding_mask"]
        width = token_ids.shape[1]
        # Fillers repeat the rows of the batch, so that none is longer than the rows that count.
        longest = max(lengths[row] for row in rows)
        assert longest <= width < longest + multiple and width % multiple == 0
        assert token_ids.shape == padding_mask.shape == labels.shape == weights.shape == (batch_size, width)
        assert not token_ids[~padding_mask].any() and not weights[~padding_mask].any()
        assert not weights[len(rows) :].any()
        for place, row in enumerate(rows):
            real = padding_mask[place]
            assert real.tolist() == [True] * lengths[row] + [False] * (width - lengths[row])
            assert token_ids[place][real].tolist() == data.inputs["token_ids"][row].tolist()
            assert labels[place][real].tolist() == data.labels[row].tolist()
            assert weights[place][real].tolist() == data.weights[row].tolist()
        seen += rows.tolist()
        counted += weights.sum()
    assert sorted(seen) == list(range(len(lengths)))
    assert counted == sum(weight.sum() for weight in data.weights)


@quick
@given(row_lengths, st.integers(1, 8), seeds, st.lists(epochs, min_size=1, max_size=3), st.integers(0, 2**31))
def test_the_order_of_an_epoch_is_decided_by_seed_epoch_and_lengths_alone(lengths, batch_size, seed, before, noise):
    def order(batches, epoch):
        return [rows.tolist() for *_, rows in batches.epoch(epoch)]

    last = before[-1]
    expected = order(Batches(numbered(lengths), batch_size, seed), last)
    np.random.seed(noise)
    others = Columns({"token_ids": [np.zeros(length) for length in lengths]}, *[[np.ones(n) for n in lengths]] * 2)
    batches = Batches(others, batch_size, seed)  # other contents
    assert [order(batches, epoch) for epoch in before][-1] == expected  # after other epochs
    if seed is None:  # evaluation: the longest first, then as they came
        assert [row for rows in expected for row in rows] == sorted(range(len(lengths)), key=lambda row: -lengths[row])


@quick
@given(row_lengths, st.integers(1, 8), seeds, st.integers(0, 12))
def test_a_stream_can_be_taken_up_at_any_batch(lengths, batch_size, seed, start):
    batches = Batches(numbered(lengths), batch_size, seed)
    epochs_needed = range(start // len(batches) + 3)
    expected = [(inputs, labels) for epoch in epochs_needed for inputs, labels, *_ in batches.epoch(epoch)][start:]
    for (inputs, labels), (found, found_labels, _) in zip(expected, batches.stream(start), strict=False):
        np.testing.assert_array_equal(found["token_ids"], inputs["token_ids"])
        np.testing.assert_array_equal(found_labels, labels)


@quick
@given(st.lists(st.lists(st.integers(-9, 9), max_size=5), min_size=1, max_size=5), st.integers(1, 4))
def test_padding_puts_zeros_behind_each_row(rows, multiple):
    dense = pad([np.array(row, "int32") for row in rows], np.int32, multiple)
    for row, found in zip(rows, dense.tolist(), strict=True):
        assert found == row + [0] * (dense.shape[1] - len(row))


# -- decoding -------------------------------------------------------------------------------------------------------

END, STATES = 1, 7


class Machine:
    """A language model of seven states, each with its logits: a token leads to ``(3 * state + token + 1) mod 7``."""

    read = read_one_by_one

    def __init__(self, seed, vocabulary_size):
        self.table = np.random.default_rng(seed).normal(0, 2, (STATES, vocabulary_size)).astype("float32")

    def start(self, inputs, max_length):
        return [ops.zeros_like(inputs["token_ids"][:, 0])]

    def step(self, token_ids, state):
        state = (3 * state[0] + token_ids + 1) % STATES
        return ops.take(self.table, state, axis=0), [state]

    def log_probabilities(self, text):
        """The same for one text, in plain Python and NumPy: [V]."""
        state = 0
        for token in text:
            state = (3 * state + token + 1) % STATES
        logits = self.table[state].astype("float64")
        return logits - np.log(np.exp(logits).sum())

    def score(self, prompt, text, length_penalty):
        """log P(text | prompt), divided by Wu's penalty (equation 14)."""
        total = sum(self.log_probabilities(text[:t])[text[t]] for t in range(len(prompt), len(text)))
        return total / ((5 + len(text) - len(prompt)) / 6) ** length_penalty


def all_texts(prompt, max_length, vocabulary_size):
    """Every way to go on: until END or the maximum."""
    if len(prompt) == max_length:
        yield prompt
        return
    for token in range(vocabulary_size):
        text = [*prompt, token]
        yield from [text] if token == END else all_texts(text, max_length, vocabulary_size)


def read(result, prompts, max_length):
    """The texts as lists, after checks that prompts are kept and that nothing stands behind an end."""
    token_ids, lengths = (ops.convert_to_numpy(part) for part in result[:2])
    assert token_ids.shape == (len(prompts), max_length)
    texts = []
    for row, length, prompt in zip(token_ids.tolist(), lengths, prompts, strict=True):
        text, answer = row[:length], row[len(prompt) : length]
        assert text[: len(prompt)] == prompt
        assert END not in answer[:-1] and (length == max_length or answer[-1] == END)
        assert not any(row[length:])
        texts.append(text)
    return texts


@st.composite
def tasks_of_decoding(draw, vocabulary_sizes=(2, 3, 4, 5), most=7):
    """A machine, prompts of unequal lengths (END may stand in them), the longest length."""
    size = draw(st.sampled_from(vocabulary_sizes))
    prompts = draw(st.lists(st.lists(st.integers(0, size - 1), min_size=1, max_size=4), min_size=1, max_size=4))
    max_length = draw(st.integers(max(map(len, prompts)), most))
    return Machine(draw(st.integers(0, 10**6)), size), prompts, max_length


def prepared(prompts):
    token_ids = pad([np.array(prompt) for prompt in prompts], np.int32)
    return {"token_ids": token_ids}, token_ids, np.array([len(prompt) for prompt in prompts], "int32")


@quick
@given(tasks_of_decoding())
def test_greedy_choice_walks_along_the_most_probable_tokens(task):
    machine, prompts, max_length = task
    texts = read(generate(machine, *prepared(prompts), max_length, END, Greedy()), prompts, max_length)
    for prompt, text in zip(prompts, texts, strict=True):
        expected = list(prompt)
        while len(expected) < max_length and (expected == prompt or expected[-1] != END):
            expected.append(int(np.argmax(machine.log_probabilities(expected))))
        assert text == expected


@quick
@given(tasks_of_decoding([3], most=5), st.sampled_from([0.0, 0.6, 1.0, 2.0]))
def test_as_many_beams_as_there_are_texts_find_the_best_of_all_texts(task, length_penalty):
    machine, prompts, max_length = task
    num_beams = 3 ** (max_length - min(map(len, prompts)))
    found = beam_search(machine, *prepared(prompts), max_length, END, num_beams, length_penalty)
    for prompt, text, score in zip(prompts, read(found, prompts, max_length), np.array(found[2]), strict=True):
        best = max(machine.score(prompt, other, length_penalty) for other in all_texts(prompt, max_length, 3))
        # By their scores: texts of equal score are equally good.
        np.testing.assert_allclose(machine.score(prompt, text, length_penalty), best, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(score, best, rtol=1e-5, atol=1e-6)


@quick
@given(tasks_of_decoding(), st.integers(1, 5), st.floats(0, 3), st.integers(0, 10**6))
def test_nothing_stands_behind_an_end_and_no_row_knows_its_neighbours(task, num_beams, length_penalty, seed):
    machine, prompts, max_length = task
    ways = {
        "beams": lambda *data: beam_search(machine, *data, max_length, END, num_beams, length_penalty),
        "draws": lambda *data: generate(machine, *data, max_length, END, Sample(), seed),
    }
    together = {name: read(way(*prepared(prompts)), prompts, max_length) for name, way in ways.items()}
    assert together["beams"][-1:] == read(ways["beams"](*prepared(prompts[-1:])), prompts[-1:], max_length)
    assert together["draws"][:1] == read(ways["draws"](*prepared(prompts[:1])), prompts[:1], max_length)


def cut_by_sorting(logits, temperature, top_k, top_p):
    """The distribution that is drawn from, by a sort: [V]."""
    order = sorted(range(len(logits)), key=lambda token: -logits[token])[:top_k]
    mass = np.exp(np.array(logits)[order] / temperature)
    kept, probabilities = [], mass / mass.sum()
    for token, probability in zip(order, probabilities, strict=True):
        if top_p is not None and sum(p for _, p in kept) >= top_p:
            break
        kept.append((token, probability))
    expected = np.zeros(len(logits))
    for token, probability in kept:
        expected[token] = probability / sum(p for _, p in kept)
    return expected


@quick
@given(
    st.permutations(range(6)),
    st.sampled_from([0.7, 1.0, 1.9]),
    st.one_of(st.none(), st.integers(1, 8)),
    st.one_of(st.none(), st.integers(1, 99).map(lambda percent: (percent + 0.123) / 100)),  # no sum comes this near
)
def test_draws_are_from_the_most_probable_tokens_only(ranks, temperature, top_k, top_p):
    logits, draws = np.array(ranks) / 2.0, 1000
    numbers = (np.arange(draws, dtype="float32") + 0.5) / draws  # evenly spread, in place of chance
    many = np.tile(logits.astype("float32"), (draws, 1))
    nothing_read = np.zeros((draws, 1), "int32"), np.array([False])
    sampler = Sample(temperature, top_k, top_p)
    chosen = sampler.choose(ops.convert_to_tensor(many), *nothing_read, ops.convert_to_tensor(numbers))
    drawn = np.bincount(ops.convert_to_numpy(chosen), minlength=6) / draws
    expected = cut_by_sorting(logits.tolist(), temperature, top_k, top_p)
    assert set(np.flatnonzero(drawn)) == set(np.flatnonzero(expected))
    np.testing.assert_allclose(drawn, expected, atol=2 / draws)
