"""From a model to a text: greedy choice, sampling and beam search, written once for all families.

They need nothing but the protocol of :mod:`zoo.base`, ``start``, ``read`` and ``step``, and they walk over *positions*:
what all prompts have is read at once; then a row reads its own prompt as long as there is one, then what was chosen. So
prompts of unequal lengths need no padding on the left, position t is position t in every row, and a row's answer does
not depend on its neighbours.
Only ``keras.ops``: the same code runs eagerly, in a ``tf.function`` and in an exported SavedModel, for any batch size.
XLA compiles it where the lengths of the prompts are constants: a large GPT writes half as fast again then.
Beam search is in :mod:`zoo.beams`, how a token is chosen in :mod:`zoo.samplers`.

Shapes: B batch, P width of the prompts, T max_length, V vocabulary.
"""

import dataclasses

from keras import ops

from zoo.beams import beam_search
from zoo.growing import begin, full_lengths, prepare, write
from zoo.samplers import Greedy, Sample


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
        model: has ``start(inputs, max_length) -> state``, ``read(token_ids [B, P], state) -> state`` and
            ``step(token_ids [B], state) -> logits [B, V], state``.
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
    token_ids, prompt_lengths, positions = prepare(prompt_ids, prompt_lengths, max_length, padding_id)
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
        token_ids, lengths = write(chosen, t + 1, positions, token_ids, lengths, prompt_lengths, end_id)
        return t + 1, token_ids, lengths, state

    first, state = begin(model, inputs, token_ids, prompt_ids, prompt_lengths, max_length)
    lengths = full_lengths(batch_size, max_length, row_lengths)
    return (first, token_ids, lengths, state), is_unfinished, extend


__all__ = ["Beam", "Greedy", "Sample", "beam_search", "generate", "stream"]
