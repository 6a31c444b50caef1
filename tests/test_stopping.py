"""Stop strings and sliding windows: models that stand between a model and decoding, against loops in plain Python."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from tests.contract import outputs, tiny, with_head
from zoo.decoding import Beam, Sample, generate
from zoo.growing import read_one_by_one
from zoo.stopping import StopAt, before, certain, transitions
from zoo.windows import SlidingWindow

quick = settings(max_examples=40, deadline=None, derandomize=True, database=None)

letters = st.sampled_from("ab가각")  # the Korean letters share their first byte, the last two their first two
strings = st.lists(st.text(letters, min_size=1, max_size=4), min_size=1, max_size=3)
# Tokens as byte-level BPE makes them: any stretch of bytes, whole letters or not.
SPELLINGS = [b"", b"a", b"b", b"ab", b"ba", b"\xea", b"\xb0", b"\x80", b"\x81", "가".encode(), b"\x80a\xea"]
tokens = st.lists(st.integers(0, len(SPELLINGS) - 1), max_size=12)


@quick
@given(strings, tokens)
def test_a_stop_string_is_found_when_its_last_byte_is_there_however_tokens_cut_it(stop, token_ids):
    stop = [string.encode() for string in stop]
    table, state, text = transitions(stop, SPELLINGS), 0, b""
    for token_id in token_ids:
        state, text = table[state, token_id], text + SPELLINGS[token_id]
        assert (state == len(table) - 1) == any(string in text for string in stop)


class Spelling:
    """Writes the tokens of a script, whatever it reads: step t chooses script[t + 1]."""

    read = read_one_by_one

    def __init__(self, script):
        self.script = np.array(script, "int32")

    def start(self, inputs, max_length):
        return {"t": ops.zeros_like(inputs["token_ids"][:, 0])}

    def step(self, token_ids, state):
        chosen = ops.take(ops.convert_to_tensor(self.script), state["t"] + 1)
        return ops.one_hot(chosen, len(SPELLINGS)) * 9, {"t": state["t"] + 1}


END = 0


def written(stop, sampler=None, prompts=([1], [1, 1, 2])):
    """Answers to prompts of one and of three tokens, END included."""
    #                 a  a  b  a  b  가 ... : the prompts' "aab" is not the answer's
    model = Spelling([1, 1, 2, 1, 2, 9, 2, 1, 1, 1, 1, 1])
    lengths = np.array([len(prompt) for prompt in prompts])
    token_ids = np.array([prompt + [0] * (max(lengths) - len(prompt)) for prompt in prompts], "int32")
    model = StopAt(model, stop, SPELLINGS, END, lengths) if stop else model
    found, ends = generate(model, {"token_ids": token_ids}, token_ids, lengths, 10, END, sampler, seed=0)
    return [row[start:end].tolist() for row, start, end in zip(np.array(found), lengths, np.array(ends), strict=True)]


@pytest.mark.parametrize("sampler", [None, Sample(top_k=1), Beam(1)], ids=["greedy", "sample", "beam"])
def test_a_row_ends_after_its_stop_string_and_prompts_do_not_count(sampler):
    whole = [[1, 2, 1, 2, 9, 2, 1, 1, 1], [1, 2, 9, 2, 1, 1, 1]]
    assert written([], sampler) == whole
    assert written(["xy"], sampler) == whole
    # "ab" is in both prompt and answer; "ba" first spans what the second row was given and what it writes.
    assert written(["ab"], sampler) == [[1, 2, END], [1, 2, END]]
    assert written(["ba"], sampler) == [[1, 2, 1, END], [1, 2, 9, 2, 1, END]]
    assert written(["가b", "bb"], sampler) == [[1, 2, 1, 2, 9, 2, END], [1, 2, 9, 2, END]]


def test_an_empty_stop_string_is_refused():
    with pytest.raises(ValueError, match="an empty string stands everywhere"):
        written(["a", ""])


@quick
@given(st.text(letters, max_size=12), strings)
def test_what_is_shown_of_a_growing_text_is_never_taken_back(text, stop):
    final = before(text, stop)
    assert not any(string in final for string in stop) and text.startswith(final)
    shown = [certain(text[:size], stop) for size in range(len(text) + 1)]
    for one, next_one in zip(shown, [*shown[1:], final], strict=True):
        assert next_one.startswith(one)


@pytest.mark.parametrize("name", ["gpt", "rnn", "ngram"])
def test_a_sliding_window_reads_the_last_half_anew_when_it_is_full(name):
    window, length = 6, 17
    model = with_head(tiny(name))
    token_ids = np.random.default_rng(0).integers(5, 23, (2, length)).astype("int32")
    slider = SlidingWindow(model, window)
    state = slider.start({"token_ids": token_ids}, length)
    for t in range(length):
        logits, state = slider.step(ops.convert_to_tensor(token_ids[:, t]), state)
        # Positions 0 to 5 are read in the first window, 3 to 8 in the second, 6 to 11 in the third, ...
        first = 0 if t < window else (t - window) // 3 * 3 + 3
        seen = token_ids[:, first : t + 1]
        expected = outputs(model, {"token_ids": seen, "padding_mask": np.ones_like(seen, bool)})[:, -1]
        np.testing.assert_allclose(ops.convert_to_numpy(logits), expected, rtol=1e-4, atol=1e-4, err_msg=f"at {t}")


def test_a_text_grows_beyond_the_window_while_it_is_decoded():
    model = with_head(tiny("gpt", max_sequence_length=6))
    token_ids = np.array([[5, 6, 7, 8, 9, 10, 11, 12], [5, 6, 0, 0, 0, 0, 0, 0]], "int32")
    lengths = np.array([8, 2])
    arguments = ({"token_ids": token_ids}, token_ids, lengths, 15, 4)
    found, ends = map(np.array, generate(SlidingWindow(model, 6), *arguments))
    for row, start, end in zip(found, lengths, ends, strict=True):
        for t in range(start, end):
            first = 0 if t - 1 < 6 else (t - 7) // 3 * 3 + 3
            seen = row[None, first:t]
            logits = outputs(model, {"token_ids": seen, "padding_mask": np.ones_like(seen, bool)})[0, -1]
            assert row[t] == logits.argmax()
