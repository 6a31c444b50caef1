"""The development server's gRPC side: ``Predict``, ``GetModelMetadata`` and ``GetModelStatus`` of TF Serving."""

import contextlib
import math
import socket
from concurrent.futures import ThreadPoolExecutor

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from zoo.serving.connections import ADVICE
from zoo.serving.limits import ServingError, as_serving_error, invalid
from zoo.serving.served_model import DEFAULT_SIGNATURE


def make_server(service, host, port):
    """A server that is not started yet, and the port that it has got.

    A call beyond the queue is told RESOURCE_EXHAUSTED, by gRPC itself; so is a message that is too large. Each call in
    the queue has a thread: those that compute wait at the gate, and those that ask for status or metadata need not.

    Args:
        service: the :class:`zoo.serving.development.Service` that answers.
        host, port: where; port 0 takes any free one.
    """
    limits = service.limits
    calls = limits.workers + limits.queue
    server = grpc.server(
        ThreadPoolExecutor(calls, thread_name_prefix="grpc"),
        maximum_concurrent_rpcs=calls,
        options=[
            ("grpc.max_receive_message_length", limits.body_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # a second server on the same port is an error, not a rival
        ],
    )
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(PredictionService(service), server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(ModelService(service), server)
    try:
        return server, server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise OSError(f"port {port} of {host} cannot be used for gRPC: {error}.") from error


def check_port(host, port):
    """Raises OSError, with the system's reason, if a port cannot be had: gRPC itself tells none, and writes a log."""
    try:
        with contextlib.closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise OSError(f"port {port} of {host} cannot be used for gRPC ({error.strerror}): {ADVICE}") from error


def _answered(function):
    """A method whose errors become gRPC's statuses."""

    def method(self, request, context):
        try:
            return function(self, request)
        except Exception as error:  # the client is told, the server lives on
            error = as_serving_error(error)
            context.abort(error.code, str(error))

    return method


def _unimplemented(request):
    raise ServingError(grpc.StatusCode.UNIMPLEMENTED, "this server for development answers Predict only")


class PredictionService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """TF Serving's ``PredictionService``."""

    def __init__(self, service):
        self.service = service

    @_answered
    def Predict(self, request):
        spec = _model_spec(request)
        model = self.service.model(spec.name, _version(spec))
        inputs = {}
        for name, tensor in request.inputs.items():
            inputs[name] = _array(name, tensor, self.service.limits.body_bytes)
        outputs = self.service.ask(model, spec.signature_name, inputs, list(request.output_filter))
        response = predict_pb2.PredictResponse()
        response.model_spec.name = spec.name
        response.model_spec.signature_name = spec.signature_name or DEFAULT_SIGNATURE
        response.model_spec.version.value = model.version
        for name, value in outputs.items():
            response.outputs[name].CopyFrom(tf.make_tensor_proto(value))
        return response

    @_answered
    def GetModelMetadata(self, request):
        spec = _model_spec(request)
        wrong = [field for field in request.metadata_field if field != "signature_def"]
        if wrong or not request.metadata_field:
            raise invalid("GetModelMetadataRequest must specify the metadata_field signature_def, and no other")
        return self.service.metadata(spec.name, _version(spec))

    Classify = Regress = MultiInference = _answered(lambda self, request: _unimplemented(request))


class ModelService(model_service_pb2_grpc.ModelServiceServicer):
    """TF Serving's ``ModelService``."""

    def __init__(self, service):
        self.service = service

    @_answered
    def GetModelStatus(self, request):
        spec = _model_spec(request)
        return self.service.status(spec.name, _version(spec))

    HandleReloadConfigRequest = _answered(lambda self, request: _unimplemented(request))


def _array(name, tensor, most):
    """A ``TensorProto`` as an array; refuses one that is much larger than what was sent, or that contradicts itself."""
    sizes = [dimension.size for dimension in tensor.tensor_shape.dim]
    if tensor.tensor_shape.unknown_rank or min(sizes, default=0) < 0 or math.prod(sizes) > most:
        raise invalid(f"tensor parsing error: {name}: no tensor of the shape {sizes} is read here")
    try:
        return tf.make_ndarray(tensor)
    except (TypeError, ValueError) as error:
        raise invalid(f"tensor parsing error: {name}: {error}") from error


def _model_spec(request):
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    return request.model_spec


def _version(spec):
    if spec.version_label:
        raise invalid("this server for development knows versions by number only")
    return spec.version.value if spec.HasField("version") else None
