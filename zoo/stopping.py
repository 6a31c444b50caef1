"""Ends a text where it comes to a given string, also in the middle of a token or across several.

:class:`StopAt` stands between a model and decoding, with the same protocol (:mod:`zoo.base`): once a row has written
one of the strings, the only next token is the end. So greedy choice, sampling and beam search need not know of it.

How far a row has come is one number: which beginning of a string its last bytes are. A table tells, for each such
beginning and each token, the next one (Aho and Corasick 1975, "Efficient string matching", for all bytes of a token at
once); nothing of the text is looked at again.

Shapes: B batch, V vocabulary, N beginnings.
"""

import numpy as np
from keras import ops

from zoo.samplers import IMPOSSIBLE


class StopAt:
    """A model that chooses ``end_id`` after one of the strings; what the prompts hold does not count.

    Args:
        model: has ``start``, ``read`` and ``step``, see :func:`zoo.decoding.generate`.
        strings: list of str, none empty.
        spellings: list of V bytes, what each token writes: a text must be its tokens' spellings, one after the other.
        end_id: int.
        prompt_lengths: int [B].

    Raises:
        ValueError: a string is empty.
    """

    def __init__(self, model, strings, spellings, end_id, prompt_lengths):
        check_strings(strings)
        self.model = model
        self.table = transitions([string.encode() for string in strings], spellings)  # [N + 1, V]
        self.end_id = end_id
        self.prompt_lengths = prompt_lengths

    def start(self, inputs, max_length):
        prompt_lengths = ops.cast(self.prompt_lengths, "int32")
        nothing = ops.zeros_like(prompt_lengths)
        return {
            "model": self.model.start(inputs, max_length),
            "prompt_lengths": prompt_lengths,  # in the state, so that beam search picks them, too
            "position": nothing,
            "progress": nothing,
        }

    def read(self, token_ids, state):
        """Reads ``token_ids`` [B, P], which all belong to prompts."""
        position = state["position"] + ops.shape(token_ids)[1]
        return {**state, "model": self.model.read(token_ids, state["model"]), "position": position}

    def step(self, token_ids, state):
        logits, inner = self.model.step(token_ids, state["model"])
        found, vocabulary_size = self.table.shape[0] - 1, self.table.shape[1]
        places = state["progress"] * vocabulary_size + ops.cast(token_ids, "int32")
        progress = ops.take(ops.convert_to_tensor(self.table.reshape(-1)), places)
        progress = ops.where(state["position"] >= state["prompt_lengths"], progress, 0)
        only_end = ops.where(ops.arange(logits.shape[-1]) == self.end_id, 0.0, IMPOSSIBLE)
        logits = ops.where((progress == found)[:, None], ops.cast(only_end, logits.dtype), logits)
        return logits, {**state, "model": inner, "position": state["position"] + 1, "progress": progress}


def transitions(strings, spellings):
    """What a token does to a row that has come so far.

    Args:
        strings, spellings: lists of bytes.

    Returns:
        int32 [N + 1, V]: from one of the N beginnings, by a token, to another. Number 0 is the empty beginning; N
        stands for "one of the strings is there", from which nothing leads away.
    """
    beginnings = sorted({string[:length] for string in strings for length in range(len(string))}, key=len)
    numbers = {beginning: number for number, beginning in enumerate(beginnings)}
    found = len(beginnings)
    by_byte = np.zeros((found + 1, 256), "int32")  # by all bytes that no string holds to the empty beginning
    by_byte[found] = found
    for number, beginning in enumerate(beginnings):
        for byte in set(b"".join(strings)):
            text = beginning + bytes([byte])
            known = next(numbers[text[cut:]] for cut in range(len(text) + 1) if text[cut:] in numbers)
            by_byte[number, byte] = found if text.endswith(tuple(strings)) else known

    by_token = np.tile(np.arange(found + 1, dtype="int32")[:, None], len(spellings))
    lengths = np.array([len(spelling) for spelling in spellings])
    for place in range(max(lengths)):
        tokens = np.flatnonzero(lengths > place)
        letters = np.array([spellings[token][place] for token in tokens])
        by_token[:, tokens] = by_byte[by_token[:, tokens], letters]
    return by_token


def check_strings(strings):
    """Raises ValueError for a string at which every text would stop before it begins."""
    if any(not string for string in strings):
        raise ValueError("an empty string stands everywhere: a text cannot stop at it. Give at least one character.")


def before(text, strings):
    """What stands in a text before the first of the strings; all of it if none is there."""
    return text[: min([text.find(string) for string in strings if string in text], default=len(text))]


def has_stopped(text, strings):
    """Whether one of the strings stands in a text."""
    return any(string in text for string in strings)


def certain(text, strings):
    """The part of a growing text that is shown whatever follows: its last characters may begin one of the strings."""
    if has_stopped(text, strings):
        return before(text, strings)
    begun = [size for string in strings for size in range(1, len(string)) if text.endswith(string[:size])]
    return text[: len(text) - max(begun, default=0)]
