"""Beam search: the best texts so far are followed at the same time.

Shapes: B batch, P width of the prompts, T max_length, K beams, V vocabulary.

Paper: Wu et al. 2016, Google's Neural Machine Translation System, arXiv:1609.08144 (length penalty).
"""

import keras
from keras import ops

from zoo.growing import begin, full_lengths, prepare, write
from zoo.samplers import IMPOSSIBLE, check_number


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
            :func:`zoo.decoding.generate`.
        num_beams: int K.
        length_penalty: at least 0; 0 favours short texts, 1 comes near the mean per token.

    Returns:
        ``token_ids`` int32 [B, T] and ``lengths`` int32 [B] as for :func:`zoo.decoding.generate`, and ``scores``
        float32 [B], the numbers by which the texts were ranked.

    Raises:
        ValueError: if the prompts are wider than ``max_length``, or for a number out of range.
    """
    check_number("num_beams", num_beams, lambda x: x >= 1, "at least 1")
    check_number("length_penalty", length_penalty, lambda x: x >= 0, "at least 0")
    token_ids, prompt_lengths, positions = prepare(prompt_ids, prompt_lengths, max_length, padding_id)
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
        token_ids, lengths = write(chosen, t + 1, positions, token_ids, lengths, prompt_lengths, end_id)
        return t + 1, token_ids, lengths, scores, pick(state, first_rows * num_beams + parents)

    first_rows = ops.arange(batch_size, dtype="int32")[:, None]  # [B, 1]
    first, state = begin(model, inputs, token_ids, prompt_ids, prompt_lengths, max_length)
    state = pick(state, first_rows + ops.zeros_like(beams))
    token_ids = token_ids[:, None, :] + ops.zeros_like(beams)[:, :, None]  # [B, K, T]
    lengths = ops.zeros_like(beams) + full_lengths(batch_size, max_length, row_lengths)[:, None]
    # All beams begin as the same text, so only one may be continued at first.
    scores = ops.where(beams == 0, 0.0, IMPOSSIBLE)
    _, token_ids, lengths, scores, _ = ops.while_loop(is_unfinished, extend, (first, token_ids, lengths, scores, state))
    return token_ids[:, 0], lengths[:, 0], (scores / penalty(lengths))[:, 0]
