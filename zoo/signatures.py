"""What an exported model can be asked: its signatures, each with named inputs and outputs.

A kind of task says them in one place (:meth:`zoo.kinds.Kind.signatures`); the
export, its README and its tests follow from there. Three rules hold for all:

- Every input and output has the batch first, so that a server may merge the
  requests of many clients and row-wise REST requests work.
- Where rows have unequal lengths, -1 stands behind their ids and positions,
  and "" behind their strings.
- Strings are UTF-8.

A batch of no row has an answer of no row.
"""

import inspect
from dataclasses import dataclass, field

import tensorflow as tf

PADDING = -1


@dataclass(frozen=True)
class Signature:
    """One question to an exported model.

    Args:
        about: what is asked, in one sentence.
        function: ``function(**tensors) -> {name: tensor}``, traced once for any batch size.
        inputs: name -> :class:`Input`.
        outputs: name -> what it is, with its shape.
        is_of_answers: bool, whether its ids are those of an answer and not of a question.
    """

    about: str
    function: object
    inputs: dict
    outputs: dict
    is_of_answers: bool = False

    def traced(self):
        """The ``tf.function`` that is exported; inputs with a default value may be left out by a client."""
        empty = inspect.Parameter.empty
        parameters = [
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                default=empty if given.default is None else tf.constant([given.default], given.dtype),
            )
            for name, given in self.inputs.items()
        ]

        def ask(*values):
            rows = tf.shape(values[0])[0]
            given = map(_not_empty, values, self.inputs.values())
            answers = self.function(**dict(zip(self.inputs, given, strict=True)))
            return {name: answer[:rows] for name, answer in answers.items()}

        ask.__signature__ = inspect.Signature(parameters)  # TensorFlow reads names and default values there
        specs = [tf.TensorSpec(given.shape, given.dtype, name=name) for name, given in self.inputs.items()]
        return tf.function(ask, input_signature=specs, autograph=False)


@dataclass(frozen=True)
class Input:
    """One named tensor of a question.

    Args:
        about: what it is, with its shape.
        dtype: its type; strings by default.
        shape: list, None for a size that may vary; [B] by default.
        default: the value of a row that says nothing; None where something must be said.
    """

    about: str
    dtype: tf.DType = tf.string
    shape: list = field(default_factory=lambda: [None])
    default: object = None


def _not_empty(value, given):
    """A batch of no row as one of one row, whose answer is cut off: no model need know of empty batches."""
    missing = tf.maximum(1 - tf.shape(value)[0], 0)
    filler = ("" if given.dtype == tf.string else 0) if given.default is None else given.default
    return tf.pad(value, [[0, missing]] * len(given.shape), constant_values=tf.constant(filler, given.dtype))


def ids_input(about):
    """An input of token ids: int32 [B, T]."""
    return Input(about, tf.int32, [None, None])


def padded(rows):
    """Ragged ids [B, None] -> int32 [B, T] with ``PADDING`` behind each row."""
    return tf.cast(rows.to_tensor(PADDING), tf.int32)


def for_rows(values, batch_size):
    """One value for each row: [1] or [B] -> [B]."""
    return tf.broadcast_to(values, [batch_size])
