"""Asks what has been exported: a folder, or a server at an address.

==========================  ====================================================
DIR, DIR/<version>          the newest version of an export, or this one
http://HOST:PORT/NAME       TF Serving's REST interface (also https://)
grpc://HOST:PORT/NAME       its gRPC interface
==========================  ====================================================

NAME is that of the model on the server. Each is asked by the same three
things: which signatures there are, one question, one answer. What is asked in
many texts, and with settings, is in :mod:`zoo.serving.asking`.
"""

import http.client
import json
import re
import urllib.error
import urllib.parse
import urllib.request

import grpc
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2, prediction_service_pb2_grpc

from zoo.serving.json_tensors import to_document
from zoo.serving.limits import HTTP_STATUS, ServingError, in_one_line
from zoo.serving.places import is_address, newest_version, no_version
from zoo.serving.requests import predict_request
from zoo.serving.served_model import ServedModel

SECONDS = 300.0  # before a server is given up
LATER = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


class ClientError(ValueError):
    """What was asked cannot be answered; says what is wrong."""


class UnavailableError(ClientError):
    """No server can be reached, or it has no time now."""

    exit_status = 1  # of a program: later it may succeed


def connect(place):
    """The folder of an export, or the server at an address, ready to be asked; a context that ends the connection.

    Raises:
        ClientError: there is no export, the address is not complete, or what answers there has no such model;
            UnavailableError: nobody answers there.
    """
    if not is_address(place):
        folder = newest_version(place)
        if folder is None:
            raise ClientError(no_version(place))
        return FolderClient(folder)
    found = re.fullmatch(r"(https?|grpc)://([^/]+)/(?:v1/models/)?([^/:]+)", place)
    if not found:
        raise ClientError(
            f"{place} is not the address of a model: say SCHEME://HOST:PORT/NAME, where SCHEME is http, https or grpc, "
            "such as grpc://localhost:8500/mine."
        )
    scheme, host, model = found.groups()
    model = urllib.parse.unquote(model)
    if scheme == "grpc":
        return GrpcClient(host, model)
    return RestClient(f"{scheme}://{host}/v1/models/{urllib.parse.quote(model)}")


class _Client:
    """What can be asked, as a context."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        """Ends the connection, if there is one."""


class FolderClient(_Client):
    """Asks an export in this process."""

    def __init__(self, folder):
        try:
            self._model = ServedModel(folder)
        except Exception as error:  # each library under a SavedModel has errors of its own
            why = in_one_line(error).rstrip(".")
            raise ClientError(f"{folder} cannot be loaded: {why}. Export it anew, or remove it.") from error
        self.signatures = self._model.definitions

    def ask(self, signature, inputs):
        """Name -> list of values, one for each row."""
        try:
            return _columns(self._model.ask(signature, inputs))
        except ServingError as error:
            raise ClientError(str(error)) from error


class GrpcClient(_Client):
    """Asks a server by gRPC."""

    def __init__(self, address, model):
        self._address = address
        self._model = model
        self.signatures = None  # until it has answered
        options = [("grpc.max_receive_message_length", -1)]
        self._channel = grpc.insecure_channel(address, options)
        self._service = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        request.model_spec.name = model
        try:
            response = self._call(self._service.GetModelMetadata, request)
        except ClientError:
            self.close()
            raise
        definitions = get_model_metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(definitions)
        self.signatures = dict(definitions.signature_def)

    def ask(self, signature, inputs):
        """Name -> list of values, one for each row."""
        response = self._call(self._service.Predict, predict_request(self._model, signature, inputs))
        return _columns({name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()})

    def close(self):
        self._channel.close()

    def _call(self, method, request):
        try:
            return method(request, timeout=SECONDS)
        except grpc.RpcError as error:
            said = f"{error.code().name}: {in_one_line(error.details())}"
            if error.code() not in LATER:
                raise ClientError(f"the server says {said}") from error
            if self.signatures is None:
                raise UnavailableError(f"no answer of a TF Serving by gRPC at {self._address}: {said}") from error
            raise UnavailableError(f"the server says {said}") from error


class RestClient(_Client):
    """Asks a server by REST."""

    def __init__(self, address):
        self._address = address
        described = self._call("/metadata")
        definitions = get_model_metadata_pb2.SignatureDefMap()
        try:
            json_format.ParseDict(described["metadata"]["signature_def"], definitions, ignore_unknown_fields=True)
        except (KeyError, TypeError, json_format.ParseError) as error:
            raise ClientError(f"what answers at {address} is no TF Serving: it tells no signatures.") from error
        self.signatures = dict(definitions.signature_def)

    def ask(self, signature, inputs):
        """Name -> list of values, one for each row."""
        columns = to_document(inputs, "inputs")["outputs"]
        columns = columns if len(inputs) > 1 else dict.fromkeys(inputs, columns)
        outputs = self._call(":predict", {"signature_name": signature, "inputs": columns})["outputs"]
        names = list(self.signatures[signature].outputs)
        return outputs if len(names) > 1 else {names[0]: outputs}

    def _call(self, what, document=None):
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self._address + what, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            error_class = UnavailableError if error.code in map(HTTP_STATUS.get, LATER) else ClientError
            raise error_class(f"the server says {error.code}: {_said(error.read())}") from error
        except http.client.RemoteDisconnected as error:
            raise UnavailableError(f"the server at {self._address} ended the connection and gave no answer.") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or str(error) or type(error).__name__
            error_class = UnavailableError if isinstance(error, OSError) else ClientError
            raise error_class(f"no TF Serving answers by REST at {self._address}: {reason}.") from error


def _said(body):
    """What is wrong, as a server tells it by ``{"error": "..."}``; the whole body if it is another's."""
    try:
        return in_one_line(json.loads(body)["error"])
    except (KeyError, TypeError, ValueError):
        return in_one_line(body.decode("utf-8", errors="replace"))


def _columns(arrays):
    """Arrays as nested lists of plain values, as JSON would bring them."""
    document = to_document(arrays, "inputs")["outputs"]
    return document if len(arrays) > 1 else dict.fromkeys(arrays, document)
