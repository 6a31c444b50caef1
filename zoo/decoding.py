"""From a model to a text: greedy choice, sampling and beam search, written once for all families.

They need nothing but the protocol of :mod:`zoo.base`, ``start`` and ``step``, and they walk over *positions*: a row
reads its own prompt as long as there is one, then what was chosen. So prompts of unequal lengths need no padding on
the left, position t is position t in every row, and a row's answer does not depend on its neighbours.
Only ``keras.ops``: the same code runs eagerly, in a ``tf.function`` and in an exported SavedModel, for any batch size.

Shapes: B batch, P width of the prompts, T max_length, K beams, V vocabulary.

Paper: Wu et al. 2016, Google's Neural Machine Translation System, arXiv:1609.08144 (length penalty of beam search).
"""

import dataclasses

import keras
from keras import ops

from zoo.samplers import IMPOSSIBLE, Greedy, Sample, check_number


@dataclasses.dataclass(frozen=True)
class Beam:
    """Stands where a sampler may stand: the text is the best one that :func:`beam_search` finds."""

    num_beams: int = 4
    length_penalty: float = 1.0


def generate(
    model,
    inputs,
    prompt_ids,
    prompt_lengths,
    max_length,
    end_id,
    sampler=None,
    seed=None,
    padding_id=0,
    row_lengths=None,
):
    """Continues prompts token by token, until every row has chosen ``end_id`` or is full.

    Args:
        model: has ``start(inputs, max_length) -> state`` and ``step(token_ids [B], state) -> logits [B, V], state``.
        inputs: what ``start`` takes.
        prompt_ids: int [B, P], padded on the right. For an encoder-decoder it is [START] alone.
        prompt_lengths: int [B], at least 1. An ``end_id`` inside a prompt does not end the row.
        max_length: int or scalar tensor, the length T of the result, prompt included.
        end_id: int, the token after which a row is finished.
        sampler: :class:`Greedy` (default), :class:`Sample` or :class:`Beam`.
        seed: for ``Sample``: int, scalar integer tensor or ``keras.random.SeedGenerator``; the same number gives the
            same text. An integer tensor [B] is a seed for each row: its text does not depend on its neighbours. None:
            another text each time (``keras.utils.set_random_seed`` makes it reproducible).
        padding_id: int, what stands behind the end; any token will do, since the lengths tell what is real.
        row_lengths: int [B], the length at which each row is full, prompt included; None: T for all.

    Returns:
        ``token_ids`` int32 [B, T], prompt included, padding behind the end, and ``lengths`` int32 [B]: the number of
        real tokens, prompt and ``end_id`` included; the row's full length where it found no end.

    Raises:
        ValueError: if the prompts are wider than ``max_length``.
    """
    if isinstance(sampler, Beam):
        prompt = (prompt_ids, prompt_lengths, max_length, end_id)
        beams = (sampler.num_beams, sampler.length_penalty)
        token_ids, lengths, _ = beam_search(model, inputs, *prompt, *beams, padding_id, row_lengths)
        return token_ids, lengths
    prompt = (prompt_ids, prompt_lengths, max_length, end_id)
    walk, is_unfinished, extend = _steps(model, inputs, *prompt, sampler, seed, padding_id, row_lengths)
    _, token_ids, lengths, _ = ops.while_loop(is_unfinished, extend, walk)
    return token_ids, lengths


def stream(compiled=None, **arguments):
    """The texts of :func:`generate` while they grow, for people who wait; runs eagerly, step by step.

    Args:
        **arguments: by name, as for :func:`generate`, but no :class:`Beam`.
        compiled: a function that compiles a step, such as ``tf.function``; None: it is called as it is.

    Yields:
        ``token_ids`` int32 [B, T] and ``lengths`` int32 [B], how many of them are there by now.
    """
    walk, is_unfinished, extend = _steps(**arguments)
    extend = compiled(extend) if compiled else extend
    while is_unfinished(*walk):
        walk = extend(*walk)
        t, token_ids, lengths, _ = walk
        yield token_ids, ops.minimum(lengths, t + 1)


