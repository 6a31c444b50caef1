"""A SavedModel that answers TF Serving's messages, in plain TensorFlow: none of our model code is loaded."""

import grpc
import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401 - its operations register themselves
from tensorflow.core.protobuf import saved_model_pb2

from zoo.serving.limits import BY_NUMBER, ServingError, in_one_line, invalid
from zoo.serving.places import FILE, VERSION
from zoo.serving.requests import read_warm_up

DEFAULT_SIGNATURE = "serving_default"


def signature_definitions(folder):
    """Name -> ``SignatureDef`` of the SavedModel in a folder."""
    model = saved_model_pb2.SavedModel.FromString((folder / FILE).read_bytes())
    return {name: found for name, found in model.meta_graphs[0].signature_def.items() if not name.startswith("__")}


class ServedModel:
    """One version of a model.

    Args:
        folder: its folder; the name of it is the version, 1 if it is no number.
    """

    def __init__(self, folder):
        self.folder = folder
        name = folder.resolve().name
        self.version = int(name) if VERSION.fullmatch(name) else 1
        self.definitions = signature_definitions(folder)
        self._model = tf.saved_model.load(str(folder))

    def warm_up(self):
        """Answers the requests that the export brought for this, so that the first client does not wait longer."""
        for request in read_warm_up(self.folder):
            inputs = {name: tf.make_ndarray(tensor) for name, tensor in request.inputs.items()}
            self.ask(request.model_spec.signature_name, inputs)

    def definition(self, signature):
        """The ``SignatureDef`` of a name; "" is the default signature.

        Raises:
            ServingError: there is none.
        """
        name = signature or DEFAULT_SIGNATURE
        if name not in self.definitions:
            raise ServingError(
                grpc.StatusCode.FAILED_PRECONDITION,
                f'Serving signature key "{name}" not found. This model has: {", ".join(sorted(self.definitions))}.',
            )
        return self.definitions[name]

    def ask(self, signature, inputs, wanted=()):
        """Answers one request.

        Args:
            signature: name of a signature; "" is the default one.
            inputs: name -> array.
            wanted: names of outputs; none for all.

        Returns:
            Name -> array.

        Raises:
            ServingError: the request does not fit the signature, or the model refuses it.
        """
        definition = self.definition(signature)
        unknown = sorted(set(wanted) - set(definition.outputs))
        if unknown:
            raise invalid(
                f"output tensor alias not found in signature: {unknown[0]} Outputs expected to be in the set "
                f"{{{','.join(sorted(definition.outputs))}}}."
            )
        tensors = _tensors(definition, inputs)
        try:
            outputs = self._model.signatures[signature or DEFAULT_SIGNATURE](**tensors)
            return {name: outputs[name].numpy() for name in (wanted or sorted(definition.outputs))}
        except tf.errors.OpError as error:
            code = BY_NUMBER.get(error.error_code, grpc.StatusCode.INTERNAL)
            raise ServingError(code, in_one_line(error.message)) from error


def _tensors(definition, inputs):
    """The inputs of a request as tensors, default values included; checked as TF Serving checks them."""
    unknown = sorted(set(inputs) - set(definition.inputs))
    missing = sorted(set(definition.inputs) - set(inputs) - set(definition.defaults))
    if unknown or missing:
        raise invalid(
            f"input size does not match signature. Sent extra: {{{','.join(unknown)}}}. "
            f"Missing but required: {{{','.join(missing)}}}."
        )
    tensors = {}
    for name, info in definition.inputs.items():
        value = inputs[name] if name in inputs else tf.make_ndarray(definition.defaults[name])
        expected = tf.as_dtype(info.dtype)
        given = tf.string if value.dtype.kind in "OSU" else tf.as_dtype(value.dtype)
        if given != expected:
            raise invalid(f"input {name} is expected to be {expected.name} but {given.name} is provided")
        shape = tf.TensorShape(info.tensor_shape)
        if not shape.is_compatible_with(value.shape):
            raise invalid(f"input {name} must have the shape {shape}, but has {value.shape}")
        tensors[name] = tf.constant(value, expected)
    return tensors


def rows(inputs):
    """How many rows a request has: the largest first dimension of its inputs."""
    return max((np.shape(value)[0] for value in inputs.values() if np.ndim(value)), default=0)
