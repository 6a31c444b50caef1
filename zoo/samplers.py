"""How the next token is chosen from the logits: the most probable one, or a draw.

Shapes: B batch, T length of the text, V vocabulary.

Papers:
    Fan et al. 2018, Hierarchical Neural Story Generation, arXiv:1805.04833 (top-k).
    Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, arXiv:1904.09751 (top-p).
    Keskar et al. 2019, CTRL, arXiv:1909.05858 (repetition penalty).
"""

import dataclasses

import keras
from keras import ops

IMPOSSIBLE = -1e9  # a log-probability; minus infinity would make NaN in differences


@dataclasses.dataclass(frozen=True)
class Greedy:
    """The most probable token at each position; ``repetition_penalty`` as for :class:`Sample`."""

    repetition_penalty: float | None = None

    def __post_init__(self):
        check_penalty(self.repetition_penalty)

    def random_numbers(self, shape, seed):
        return ops.zeros(shape, dtype="float32")

    def choose(self, logits, token_ids, is_read, random_numbers):
        return ops.argmax(_penalized(logits, token_ids, is_read, self.repetition_penalty), axis=-1)


@dataclasses.dataclass(frozen=True)
class Sample:
    """A token drawn from the model's distribution, which may be sharpened or cut before.

    Each setting may also be a tensor, a scalar or one number for each row [B, 1], so that an exported function can
    take it as an input (:class:`SampleByRow`).

    Args:
        temperature: the logits are divided by it; below 1 bolder, above 1 flatter.
        top_k: draw from the k most probable tokens only; None: from all.
        top_p: draw from the smallest set of most probable tokens that together has at least this probability
            ("nucleus"), measured after ``top_k``; None: from all.
        repetition_penalty: above 1, tokens that the row holds already (prompt included) become less probable: their
            logits are divided by it if positive, multiplied if negative (CTRL divides always, which would favour
            repetition among negative logits).

    Raises:
        ValueError: for a number that makes no distribution.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None
    repetition_penalty: float | None = None

    def __post_init__(self):
        check_number("temperature", self.temperature, lambda x: x > 0, "above 0 (without one, the choice is greedy)")
        check_number("top_k", self.top_k, lambda x: x >= 1, "at least 1, or None for no limit")
        check_number("top_p", self.top_p, lambda x: 0 < x <= 1, "above 0 and at most 1, or None for no limit")
        check_penalty(self.repetition_penalty)

    def random_numbers(self, shape, seed):
        """Uniform in [0, 1), one for each token that may be chosen: [B, T].

        With a seed for each row [B], a row draws the same numbers whatever stands beside it.
        """
        if seed is None or isinstance(seed, (int, keras.random.SeedGenerator)) or len(ops.shape(seed)) == 0:
            return keras.random.uniform(shape, dtype="float32", seed=_as_seed(seed))
        return ops.map(
            lambda one: keras.random.uniform(shape[1:], dtype="float32", seed=_as_seed(one)),
            ops.convert_to_tensor(seed),
        )

    def choose(self, logits, token_ids, is_read, random_numbers):
        """One token per row.

        Args:
            logits: float32 [B, V].
            token_ids: int32 [B, T], the text so far; only the places where ``is_read`` [B, T] is True count.
            random_numbers: float32 [B] in [0, 1).

        Returns:
            int32 [B].
        """
        vocabulary_size = logits.shape[-1]
        logits = _penalized(logits, token_ids, is_read, self.repetition_penalty) / self.temperature
        if self.top_k is None and self.top_p is None:
            return _draw(ops.softmax(logits), random_numbers)

        # A fixed k spares sorting the whole vocabulary, which takes most of the time. Two at least: Keras warns of a
        # softmax over one.
        num_kept = min(max(self.top_k, 2), vocabulary_size) if isinstance(self.top_k, int) else vocabulary_size
        logits, by_rank = ops.top_k(logits, num_kept)  # [B, num_kept], the most probable token first
        if self.top_k is not None:
            logits = ops.where(ops.arange(num_kept) < self.top_k, logits, IMPOSSIBLE)
        probabilities = ops.softmax(logits)
        if self.top_p is not None:
            before = ops.cumsum(probabilities, axis=-1) - probabilities  # 0 for the first, which therefore stays
            probabilities = ops.where(before < self.top_p, probabilities, 0.0)
        rank = _draw(probabilities, random_numbers)
        return ops.squeeze(ops.take_along_axis(by_rank, rank[:, None], axis=-1), axis=-1)


@dataclasses.dataclass(frozen=True)
class SampleByRow:
    """:class:`Sample` with settings of each row's own, tensors [B], and a number that asks for nothing.

    A server merges the requests of many clients into one batch: what one of them asks for must not reach the others.

    Args:
        temperature: float32; 0 takes the most probable token, as :class:`Greedy` does.
        top_k: int32; 0 for no limit.
        top_p: float32; 1 for no limit.
    """

    temperature: object
    top_k: object
    top_p: object

    def random_numbers(self, shape, seed):
        return Sample().random_numbers(shape, seed)

    def choose(self, logits, token_ids, is_read, random_numbers):
        draws = self.temperature > 0
        temperature = ops.where(draws, self.temperature, 1.0)[:, None]
        is_limited = ops.logical_or(self.top_k > 0, self.top_p < 1)
        top_k = ops.where(self.top_k > 0, self.top_k, logits.shape[-1])[:, None]
        top_p = ops.where(self.top_p < 1, self.top_p, 2.0)[:, None]  # above any sum of probabilities
        data = logits, token_ids, is_read, random_numbers

        def most_probable():
            return ops.cast(ops.argmax(logits, axis=-1), "int32")

        def drawn():
            return Sample(temperature).choose(*data)

        def drawn_within_limits():
            return ops.where(is_limited, Sample(temperature, top_k, top_p).choose(*data), drawn())

        def of_all_rows():
            chosen = ops.cond(ops.any(ops.logical_and(draws, is_limited)), drawn_within_limits, drawn)
            return ops.where(draws, chosen, most_probable())

        # What no row asks for is not computed; sorting the vocabulary takes most of the time.
        return ops.cond(ops.any(draws), of_all_rows, most_probable)


def _draw(probabilities, random_numbers):
    """The index in whose stretch of the cumulated probabilities the random number falls: [B, V], [B] -> [B].

    ``probabilities`` need not sum to 1. The number is turned round into (0, 1], so that an index of probability 0 is
    never drawn, not even by rounding.
    """
    cumulated = ops.cumsum(probabilities, axis=-1)
    threshold = (1.0 - random_numbers[:, None]) * cumulated[:, -1:]
    return ops.sum(ops.cast(cumulated < threshold, "int32"), axis=-1)


def _penalized(logits, token_ids, is_read, penalty):
    """Logits [B, V], lower where the row has read the token already."""
    if penalty is None:
        return logits
    batch_size, vocabulary_size = ops.shape(logits)[0], logits.shape[-1]
    length = ops.shape(token_ids)[1]
    rows = ops.zeros((1, length), dtype="int32") + ops.arange(batch_size, dtype="int32")[:, None]  # [B, T]
    places = ops.reshape(ops.stack([rows, token_ids], axis=-1), (-1, 2))
    reads = ops.reshape(ops.zeros_like(rows) + ops.cast(is_read, "int32"), (-1,))
    counts = ops.scatter(places, reads, (batch_size, vocabulary_size))  # how often the row has read each token
    return ops.where(counts > 0, ops.where(logits > 0, logits / penalty, logits * penalty), logits)


class _SeedFromTensor(keras.random.SeedGenerator):
    """Lets a seed be an input of an exported function: Keras takes integers and generators only."""

    def __init__(self, seed):
        # No call of the base class: it would create a variable, but this generator has no state.
        self.seed = seed

    def next(self, ordered=True):
        return ops.stack([ops.cast(self.seed, "uint32"), ops.zeros((), dtype="uint32")])


def _as_seed(seed):
    is_plain = seed is None or isinstance(seed, (int, keras.random.SeedGenerator))
    return seed if is_plain else _SeedFromTensor(seed)


def check_penalty(penalty):
    """Raises ValueError for a penalty of repetition that is not possible."""
    check_number("repetition_penalty", penalty, lambda x: x > 0, "above 0, or None for no penalty")


def check_number(name, value, is_valid, possible):
    """Raises ValueError if ``value`` is a number and not valid; tensors are not looked into."""
    if isinstance(value, (int, float)) and not is_valid(value):
        raise ValueError(f"{name}={value!r} is not possible: it must be {possible}.")
