"""Questions to an export as TF Serving's messages, and those with which a server warms up."""

import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_log_pb2

EXTRA = "assets.extra"  # the folder of a SavedModel that TensorFlow itself does not read
WARM_UP = "tf_serving_warmup_requests"
MOST_TEXTS = 8


def predict_request(model, signature, inputs, version=None):
    """A ``PredictRequest``.

    Args:
        model: name of the model on the server.
        signature: name of one of its signatures.
        inputs: name -> array, or whatever ``tf.make_tensor_proto`` takes.
        version: int; None asks the newest one.
    """
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    if version is not None:
        request.model_spec.version.value = version
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    return request


def example_inputs(kind, signature, records):
    """What a signature may be asked about some texts: name -> array.

    Args:
        kind: the :class:`zoo.kinds.Kind`.
        signature: one of its :class:`zoo.signatures.Signature`.
        records: list of dictionaries, field -> text.

    Returns:
        The inputs without default value, or None where texts alone do not tell them (tokens to be written).
    """
    texts = {name: tf.constant([record[name] for record in records]) for name in kind.fields}
    known = {**{name: rows.numpy() for name, rows in kind.tokenize(**texts).items()}, **texts}
    needed = [name for name, given in signature.inputs.items() if given.default is None]
    if signature.is_of_answers or not set(needed) <= set(known):
        return None
    return {name: known[name] for name in needed}


def write_warm_up(version, model, kind, signatures, records):
    """Writes the requests that a server answers before it lets a new version answer others; one real text and some.

    Args:
        version: the folder of the SavedModel.
        model: name of the model on the server.
        kind, signatures: the kind of task, and name -> signature.
        records: texts of the task.
    """
    folder = version / EXTRA
    folder.mkdir(exist_ok=True)
    with tf.io.TFRecordWriter(str(folder / WARM_UP)) as file:
        for name, signature in signatures.items():
            for some in (records[:1], records[:MOST_TEXTS]):
                inputs = example_inputs(kind, signature, some) if some else None
                if inputs is not None:
                    inputs |= {
                        other: tf.fill([len(some)], tf.constant(given.default, given.dtype))
                        for other, given in signature.inputs.items()
                        if given.default is not None
                    }
                    log = prediction_log_pb2.PredictionLog()
                    log.predict_log.request.CopyFrom(predict_request(model, name, inputs))
                    file.write(log.SerializeToString())


def read_warm_up(version):
    """The requests that :func:`write_warm_up` wrote into the folder of a SavedModel; none without such a file."""
    file = version / EXTRA / WARM_UP
    if not file.exists():
        return []
    records = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    return [prediction_log_pb2.PredictionLog.FromString(record).predict_log.request for record in records]
