"""A backbone with a head: the model of one family on one task."""

import keras

from zoo.base import computing_in


@keras.saving.register_keras_serializable(package="zoo")
class TaskModel(keras.Model):
    """Token ids in, logits out: ``head(backbone(inputs))``.

    Plain Keras: ``compile`` and ``fit`` work on it, with padding excluded by
    ``sample_weight``. :mod:`zoo.training` trains it with losses normalised by
    the number of real tokens. ``save`` works, too, and ``keras.models.load_model`` where this file and the
    family's have been imported, unless the head is tied to the embedding: then there is ``save_weights``.

    Args:
        backbone: a :class:`zoo.base.Backbone`.
        head: a layer ``head(hidden_states [B, T, D], padding_mask [B, T]) -> logits``
            (see :mod:`zoo.layers.heads`); the inputs that its ``input_names`` names, int [B, P], come behind the mask.
    """

    def __init__(self, backbone, head):
        super().__init__()
        self.backbone = backbone
        self.head = head
        inputs = backbone.symbolic_inputs()
        size = next(iter(inputs.values())).shape[0]
        self.head_inputs = getattr(head, "input_names", ())
        self({**inputs, **{n: keras.Input((size,), batch_size=size, dtype="int32", name=n) for n in self.head_inputs}})

    def build(self, inputs_shape=None):
        """Nothing: the first call makes all weights, see :meth:`zoo.base.Backbone.build`."""

    def get_config(self):
        """Backbone and head, and what Keras notes of each layer.

        Raises:
            NotImplementedError: the head is tied to an embedding, see :mod:`zoo.layers.saving`.
        """
        serialize = keras.saving.serialize_keras_object
        return {"backbone": serialize(self.backbone), "head": serialize(self.head), **super().get_config()}

    @classmethod
    def from_config(cls, config):
        """A new model of the backbone and the head that :meth:`get_config` wrote."""
        restore = keras.saving.deserialize_keras_object
        with computing_in(restore(config["dtype"])):
            return cls(restore(config["backbone"]), restore(config["head"]))

    def call(self, inputs):
        self.backbone.check_inputs(inputs)
        # Frozen features are fixed; an explicit None would not mean "as the caller says", but turn dropout off.
        fixed = {} if self.backbone.trainable else {"training": False}
        hidden_states = self.backbone({name: inputs[name] for name in self.backbone.input_names}, **fixed)
        return self.head(hidden_states, inputs[self.backbone.mask_input], *[inputs[name] for name in self.head_inputs])

    def depths(self):
        """For each trainable variable, how many layers lie above it: 0 for the head's, 1 for those of the top layer."""
        layers = self.backbone.layer_stack
        depth = {id(variable): len(layers) + 1 for variable in self.backbone.variables}
        for number, parts in enumerate(reversed(layers), 1):
            depth |= {id(variable): number for part in parts for variable in part.variables}
        return [depth.get(id(variable), 0) for variable in self.trainable_variables]

    @property
    def max_sequence_length(self):
        """How many tokens one input may have; None: any number."""
        return self.backbone.max_sequence_length

    def start(self, inputs, max_length):
        """The state before the first token, see :mod:`zoo.base`."""
        return self.backbone.start(inputs, max_length)

    def read(self, token_ids, state):
        """Reads ``token_ids`` [B, P]; returns the next state."""
        return self.backbone.read(token_ids, state)

    def step(self, token_ids, state):
        """Reads ``token_ids`` [B]; returns the logits [B, V] of the next token and the next state."""
        hidden_states, state = self.backbone.step(token_ids, state)
        return self.head(hidden_states), state
