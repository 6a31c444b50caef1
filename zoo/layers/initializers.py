"""How weights begin."""

import keras


def fresh(initializer):
    """A copy of an initializer that draws numbers of its own.

    A Keras initializer keeps its seed, so that one instance given to two layers
    of equal shape would fill both with *the same* numbers. Layers here pass
    every initializer through this function.

    Args:
        initializer: name or instance of a ``keras.initializers.Initializer``.
    """
    return keras.initializers.get(initializer).clone()
