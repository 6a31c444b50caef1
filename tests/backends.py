"""What Keras has no common name for on its backends: gradients, and compiling a function."""

import keras
from keras import ops


def with_gradients(answer, variables):
    """Runs ``answer() -> {name: tensor}``, of which "loss" is a scalar, and differentiates that.

    Returns:
        ``{name: array}``, and the loss's gradient for each variable: a list of arrays, zeros where it does not depend.
    """
    differentiate = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[keras.config.backend()]
    return keras.tree.map_structure(ops.convert_to_numpy, differentiate(answer, variables))


def _tensorflow(answer, variables):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        answers = answer()
    values = [variable.value for variable in variables]
    gradients = tape.gradient(answers["loss"], values, unconnected_gradients="zero")
    return answers, [tf.convert_to_tensor(gradient) for gradient in gradients]  # those of an embedding are slices


def _jax(answer, variables):
    import jax

    def loss(values):
        with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
            answers = answer()
        return answers["loss"], answers

    (_, answers), gradients = jax.value_and_grad(loss, has_aux=True)([variable.value for variable in variables])
    return answers, gradients


def _torch(answer, variables):
    import torch

    with torch.enable_grad():
        answers = answer()
    values = [variable.value for variable in variables]
    return answers, list(torch.autograd.grad(answers["loss"], values, materialize_grads=True))


def compiled(function):
    """The function as a graph with TensorFlow, where calling it op by op takes long; else the function itself."""
    if keras.config.backend() != "tensorflow":
        return function
    import tensorflow as tf

    return tf.function(function)
