"""What every model family is: a backbone that turns token ids into hidden states.

Shapes: B batch, T target or query length, S source or key length,
D hidden_dim, V vocabulary.

There are three kinds of backbone. Each takes a dictionary of tensors and
returns hidden states; what comes after (logits, a label, a span) is a head,
attached by the kind of task (:class:`zoo.task_model.TaskModel`).

==================  =======================================================
kind                inputs
==================  =======================================================
encoder             token_ids, segment_ids, padding_mask [B, T]
decoder             token_ids, padding_mask [B, T]
encoder_decoder     encoder_token_ids, encoder_padding_mask [B, S],
                    decoder_token_ids, decoder_padding_mask [B, T]
==================  =======================================================

Ids are int32. Masks are boolean and **True means a real token** ("may be
attended to"); padding stands behind the tokens (on the right) and its ids do
not matter.

Backbones that generate share one protocol, on which all decoding is built:

- ``start(inputs, max_length) -> state``: everything that can be prepared
  before the first token (the encoded source, empty caches);
- ``read(token_ids [B, P], state) -> state``: read the next P tokens of each row,
  of which nothing is asked (a prompt);
- ``step(token_ids [B], state) -> hidden_states [B, D], state``: read one token
  per row and give the hidden state that predicts the next.

A state is a (nested) dictionary or list of tensors, each with the batch on
axis 0, so that beam search can pick rows of it.

Keras saves a backbone, alone or inside a model of your own, and loads it where
the file of its family has been imported.

>>> backbone.save("backbone.keras")
>>> import zoo.models.gpt
>>> backbone = keras.models.load_model("backbone.keras")
"""

import contextlib
import dataclasses

import keras

from zoo.growing import read_one_by_one
from zoo.inputs import check_inputs, dtype_of

OF_KERAS = ("name", "dtype", "trainable")  # what Keras notes of each layer, beside the settings


class Backbone(keras.Model):
    """Base class of all families. A family sets the class attributes and calls
    ``self.build_from_inputs()`` as the last line of its ``__init__``.

    Args:
        config: an instance of the family's frozen dataclass ``Config``.
    """

    kind = None  # "encoder", "decoder" or "encoder_decoder"
    paper = ""  # authors, year, title, arXiv number
    Config = None  # a frozen dataclass with the settings
    presets = {}  # name -> Config; "tiny" is one of them, the first one is the default
    recipe = {}  # the settings of zoo.optimization.Recipe this family was published or works well with
    compiles = True  # whether XLA can compile a training step; it cannot compile a loop over time
    mask_input = "padding_mask"  # which mask belongs to the hidden states that `call` returns

    def __init__(self, config):
        super().__init__()
        self.config = config

    def __call__(self, *args, **kwargs):
        if args or "inputs" in kwargs:
            self.check_inputs(args[0] if args else kwargs["inputs"])
        return super().__call__(*args, **kwargs)

    def check_inputs(self, inputs):
        """Raises ValueError unless ``inputs`` is the dictionary of this kind, see :mod:`zoo.inputs`."""
        check_inputs(type(self).__name__, self.input_names, inputs)

    def build(self, inputs_shape=None):
        """Nothing: the first call makes all weights. Keras' own ``build`` would trace that call a second time."""

    def build_from_inputs(self):
        """Creates all weights by one symbolic call (``build`` alone would leave a subclassed model without them)."""
        self(self.symbolic_inputs())

    def symbolic_inputs(self):
        """Symbolic tensors for the inputs of this kind, any batch size and length."""
        size = None
        if keras.config.backend() == "torch":
            # PyTorch knows no unknown sizes: Keras would try 83 instead, more tokens than some models can read.
            size = min(2, self.max_sequence_length or 2)
        shape = {"shape": (size,), "batch_size": size}
        return {name: keras.Input(**shape, dtype=dtype_of(name), name=name) for name in self.input_names}

    def read(self, token_ids, state):
        """Reads the next tokens of each row, [B, P]; returns the state after them."""
        return read_one_by_one(self, token_ids, state)

    @property
    def hidden_dim(self):
        """Size D of the hidden states that ``call`` returns."""
        return self.config.hidden_dim

    @property
    def max_sequence_length(self):
        """How many tokens one input may have; None: any number."""
        return getattr(self.config, "max_sequence_length", None)

    @property
    def tied_embedding(self):
        """The embedding layer whose matrix also makes the logits; None if the output has weights of its own."""
        return None

    @property
    def layer_stack(self):
        """Its layers from the bottom to the top, each a list of parts; what is in none lies below them.

        Fine-tuning gives each a learning rate of its own. Empty: the backbone counts as one layer.
        """
        return []

    @property
    def dropout_rate(self):
        """The rate of dropout, which heads share; 0 for a family that has none."""
        return getattr(self.config, "dropout", 0.0)

    @classmethod
    def make_savable(cls):
        """Tells Keras under which name the file of a saved model has this family: ``zoo>gpt``."""
        keras.saving.register_keras_serializable(package="zoo", name=cls.registered_name)(cls)

    def get_config(self):
        """The settings, and what Keras notes of each layer: name, precision and whether it is trained."""
        return {**dataclasses.asdict(self.config), **super().get_config()}

    @classmethod
    def from_config(cls, config):
        """A new backbone with the settings that :meth:`get_config` wrote; those that are missing are the defaults."""
        name, dtype, trainable = (config.get(key) for key in OF_KERAS)
        # Layers do not inherit the precision of what they are a part of.
        policy = keras.saving.deserialize_keras_object(dtype) if dtype else keras.config.dtype_policy()
        with computing_in(policy):
            backbone = cls(cls.Config(**{key: value for key, value in config.items() if key not in OF_KERAS}))
        backbone.name = name or backbone.name
        if trainable is False:
            backbone.trainable = False
        # In the file of a model around it its calls are counted from there, without the one that made the weights.
        backbone._inbound_nodes.clear()
        return backbone


