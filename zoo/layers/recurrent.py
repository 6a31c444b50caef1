"""Layers that run a recurrent cell over time: one layer, a stack, a stack in both directions.

Shapes: B batch, T length, D hidden_dim, G number of gates times D.

Padding masks [B, T] are explicit, True = a real token. Through padding the state
is carried on unchanged, so the final state is that of the last real token.
Nothing here uses Keras' implicit masks, and padding may stand on either side.
"""

import keras
from keras import ops

from zoo.layers.cells import make_cell
from zoo.layers.saving import Layer


def over_time(advance, state, inputs, padding_mask=None, backwards=False):
    """A recurrence: ``state = advance(state, inputs[t])`` for each t, the state carried unchanged through padding.

    Args:
        advance: function ``(state, input [B, ...]) -> state``.
        state: nested tensors [B, ...] before the first step.
        inputs: [T, B, ...], time first.
        padding_mask: [B, T], True = a real token; None = all are real.
        backwards: whether t runs from T - 1 down to 0.

    Returns:
        The states after each step, nested like ``state``, [T, B, ...], and the final state.
    """
    first, stride = (ops.shape(inputs)[0] - 1, -1) if backwards else (0, 1)
    real = None if padding_mask is None else ops.expand_dims(ops.transpose(padding_mask), -1)  # [T, B, 1]

    def body(carry, input_now):
        before, time = carry
        after = advance(before, input_now)
        if real is not None:
            real_now = ops.take(real, time, axis=0)  # [B, 1]
            after = keras.tree.map_structure(lambda new, old: ops.where(real_now, new, old), after, before)
        carry = (after, time + stride)
        return carry, carry

    # The time travels in the state, since of two inputs with an unknown T keras.ops.scan
    # (3.15, TensorFlow) compares the lengths and stumbles over None.
    time = ops.convert_to_tensor(first, dtype="int32")
    (final_state, _), (states, _) = ops.scan(body, (state, time), inputs, reverse=backwards)
    return states, final_state


class RecurrentLayer(Layer):
    """One cell, run over a whole sequence.

    Args:
        cell: a cell of this module.
        backwards: whether to read from the last token to the first. Padding on the
            right then comes first and leaves the initial state as it is. Outputs
            stay in the order of the tokens.
    """

    def __init__(self, cell, backwards=False, **kwargs):
        super().__init__(**kwargs)
        self.cell = cell
        self.backwards = backwards

    def build(self, x_shape):
        self.cell.build(x_shape)

    def call(self, x, padding_mask=None, initial_state=None):
        """``x`` [B, T, D_in], ``padding_mask`` [B, T] -> outputs [B, T, D] and the final state (list of [B, D])."""
        if initial_state is None:
            initial_state = self.cell.zero_state(ops.shape(x)[0])
        projected = self.cell.input_projection(ops.transpose(x, (1, 0, 2)))  # [T, B, G], one product for all steps
        states, final_state = over_time(
            lambda state, projected_now: self.cell(projected_now, state),
            initial_state, projected, padding_mask, self.backwards,
        )  # fmt: skip
        return ops.transpose(states[0], (1, 0, 2)), final_state

    def step(self, x, state):
        """One token: ``x`` [B, D_in] and the state -> output [B, D] and the next state."""
        state = self.cell(self.cell.input_projection(x), state)
        return state[0], state


class RecurrentStack(Layer):
    """Recurrent layers upon each other, dropout between them (Zaremba 2014: never on the recurrent connections).

    Args:
        cell: "vanilla", "lstm" or "gru".
        num_layers: int.
        hidden_dim: int, D of each layer.
        dropout: float, rate between layers.
        backwards: whether all layers read from the last token to the first.
    """

    def __init__(self, cell, num_layers, hidden_dim, dropout=0.0, backwards=False, **kwargs):
        super().__init__(**kwargs)
        self.recurrent_layers = [RecurrentLayer(make_cell(cell, hidden_dim), backwards) for _ in range(num_layers)]
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, x_shape):
        for layer in self.recurrent_layers:
            layer.build(x_shape)
            x_shape = (*x_shape[:-1], layer.cell.hidden_dim)

    def zero_state(self, batch_size):
        """The state before the first token: for each layer a list of zeros [B, D]."""
        return [layer.cell.zero_state(batch_size) for layer in self.recurrent_layers]

    def call(self, x, padding_mask=None, initial_state=None):
        """``x`` [B, T, D_in], ``padding_mask`` [B, T] -> outputs [B, T, D], list of final states."""
        if initial_state is None:
            initial_state = self.zero_state(ops.shape(x)[0])
        final_states = []
        for index, (layer, state) in enumerate(zip(self.recurrent_layers, initial_state, strict=True)):
            x = self.dropout(x) if index > 0 else x
            x, state = layer(x, padding_mask, initial_state=state)  # [B, T, D]
            final_states.append(state)
        return x, final_states

    def step(self, x, state):
        """One token: ``x`` [B, D_in] and the state of each layer -> output [B, D] and the next states."""
        next_states = []
        for layer, layer_state in zip(self.recurrent_layers, state, strict=True):
            x, layer_state = layer.step(x, layer_state)  # no dropout: one reads token by token to decode, not to train
            next_states.append(layer_state)
        return x, next_states


class BidirectionalStack(Layer):
    """Each layer reads the text in both directions and passes on both outputs (Schuster 1997, Graves 2005).

    Args: as :class:`RecurrentStack`; D is the size of *one* direction.
    """

    def __init__(self, cell, num_layers, hidden_dim, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.forward_layers = [RecurrentLayer(make_cell(cell, hidden_dim)) for _ in range(num_layers)]
        self.backward_layers = [RecurrentLayer(make_cell(cell, hidden_dim), backwards=True) for _ in range(num_layers)]
        self.dropout = keras.layers.Dropout(dropout)

    def build(self, x_shape):
        for forward, backward in zip(self.forward_layers, self.backward_layers, strict=True):
            forward.build(x_shape)
            backward.build(x_shape)
            x_shape = (*x_shape[:-1], 2 * forward.cell.hidden_dim)

    def call(self, x, padding_mask=None):
        """``x`` [B, T, D_in], ``padding_mask`` [B, T] -> outputs [B, T, 2 D] and final states.

        The final states are a list with ``(forward state, backward state)`` of each
        layer: what the one has read up to the last real token, the other up to the first.
        """
        final_states = []
        for index, (forward, backward) in enumerate(zip(self.forward_layers, self.backward_layers, strict=True)):
            x = self.dropout(x) if index > 0 else x
            forward_outputs, forward_state = forward(x, padding_mask)
            backward_outputs, backward_state = backward(x, padding_mask)
            x = ops.concatenate([forward_outputs, backward_outputs], axis=-1)  # [B, T, 2 D]
            final_states.append((forward_state, backward_state))
        return x, final_states
