"""Recurrent cells as equations: what one step of a vanilla RNN, an LSTM and a GRU does.

A cell reads one token: ``state_t = cell(projected_t, state_{t-1})``, where
``projected_t = W x_t + b`` is its input already multiplied by the cell's input
matrix. The split is there for speed: W x_t does not depend on the state, so one
large matrix product serves all time steps (:mod:`zoo.layers.recurrent`), and only
the recurrent product U h stays in the loop.

Shapes: B batch, D hidden_dim, G number of gates times D. ``*`` is the elementwise
product. A state is a list of tensors [B, D]; the first one is the hidden state h,
which is also the output.
"""

from keras import ops

from zoo.layers.dense import Dense
from zoo.layers.saving import Layer
from zoo.registry import unknown_name


class RecurrentCell(Layer):
    """Base of the cells: an input matrix with bias, a recurrent matrix, and the equations in ``call``.

    Args:
        hidden_dim: int, D.
    """

    num_gates = 1
    num_states = 1  # tensors in the state
    recurrent_bias = False
    bias_initializer = "zeros"

    def __init__(self, hidden_dim, **kwargs):
        super().__init__(**kwargs)
        self.hidden_dim = hidden_dim
        self.input_projection = Dense(self.num_gates * hidden_dim, bias_initializer=self.bias_initializer)
        self.recurrent_projection = Dense(
            self.num_gates * hidden_dim, use_bias=self.recurrent_bias, kernel_initializer="orthogonal"
        )

    def build(self, x_shape):
        # Weights must exist before the loop: none can be made in a loop's body.
        self.input_projection.build(x_shape)
        self.recurrent_projection.build((None, self.hidden_dim))

    def zero_state(self, batch_size):
        """The state before the first token: zeros, ``num_states`` tensors [B, D]."""
        return [ops.zeros((batch_size, self.hidden_dim), dtype=self.compute_dtype) for _ in range(self.num_states)]

    def call(self, projected, state):
        """``projected`` [B, G] and ``state`` (list of [B, D]) -> the next state."""
        raise NotImplementedError


class SimpleCell(RecurrentCell):
    """The vanilla cell (Elman 1990, "Finding structure in time"): ``h = tanh(W x + U h + b)``."""

    def call(self, projected, state):
        [hidden] = state
        return [ops.tanh(projected + self.recurrent_projection(hidden))]


def forget_bias_of_one(shape, dtype=None):
    """Bias of an LSTM [4 D]: the forget gate starts open (Jozefowicz 2015), else memory fades before training began."""
    quarter = shape[0] // 4
    return ops.concatenate([ops.zeros(quarter, dtype), ops.ones(quarter, dtype), ops.zeros(2 * quarter, dtype)])


class LSTMCell(RecurrentCell):
    """Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000).

    ::

        input, forget, output = sigmoid(W x + U h + b)    one W, U, b for each gate
        candidate             = tanh(W x + U h + b)
        memory                = forget * memory + input * candidate
        h                     = output * tanh(memory)

    The state is ``[h, memory]``. PyTorch has two biases, which are only ever
    added to each other; one (4 D numbers fewer) says the same.
    """

    num_gates = 4
    num_states = 2
    bias_initializer = staticmethod(forget_bias_of_one)

    def call(self, projected, state):
        hidden, memory = state
        gates = ops.split(projected + self.recurrent_projection(hidden), 4, axis=-1)  # 4 of [B, D]
        input_gate, forget_gate, output_gate = (ops.sigmoid(gates[i]) for i in (0, 1, 3))
        candidate = ops.tanh(gates[2])
        memory = forget_gate * memory + input_gate * candidate
        return [output_gate * ops.tanh(memory), memory]


class GRUCell(RecurrentCell):
    """Gated recurrent unit (Cho 2014).

    ::

        reset, update = sigmoid(W x + U h + b + b')
        candidate     = tanh(W x + b + reset * (U h + b'))
        h             = (1 - update) * candidate + update * h

    Cho resets before the product, ``U (reset * h)``. This is the variant of
    CuDNN, PyTorch and Keras' ``reset_after=True``: one recurrent product for all
    gates, and therefore a second bias b' inside the reset.
    """

    num_gates = 3
    recurrent_bias = True

    def call(self, projected, state):
        [hidden] = state
        reset_x, update_x, candidate_x = ops.split(projected, 3, axis=-1)  # 3 of [B, D]
        reset_h, update_h, candidate_h = ops.split(self.recurrent_projection(hidden), 3, axis=-1)
        reset = ops.sigmoid(reset_x + reset_h)
        update = ops.sigmoid(update_x + update_h)
        candidate = ops.tanh(candidate_x + reset * candidate_h)
        return [(1 - update) * candidate + update * hidden]


CELLS = {"vanilla": SimpleCell, "lstm": LSTMCell, "gru": GRUCell}


def make_cell(name, hidden_dim):
    """The cell called ``name``: "vanilla", "lstm" or "gru".

    Raises:
        UnknownNameError: lists the cells.
    """
    if name not in CELLS:
        raise unknown_name("cell", name, CELLS)
    return CELLS[name](hidden_dim)