class Encoder(Backbone):
    """Reads a text as a whole: ``{token_ids, segment_ids, padding_mask} -> [B, T, D]``."""

    kind = "encoder"
    input_names = ("token_ids", "segment_ids", "padding_mask")
    pooling = "mean"  # how a text becomes one vector: "first" or "last" token, or the "mean" of all

    @property
    def activation(self):
        """That of the feed-forward layers, which the head of masked language modelling shares."""
        return getattr(self.config, "activation", "gelu")


class Decoder(Backbone):
    """Reads a text from left to right: ``{token_ids, padding_mask} -> [B, T, D]``; state t predicts token t + 1."""

    kind = "decoder"
    input_names = ("token_ids", "padding_mask")
    pooling = "last"

    def start(self, inputs, max_length):
        """The state before the first token.

        Args:
            inputs: ``{"token_ids": [B, T]}``; only the batch size is used.
            max_length: int, how many tokens will be read at most.
        """
        raise NotImplementedError

    def step(self, token_ids, state):
        """Reads ``token_ids`` [B]; returns hidden states [B, D] and the next state."""
        raise NotImplementedError


class EncoderDecoder(Backbone):
    """Reads a source, writes a target: the four inputs -> [B, T, D]; state t predicts target token t + 1."""

    kind = "encoder_decoder"
    input_names = ("encoder_token_ids", "encoder_padding_mask", "decoder_token_ids", "decoder_padding_mask")
    mask_input = "decoder_padding_mask"

    def start(self, inputs, max_length):
        """Encodes the source.

        Args:
            inputs: ``{"encoder_token_ids", "encoder_padding_mask"}`` [B, S].
            max_length: int, how many target tokens will be read at most.
        """
        raise NotImplementedError

    def step(self, token_ids, state):
        """Reads ``token_ids`` [B]; returns hidden states [B, D] and the next state."""
        raise NotImplementedError


@contextlib.contextmanager
def computing_in(precision):
    """While this context is active, new layers compute in ``precision``."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
