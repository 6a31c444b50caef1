"""What a Transformer computes at each place by itself, between two attentions.

Shapes: B batch, T length, D hidden_dim, F intermediate_dim.
"""

from keras import ops

from zoo.layers.dense import Dense
from zoo.layers.initializers import fresh
from zoo.layers.saving import Layer
from zoo.registry import unknown_name

ACTIVATIONS = {
    "relu": ops.relu,
    "gelu": lambda x: ops.gelu(x, approximate=False),  # by the error function, as in BERT
    "gelu_tanh": lambda x: ops.gelu(x, approximate=True),  # by a hyperbolic tangent, as in GPT
}


def find_activation(name):
    """The function of this name.

    Raises:
        UnknownNameError: lists what is possible.
    """
    if name not in ACTIVATIONS:
        raise unknown_name("activation", name, ACTIVATIONS)
    return ACTIVATIONS[name]


class FeedForward(Layer):
    """Two dense layers that look at each place by itself: D -> F -> D (Vaswani et al. 2017, section 3.3).

    Args:
        hidden_dim: int, D.
        intermediate_dim: int, F.
        activation: "relu", "gelu" (exact) or "gelu_tanh" (approximate).
        kernel_initializer: name or instance of a Keras initializer; Glorot's by default.
        output_initializer: the same for the second layer, if it should differ.

    Raises:
        UnknownNameError: for another ``activation``.
    """

    def __init__(
        self,
        hidden_dim,
        intermediate_dim,
        activation="relu",
        kernel_initializer=None,
        output_initializer=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        kernel_initializer = kernel_initializer or "glorot_uniform"
        self.activation = find_activation(activation)
        self.expand = Dense(intermediate_dim, kernel_initializer=fresh(kernel_initializer))
        self.contract = Dense(
            hidden_dim, kernel_initializer=fresh(output_initializer or kernel_initializer)
        )

    def build(self, x_shape):
        self.expand.build(x_shape)
        self.contract.build((*x_shape[:-1], self.expand.units))

    def call(self, x):
        """Args: x [B, T, D]. Returns: [B, T, D]."""
        return self.contract(self.activation(self.expand(x)))
