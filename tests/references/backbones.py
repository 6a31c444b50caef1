"""How a case speaks to a backbone of the zoo: every weight is given, what it says at padding is left out."""

import numpy as np
from keras import ops


def place(model, pairs):
    """Puts numbers into every weight of ``model``.

    Args:
        pairs: iterable of (variable, array); each weight must occur exactly once, so that none keeps
            a comfortable value like a bias of zero, or is compared with a number of its own.
    """
    pairs = list(pairs)
    placed, weights = [id(variable) for variable, _ in pairs], [id(weight) for weight in model.weights]
    assert sorted(placed) == sorted(weights), f"{len(placed)} weights are given, the model has {len(weights)}"
    for variable, values in pairs:
        variable.assign(values)


def at_tokens(hidden_states, mask):
    """Hidden states [B, T, D] as NumPy, zeros where ``mask`` [B, T] is False: padding is nobody's business."""
    return np.where(mask[..., None], ops.convert_to_numpy(hidden_states), 0.0)


def by_steps(model, inputs, token_ids):
    """Reads ``token_ids`` [B, T] token by token, by the protocol of decoding.

    Returns:
        the hidden states [B, T, D], and the list of the states after each token.
    """
    state = model.start(inputs, token_ids.shape[1])
    outputs, states = [], []
    for t in range(token_ids.shape[1]):
        output, state = model.step(token_ids[:, t], state)
        outputs.append(ops.convert_to_numpy(output))
        states.append(state)
    return np.stack(outputs, axis=1), states
