"""How a layer inside anybody's Keras model gets into the file of ``model.save`` and out of it again."""

import inspect

import keras


class Layer(keras.layers.Layer):
    """A Keras layer whose configuration is what its constructor was given.

    Keras notes arguments by itself as long as all are numbers or texts. Here initializers and layers (a cell, a head)
    count, too, so that no layer needs a ``get_config`` of its own.
    """

    def __new__(cls, *args, **kwargs):
        layer = super().__new__(cls, *args, **kwargs)
        # Past Keras' own attributes, which would take a layer among the arguments for a part of this one.
        object.__setattr__(layer, "_given", (args, kwargs))
        return layer

    def get_config(self):
        """The arguments of the constructor, as Keras writes them.

        Raises:
            NotImplementedError: for a head that is tied to an embedding.
        """
        given = self._arguments()
        if given.get("tied_to") is not None:
            # Keras would restore a second embedding for it, and nobody would see that they are not tied any more.
            raise NotImplementedError(
                f"{self.name!r} is tied to an embedding, which is a layer elsewhere in the model, and Keras would not "
                "restore the tie: use save_weights, and build the model anew before load_weights."
            )
        arguments = {name: keras.saving.serialize_keras_object(value) for name, value in given.items()}
        for value in arguments.values():
            if isinstance(value, dict):
                value.pop("build_config", None)  # this layer builds its parts
        return {**arguments, **super().get_config()}

    def _arguments(self):
        """What the constructor was given, and the defaults of the rest: name -> value."""
        args, kwargs = self._given
        signature = inspect.signature(self.__init__)
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = {}
        for name, value in bound.arguments.items():
            arguments |= value if signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD else {name: value}
        return arguments

    @classmethod
    def from_config(cls, config):
        """A new layer with the arguments that :meth:`get_config` wrote."""
        restore = keras.saving.deserialize_keras_object
        return cls(**{name: restore(value) if isinstance(value, dict) else value for name, value in config.items()})


def make_savable(layers):
    """Tells Keras where the classes ``layers`` are found when a saved model is loaded: ``zoo>MultiHeadAttention``."""
    for layer in layers:
        keras.saving.register_keras_serializable(package="zoo")(layer)
