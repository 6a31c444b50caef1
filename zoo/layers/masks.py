"""Who may attend to whom.

An attention mask is boolean and **True means "may attend"**. Its shape is
[B, T, S]: row t says which of the S sources target t may look at. An axis of
size 1 means "the same for all".

Shapes: B batch, T target or query length, S source or key length.
"""

from keras import ops


def causal_mask(length):
    """Each place may attend to itself and to what stands before it.

    Args:
        length: int or scalar tensor, T.

    Returns:
        [1, T, T], True where source place <= target place: the lower left triangle.
    """
    places = ops.arange(length, dtype="int32")
    return (places[None, :] <= places[:, None])[None]


def padding_to_attention_mask(padding_mask):
    """Every place may attend to all real tokens.

    Args:
        padding_mask: [B, S], True = a real token.

    Returns:
        [B, 1, S].
    """
    return padding_mask[:, None, :]


def past_mask(position, length, num_tokens=1):
    """What tokens that are read step by step may attend to: themselves and what was read before.

    Args:
        position: [B], int, the place of the first of them in each row.
        length: int, S, the number of places in the cache.
        num_tokens: int or scalar tensor, T, how many are read in this step.

    Returns:
        [B, T, S], True up to and including the token's own place.
    """
    places = ops.arange(length, dtype=position.dtype)
    targets = position[:, None] + ops.arange(num_tokens, dtype=position.dtype)  # [B, T]
    return places[None, None, :] <= targets[:, :, None]


def combine_masks(*masks):
    """May attend where every mask allows it.

    Args:
        masks: attention masks whose shapes broadcast; None allows everything.

    Returns:
        [B, T, S], or None if all are None.
    """
    combined = None
    for mask in masks:
        if mask is not None:
            combined = mask if combined is None else ops.logical_and(combined, mask)
    return combined
