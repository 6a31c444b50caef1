"""Rows of one batch that ask for different things: each gets what it would get alone."""

import keras
import numpy as np
import pytest
from keras import ops

from tests.test_decoding import END, MAX_LENGTH, PROMPTS, VOCABULARY_SIZE, Toy, batch, random_toy, texts
from zoo.decoding import Greedy, Sample, beam_search, generate
from zoo.samplers import SampleByRow

# temperature, top_k, top_p of each row, with the sampler that does the same for a batch of its own.
SETTINGS = [
    ((0.0, 0, 1.0), Greedy()),
    ((1.5, 0, 1.0), Sample(1.5)),
    ((2.0, 2, 1.0), Sample(2.0, top_k=2)),
    ((3.0, 4, 0.8), Sample(3.0, 4, 0.8)),
    ((0.0, 3, 0.5), Greedy()),
    ((2.5, 0, 0.6), Sample(2.5, top_p=0.6)),
]


def by_row(settings):
    temperature, top_k, top_p = zip(*settings, strict=True)
    numbers = np.array(temperature, "float32"), np.array(top_k, "int32"), np.array(top_p, "float32")
    return SampleByRow(*map(ops.convert_to_tensor, numbers))


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4, 5], [1, 0], [0, 4]], ids=["all", "no limits", "no draws"])
def test_each_row_is_decoded_by_its_own_settings_and_seed(rows):
    toy = random_toy(1)
    prompts = [PROMPTS[i % len(PROMPTS)] for i in rows]
    for seed in range(4):
        seeds = np.array([100 * seed + i for i in rows], "int32")
        sampler = by_row([SETTINGS[i][0] for i in rows])
        found = texts(generate(toy, *batch(prompts), MAX_LENGTH, END, sampler, seeds))
        for text, prompt, i, own in zip(found, prompts, rows, seeds, strict=True):
            alone = generate(toy, *batch([prompt]), MAX_LENGTH, END, SETTINGS[i][1], own[None])
            assert text == texts(alone)[0]


def test_a_seed_for_each_row_gives_the_same_text_at_any_place_of_any_batch():
    toy = Toy(np.zeros((VOCABULARY_SIZE,) * 3))  # all tokens are equally probable: only the numbers decide
    prompts, seeds = [[2], [2], [2, 4, 1]], np.array([3, 4, 3], "int32")

    def draw(rows, max_length=12):
        chosen = [prompts[i] for i in rows]
        return texts(generate(toy, *batch(chosen), max_length, END, Sample(), seeds[rows]))

    first, second, third = draw([0, 1, 2])
    assert draw([1, 0]) == [second, first]
    assert first != second
    width = min(len(first), len(third))
    assert first[3:width] == third[3:width]  # the same seed, behind the prompt: the same numbers at the same places


@pytest.mark.parametrize("decode", [generate, beam_search])
def test_a_row_is_full_at_its_own_length(decode):
    toy = random_toy(2)
    full = [1 + len(PROMPTS[0]), 5, 3, MAX_LENGTH]
    found = texts(decode(toy, *batch(PROMPTS), MAX_LENGTH, END, row_lengths=np.array(full, "int32")))
    alone = [texts(decode(toy, *batch([prompt]), length, END))[0] for prompt, length in zip(PROMPTS, full, strict=True)]
    assert found == alone


@pytest.mark.skipif(keras.config.backend() == "jax", reason="jax calls step once, to trace it: calls count no steps")
def test_the_loop_stops_when_all_rows_are_full():
    steps = []

    class Counting(Toy):
        def step(self, token_ids, state):
            steps.append(1)
            return super().step(token_ids, state)

    endless = np.zeros((VOCABULARY_SIZE,) * 3)
    endless[..., END] = -9.0
    prompts = [[2], [2, 4, 1]]
    generate(Counting(endless), *batch(prompts), 100, END, row_lengths=np.array([4, 5]))
    assert len(steps) == 4
