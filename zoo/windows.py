"""Texts longer than a model can read at once: a window that slides.

:class:`SlidingWindow` stands between a model and decoding, with the same protocol (:mod:`zoo.base`). When the window
is full, the model forgets everything and reads the last half of the window anew, from its first position on. So a
token is chosen from at least half a window of context, and each token is read twice at most.

Shapes: B batch, W window.
"""

from keras import ops

from zoo.growing import read_one_by_one


class SlidingWindow:
    """A model that reads texts of any length, in windows that overlap by half.

    Args:
        model: has ``start``, ``read`` and ``step``, see :func:`zoo.decoding.generate`.
        size: int W, how many tokens it can read at once; at least 2.
    """

    read = read_one_by_one  # the window may slide on the way

    def __init__(self, model, size):
        self.model = model
        self.size = size

    def start(self, inputs, max_length):
        batch_size = ops.shape(inputs["token_ids"])[0]
        return {
            "model": self.model.start(inputs, self.size),
            "window": ops.zeros((batch_size, self.size), "int32"),  # the tokens that the model has read
            "position": ops.zeros((batch_size,), "int32"),  # in the window; the same in all rows
        }

    def step(self, token_ids, state):
        is_full = state["position"][0] == self.size
        state = ops.cond(is_full, lambda: self._slide(state), lambda: state)
        position = state["position"]
        logits, inner = self.model.step(token_ids, state["model"])
        is_here = ops.arange(self.size, dtype="int32") == position[:, None]  # [B, W]
        window = ops.where(is_here, ops.cast(token_ids, "int32")[:, None], state["window"])
        return logits, {"model": inner, "window": window, "position": position + 1}

    def _slide(self, state):
        """The state after the last half of a full window, read from position 0 on."""
        half = self.size // 2
        kept = state["window"][:, self.size - half :]  # [B, W // 2]
        inner = self.model.read(kept, self.model.start({"token_ids": kept}, self.size))
        window = ops.concatenate([kept, ops.zeros_like(state["window"][:, half:])], axis=1)
        return {"model": inner, "window": window, "position": ops.zeros_like(state["position"]) + half}