def _steps(
    model,
    inputs,
    prompt_ids,
    prompt_lengths,
    max_length,
    end_id,
    sampler=None,
    seed=None,
    padding_id=0,
    row_lengths=None,
):
    """The walk over the positions: where it begins, whether it goes on, one step of it."""
    sampler = sampler or Greedy()
    if isinstance(sampler, Beam):
        raise ValueError("the best of many beams is known at the end only: sample, or be greedy, to see a text grow.")
    token_ids, prompt_lengths, positions = _prepare(prompt_ids, prompt_lengths, max_length, padding_id)
    batch_size = ops.shape(token_ids)[0]
    # All random numbers are drawn beforehand, [B, T]: the loop itself is deterministic.
    random_numbers = sampler.random_numbers((batch_size, max_length), seed)

    def is_unfinished(t, token_ids, lengths, state):
        return ops.logical_and(t + 1 < max_length, ops.any(lengths > t + 1))

    def extend(t, token_ids, lengths, state):
        logits, state = model.step(ops.take(token_ids, t, axis=1), state)  # [B, V]
        number = ops.take(random_numbers, t + 1, axis=1)
        # The end is no repetition, though some vocabularies begin with it and prompts may hold it.
        is_read = (positions <= t) & (token_ids != end_id)
        chosen = sampler.choose(ops.cast(logits, "float32"), token_ids, is_read, number)
        token_ids, lengths = _write(chosen, t + 1, positions, token_ids, lengths, prompt_lengths, end_id)
        return t + 1, token_ids, lengths, state

    first = ops.zeros((), dtype="int32")
    lengths = _full_lengths(batch_size, max_length, row_lengths)
    return (first, token_ids, lengths, model.start(inputs, max_length)), is_unfinished, extend


