"""Decoding against plain NumPy loops, on a toy language given by a table of logits."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from zoo.decoding import Beam, Greedy, Sample, beam_search, generate
from zoo.growing import read_one_by_one

END = 3
VOCABULARY_SIZE = 5
MAX_LENGTH = 6
PROMPTS = [[2], [2, 4, 1], [2, 3], [4, 4, 4, 1]]  # the third holds END, which is not its end


class Toy:
    """Logits of the next token: table[token before, token]. The state remembers the token before."""

    read = read_one_by_one

    def __init__(self, table):
        self.table = np.asarray(table, "float32")

    def start(self, inputs, max_length):
        return {"before": [ops.zeros_like(inputs["token_ids"][:, 0])]}

    def step(self, token_ids, state):
        table = ops.reshape(self.table, (-1, self.table.shape[-1]))
        rows = state["before"][0] * self.table.shape[-1] + token_ids
        return ops.take(table, rows, axis=0), {"before": [token_ids]}

    def log_probabilities(self, text):
        """The same for one text, in NumPy: [V]."""
        before = text[-2] if len(text) > 1 else 0
        logits = self.table[before, text[-1]].astype("float64")
        return logits - np.log(np.exp(logits).sum())


def random_toy(seed):
    return Toy(np.random.default_rng(seed).normal(scale=2.0, size=(VOCABULARY_SIZE,) * 3))


@pytest.fixture(params=range(5))
def toy(request):
    return random_toy(request.param)


def batch(prompts):
    width = max(len(prompt) for prompt in prompts)
    token_ids = np.array([prompt + [1] * (width - len(prompt)) for prompt in prompts], "int32")  # 1: must be ignored
    return {"token_ids": token_ids}, token_ids, np.array([len(prompt) for prompt in prompts], "int32")


def texts(result, padding_id=0):
    """The texts of a decoded batch as lists, after a check that padding follows them."""
    token_ids, lengths = np.array(result[0]), np.array(result[1])
    for row, length in zip(token_ids, lengths, strict=True):
        assert (row[length:] == padding_id).all()
    return [row[:length].tolist() for row, length in zip(token_ids, lengths, strict=True)]


def greedy_by_hand(toy, prompt):
    text = list(prompt)
    while len(text) < MAX_LENGTH and not (len(text) > len(prompt) and text[-1] == END):
        text.append(int(np.argmax(toy.log_probabilities(text))))
    return text


def all_texts(prompt):
    """Every text that begins with the prompt, and ends by END or at the longest length."""
    room = MAX_LENGTH - len(prompt)
    for length in range(1, room + 1):
        for rest in itertools.product(range(VOCABULARY_SIZE), repeat=length):
            if END not in rest[:-1] and (rest[-1] == END or length == room):
                yield list(prompt) + list(rest)


def score_by_hand(toy, prompt, text, length_penalty):
    total = sum(toy.log_probabilities(text[:t])[text[t]] for t in range(len(prompt), len(text)))
    return total / ((5 + len(text) - len(prompt)) / 6) ** length_penalty


def test_greedy_is_the_argmax_at_each_step_for_prompts_of_unequal_lengths(toy):
    assert texts(generate(toy, *batch(PROMPTS), MAX_LENGTH, END)) == [greedy_by_hand(toy, p) for p in PROMPTS]


@pytest.mark.skipif(keras.config.backend() == "jax", reason="jax calls step once, to trace it: calls count no steps")
def test_the_loop_stops_when_all_rows_have_ended():
    steps = []

    class Counting(Toy):
        def step(self, token_ids, state):
            steps.append(1)
            return super().step(token_ids, state)

    table = np.zeros((VOCABULARY_SIZE,) * 3)
    table[..., END] = 9.0  # the first chosen token is END
    assert texts(generate(Counting(table), *batch([[2, 4]]), 100, END)) == [[2, 4, END]]
    assert len(steps) == 2
    assert texts(beam_search(Counting(table), *batch([[2, 4]]), 100, END)) == [[2, 4, END]]
    assert len(steps) < 10


@pytest.mark.parametrize("length_penalty", [0.0, 0.6, 1.0, 2.0])
def test_enough_beams_are_an_exhaustive_search(toy, length_penalty):
    prompts = [[2, 4, 1], [2, 3, 3, 4], [2, 1, 1]]
    token_ids, lengths, scores = beam_search(
        toy, *batch(prompts), MAX_LENGTH, END, num_beams=VOCABULARY_SIZE**3, length_penalty=length_penalty
    )
    for prompt, text, score in zip(prompts, texts((token_ids, lengths)), np.array(scores), strict=True):
        best = max(all_texts(prompt), key=lambda text: score_by_hand(toy, prompt, text, length_penalty))
        assert text == best
        assert score == pytest.approx(score_by_hand(toy, prompt, best, length_penalty), rel=1e-5)


def test_one_beam_is_greedy(toy):
    greedy = generate(toy, *batch(PROMPTS), MAX_LENGTH, END)
    assert texts(beam_search(toy, *batch(PROMPTS), MAX_LENGTH, END, num_beams=1)) == texts(greedy)


def beam_search_by_hand(toy, prompt, num_beams, length_penalty):
    """A list of candidates per step, sorted: what the tensors do, in words."""

    def rank(beam):
        return beam[1] / ((5 + len(beam[0]) - len(prompt)) / 6) ** length_penalty

    def has_ended(text):
        return len(text) > len(prompt) and text[-1] == END

    beams = [(list(prompt), 0.0)]
    for _ in range(MAX_LENGTH - len(prompt)):
        candidates = [beam for beam in beams if has_ended(beam[0])]
        for text, score in beams:
            if not has_ended(text):
                candidates += [([*text, v], score + p) for v, p in enumerate(toy.log_probabilities(text))]
        beams = sorted(candidates, key=rank, reverse=True)[:num_beams]
    return beams[0][0], rank(beams[0])


@pytest.mark.parametrize("num_beams", [2, 3, 4])
@pytest.mark.parametrize("length_penalty", [0.0, 1.0])
def test_beam_search_keeps_the_best_candidates_of_each_step(toy, num_beams, length_penalty):
    found = beam_search(toy, *batch(PROMPTS), MAX_LENGTH, END, num_beams, length_penalty)
    expected = [beam_search_by_hand(toy, prompt, num_beams, length_penalty) for prompt in PROMPTS]
    assert texts(found) == [text for text, _ in expected]
    np.testing.assert_allclose(found[2], [score for _, score in expected], rtol=1e-5)


@pytest.mark.parametrize("padding_id", [1, END])
def test_any_token_may_stand_behind_the_end_even_the_end_itself(toy, padding_id):
    for decode in (generate, beam_search):
        found = decode(toy, *batch(PROMPTS), MAX_LENGTH, END, padding_id=padding_id)
        assert texts(found, padding_id) == texts(decode(toy, *batch(PROMPTS), MAX_LENGTH, END))
    prompts = ([2, 4, 1], [2, END])
    found = generate(toy, *batch(prompts), MAX_LENGTH, END, Beam(3, 0.5), padding_id=padding_id)
    assert texts(found, padding_id) == [beam_search_by_hand(toy, prompt, 3, 0.5)[0] for prompt in prompts]


def test_a_row_does_not_depend_on_its_neighbours(toy):
    for decode in (generate, beam_search):
        alone = [texts(decode(toy, *batch([prompt]), MAX_LENGTH, END))[0] for prompt in PROMPTS]
        assert texts(decode(toy, *batch(PROMPTS), MAX_LENGTH, END)) == alone

    def sample(prompts):
        return texts(generate(toy, *batch(prompts), MAX_LENGTH, END, Sample(), seed=7))

    assert sample(PROMPTS)[:2] == sample(PROMPTS[:2])


WAYS = {
    "greedy": lambda *data: generate(*data, MAX_LENGTH, END),
    "sample": lambda *data: generate(*data, MAX_LENGTH, END, Sample(0.8, 4, 0.9, 1.2), seed=5),
    "beam": lambda *data: beam_search(*data, MAX_LENGTH, END)[:2],
}


@pytest.mark.tensorflow("it is about a tf.function and a SavedModel")
@pytest.mark.parametrize("way", WAYS)
def test_eager_compiled_and_exported_are_the_same_for_any_batch_size(way, tmp_path):
    toy = random_toy(0)

    def decode(token_ids, prompt_lengths):
        return WAYS[way](toy, {"token_ids": token_ids}, token_ids, prompt_lengths)

    any_batch = [tf.TensorSpec([None, None], "int32"), tf.TensorSpec([None], "int32")]
    archive = keras.export.ExportArchive()
    archive.add_endpoint("decode", decode, any_batch)
    archive.write_out(str(tmp_path), verbose=False)
    exported = tf.saved_model.load(str(tmp_path)).decode
    any_size = tf.function(decode, input_signature=any_batch, autograph=False)
    fixed_size = tf.function(decode, autograph=False)
    for prompts in (PROMPTS, PROMPTS[:1]):
        inputs, token_ids, prompt_lengths = batch(prompts)
        eager = texts(WAYS[way](toy, inputs, token_ids, prompt_lengths))
        for compiled in (any_size, fixed_size, exported):
            assert texts(compiled(tf.constant(token_ids), tf.constant(prompt_lengths))) == eager


@pytest.mark.tensorflow("it is about a tf.function")
def test_settings_of_sampling_and_the_longest_length_may_be_tensors(toy):
    @tf.function(autograph=False)
    def decode(token_ids, prompt_lengths, max_length, temperature, top_k, top_p, penalty, seed):
        sampler = Sample(temperature, top_k, top_p, penalty)
        return generate(toy, {"token_ids": token_ids}, token_ids, prompt_lengths, max_length, END, sampler, seed)

    inputs, token_ids, lengths = batch(PROMPTS)
    seen = set()
    for seed in range(5):
        fixed = generate(toy, inputs, token_ids, lengths, MAX_LENGTH, END, Sample(1.3, 4, 0.9, 1.1), seed=seed)
        settings = [tf.constant(value) for value in (MAX_LENGTH, 1.3, 4, 0.9, 1.1, seed)]
        assert texts(decode(tf.constant(token_ids), tf.constant(lengths), *settings)) == texts(fixed)
        seen.add(str(texts(fixed)))
    assert len(seen) > 1  # another seed, another text


def frequencies(sampler, logits, count=4000, prompt=(2,), end_id=END):
    """How often each token follows the prompt."""
    toy = Toy(np.broadcast_to(np.array(logits, "float32"), (len(logits),) * 3))
    token_ids, _ = generate(toy, *batch([list(prompt)] * count), len(prompt) + 1, end_id, sampler, seed=1)
    return np.bincount(np.array(token_ids)[:, -1], minlength=len(logits)) / count


LOGITS = np.log([0.1, 0.15, 0.05, 0.3, 0.4])


@pytest.mark.parametrize(
    ("sampler", "expected"),
    [
        (Greedy(), [0, 0, 0, 0, 1]),
        (Sample(), [0.1, 0.15, 0.05, 0.3, 0.4]),
        (Sample(temperature=0.5), np.square([0.1, 0.15, 0.05, 0.3, 0.4]) / 0.285),  # p ** (1 / 0.5), normalised
        (Sample(top_k=1), [0, 0, 0, 0, 1]),
        (Sample(top_k=2), [0, 0, 0, 3 / 7, 4 / 7]),
        (Sample(top_k=99), [0.1, 0.15, 0.05, 0.3, 0.4]),
        (Sample(top_p=0.75), [0, 3 / 17, 0, 6 / 17, 8 / 17]),  # 0.4 + 0.3 is not yet 0.75, + 0.15 is
        (Sample(top_p=0.01), [0, 0, 0, 0, 1]),
        (Sample(top_p=1.0), [0.1, 0.15, 0.05, 0.3, 0.4]),
        (Sample(top_k=2, top_p=0.5), [0, 0, 0, 0, 1]),  # after top_k the first has 4 / 7
    ],
)
def test_a_token_is_drawn_as_often_as_its_probability(sampler, expected):
    # 4,000 draws: a standard error of at most 0.008, so 0.035 are more than four of them.
    drawn = frequencies(sampler, LOGITS)
    np.testing.assert_allclose(drawn, expected, atol=0.035)
    assert not drawn[np.array(expected) == 0].any()


def test_a_repetition_penalty_divides_positive_and_multiplies_negative_logits_of_what_was_read():
    logits = np.array([0.5, 1.0, -0.5, -1.0, 0.0])
    penalized = np.array([0.5, 1.0 / 1.5, -0.5 * 1.5, -1.0, 0.0])  # the prompt holds 1 (twice) and 2; 0 is only padding
    expected = np.exp(penalized) / np.exp(penalized).sum()
    sampler = Sample(repetition_penalty=1.5)
    np.testing.assert_allclose(frequencies(sampler, logits, prompt=(1, 2, 1)), expected, atol=0.035)


def test_the_end_is_no_repetition():
    logits = np.array([0.5, 1.0, -0.5, -1.0, 0.0])
    penalized = np.array([0.5, 1.0 / 1.5, -0.5, -1.0, 0.0])  # the prompt holds 1, and 2, which is the end
    expected = np.exp(penalized) / np.exp(penalized).sum()
    drawn = frequencies(Sample(repetition_penalty=1.5), logits, prompt=(2, 1), end_id=2)
    np.testing.assert_allclose(drawn, expected, atol=0.035)


def test_a_prompt_may_fill_the_whole_length(toy):
    prompt = [2, 4, 1, 4, 1, 1]
    assert texts(generate(toy, *batch([prompt]), MAX_LENGTH, END)) == [prompt]
    assert texts(beam_search(toy, *batch([prompt]), MAX_LENGTH, END)) == [prompt]


def test_errors_say_what_to_do(toy):
    with pytest.raises(ValueError, match=r"4 tokens wide, but max_length=3 .* raise max_length"):
        generate(toy, *batch(PROMPTS), 3, END)
    with pytest.raises(ValueError, match="num_beams=0 is not possible: it must be at least 1"):
        beam_search(toy, *batch(PROMPTS), MAX_LENGTH, END, num_beams=0)
    with pytest.raises(ValueError, match="length_penalty"):
        beam_search(toy, *batch(PROMPTS), MAX_LENGTH, END, length_penalty=-1)
    for setting in ({"temperature": 0}, {"top_k": 0}, {"top_p": 0.0}, {"top_p": 1.5}, {"repetition_penalty": 0}):
        with pytest.raises(ValueError, match="is not possible: it must be"):
            Sample(**setting)
