"""Texts that grow: prompts with room behind them, how they are read, and one token written into each.

Shapes: B batch, P width of the prompts, T max_length.
"""

from keras import ops


def prepare(prompt_ids, prompt_lengths, max_length, padding_id):
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


def begin(model, inputs, token_ids, prompt_ids, prompt_lengths, max_length):
    """Reads at once what stands in all prompts, but for the last token: decoding goes on from there, step by step.

    Returns:
        how many tokens were read, int32 scalar, and the state after them.
    """
    state = model.start(inputs, max_length)
    if prompt_ids.shape[1] == 1:
        return ops.zeros((), dtype="int32"), state
    known = ops.clip(ops.min(prompt_lengths) - 1, 0, ops.shape(prompt_ids)[1] - 1)
    return known, model.read(token_ids[:, :known], state)


def read_one_by_one(model, token_ids, state):
    """The state after ``token_ids`` [B, P], by P steps of ``model``: ``read`` for who can do no better."""

    def read(t, state):
        _, state = model.step(ops.take(token_ids, t, axis=1), state)
        return t + 1, state

    if token_ids.shape[1] == 0:
        return state  # JAX cannot trace a step without a token
    first, length = ops.zeros((), "int32"), ops.shape(token_ids)[1]
    return ops.while_loop(lambda t, state: t < length, read, (first, state))[1]


def full_lengths(batch_size, max_length, row_lengths):
    """The length at which each row is full, int32 [B]: where it ends without an end."""
    lengths = ops.zeros((batch_size,), dtype="int32") + max_length
    return lengths if row_lengths is None else ops.minimum(lengths, ops.cast(row_lengths, "int32"))


def write(chosen, t, positions, token_ids, lengths, prompt_lengths, end_id):
    """Puts the chosen token at position t of each text; what a prompt has there stays, and padding behind the end.

    ``lengths`` is T for a text without end; it falls to t + 1 when the text ends here.
    """
    is_free = ops.logical_and(t >= prompt_lengths, t < lengths)
    token = ops.where(is_free, ops.cast(chosen, "int32"), ops.take(token_ids, t, axis=-1))
    ends = ops.logical_and(is_free, token == end_id)
    return ops.where(positions == t, token[..., None], token_ids), ops.where(ends, t + 1, lengths)