def beam_search(
    model,
    inputs,
    prompt_ids,
    prompt_lengths,
    max_length,
    end_id,
    num_beams=4,
    length_penalty=1.0,
    padding_id=0,
    row_lengths=None,
):
    """Follows the ``num_beams`` best texts at the same time and returns the best of them.

    Beams are ranked by log P(Y) / ((5 + |Y|) / 6) ** length_penalty (Wu et al. 2016, equation 14), where Y are the
    tokens after the prompt, ``end_id`` included. A beam that has ended stays in the race with its score and reads no
    more; the search is over when no open beam can still overtake the best ended one. One beam is greedy choice; with
    as many beams as there are texts the search is exhaustive.

    Args:
        model, inputs, prompt_ids, prompt_lengths, max_length, end_id, padding_id, row_lengths: as for
            :func:`generate`.
        num_beams: int K.
        length_penalty: at least 0; 0 favours short texts, 1 comes near the mean per token.

    Returns:
        ``token_ids`` int32 [B, T] and ``lengths`` int32 [B] as for :func:`generate`, and ``scores`` float32 [B], the
        numbers by which the texts were ranked.

    Raises:
        ValueError: if the prompts are wider than ``max_length``, or for a number out of range.
    """
    check_number("num_beams", num_beams, lambda x: x >= 1, "at least 1")
    check_number("length_penalty", length_penalty, lambda x: x >= 0, "at least 0")
    token_ids, prompt_lengths, positions = _prepare(prompt_ids, prompt_lengths, max_length, padding_id)
    batch_size = ops.shape(token_ids)[0]
    prompt_lengths = prompt_lengths[:, None]  # [B, 1], to stand beside beams [B, K]
    beams = ops.zeros((batch_size, 1), dtype="int32") + ops.arange(num_beams, dtype="int32")  # [B, K]

    def penalty(lengths):
        return ((5.0 + ops.cast(lengths - prompt_lengths, "float32")) / 6.0) ** length_penalty

    def pick(state, rows):
        """The given rows, int [B, K], of every tensor of a state: batch B * K."""
        rows = ops.reshape(rows, (batch_size * num_beams,))
        return keras.tree.map_structure(lambda x: ops.take(x, rows, axis=0), state)

    def is_unfinished(t, token_ids, lengths, scores, state):
        is_open = lengths > t + 1
        best_ended = ops.max(ops.where(is_open, -float("inf"), scores / penalty(lengths)), axis=1, keepdims=True)
        # A log-probability can only fall: an open beam reaches at most what it has now, over the longest length.
        can_win = ops.logical_and(is_open, scores / penalty(max_length) >= best_ended)
        return ops.logical_and(t + 1 < max_length, ops.any(can_win))

    def extend(t, token_ids, lengths, scores, state):
        current = ops.reshape(ops.take(token_ids, t, axis=2), (batch_size * num_beams,))
        logits, state = model.step(current, state)  # [B * K, V]
        vocabulary_size = logits.shape[-1]
        continuations = ops.log_softmax(ops.cast(logits, "float32"))
        continuations = ops.reshape(continuations, (batch_size, num_beams, vocabulary_size))  # [B, K, V]
        # An ended beam goes on in one way only, at no cost: by token 0, which is not written.
        only_one = ops.where(ops.arange(vocabulary_size) == 0, 0.0, IMPOSSIBLE)
        is_open = lengths > t + 1
        totals = scores[:, :, None] + ops.where(is_open[:, :, None], continuations, only_one)
        ranked = totals / penalty(ops.minimum(lengths, t + 2))[:, :, None]

        all_candidates = (batch_size, num_beams * vocabulary_size)
        _, best = ops.top_k(ops.reshape(ranked, all_candidates), num_beams)  # [B, K], the best first
        best = ops.cast(best, "int32")
        is_prompt = t + 1 < prompt_lengths  # [B, 1]; beams begin to differ behind the prompt
        parents = ops.where(is_prompt, beams, best // vocabulary_size)
        best_totals = ops.take_along_axis(ops.reshape(totals, all_candidates), best, axis=1)
        scores = ops.where(is_prompt, scores, best_totals)
        token_ids = ops.take_along_axis(token_ids, parents[:, :, None], axis=1)
        lengths = ops.take_along_axis(lengths, parents, axis=1)
        chosen = best % vocabulary_size
        token_ids, lengths = _write(chosen, t + 1, positions, token_ids, lengths, prompt_lengths, end_id)
        return t + 1, token_ids, lengths, scores, pick(state, first_rows * num_beams + parents)

    first_rows = ops.arange(batch_size, dtype="int32")[:, None]  # [B, 1]
    first = ops.zeros((), dtype="int32")
    token_ids = token_ids[:, None, :] + ops.zeros_like(beams)[:, :, None]  # [B, K, T]
    lengths = ops.zeros_like(beams) + _full_lengths(batch_size, max_length, row_lengths)[:, None]
    # All beams begin as the same text, so only one may be continued at first.
    scores = ops.where(beams == 0, 0.0, IMPOSSIBLE)
    state = pick(model.start(inputs, max_length), first_rows + ops.zeros_like(beams))
    _, token_ids, lengths, scores, _ = ops.while_loop(is_unfinished, extend, (first, token_ids, lengths, scores, state))
    return token_ids[:, 0], lengths[:, 0], (scores / penalty(lengths))[:, 0]


def _prepare(prompt_ids, prompt_lengths, max_length, padding_id):
    """The prompts with room for T tokens, int32 [B, T], padding behind them; their lengths [B]; the positions [T]."""
    prompt_ids = ops.cast(prompt_ids, "int32")
    prompt_lengths = ops.cast(prompt_lengths, "int32")
    width = prompt_ids.shape[1]
    if isinstance(max_length, int) and width is not None and width > max_length:
        raise ValueError(
            f"the prompts are {width} tokens wide, but max_length={max_length} counts prompt and answer together: "
            "raise max_length or shorten the prompts."
        )
    positions = ops.arange(max_length, dtype="int32")
    columns = ops.minimum(positions, ops.shape(prompt_ids)[1] - 1)
    token_ids = ops.take(prompt_ids, columns, axis=1)
    return ops.where(positions < prompt_lengths[:, None], token_ids, padding_id), prompt_lengths, positions


def _full_lengths(batch_size, max_length, row_lengths):
    """The length at which each row is full, int32 [B]: where it ends without an end."""
    lengths = ops.zeros((batch_size,), dtype="int32") + max_length
    return lengths if row_lengths is None else ops.minimum(lengths, ops.cast(row_lengths, "int32"))


def _write(chosen, t, positions, token_ids, lengths, prompt_lengths, end_id):
    """Puts the chosen token at position t of each text; what a prompt has there stays, and padding behind the end.

    ``lengths`` is T for a text without end; it falls to t + 1 when the text ends here.
    """
    is_free = ops.logical_and(t >= prompt_lengths, t < lengths)
    token = ops.where(is_free, ops.cast(chosen, "int32"), ops.take(token_ids, t, axis=-1))
    ends = ops.logical_and(is_free, token == end_id)
    return ops.where(positions == t, token[..., None], token_ids), ops.where(ends, t + 1, lengths)


__all__ = ["Beam", "Greedy", "Sample", "beam_search", "generate", "stream"]
