"""A small server for development: TF Serving's REST and gRPC interfaces over a SavedModel in plain TensorFlow.

It is there to try an export, and to write a client where no TF Serving is. It
knows neither encryption nor who asks: keep it on the loopback address.
"""

import contextlib
import threading
from pathlib import Path

import grpc
from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from zoo.serving import remote_calls, rest
from zoo.serving.deployment import model_name
from zoo.serving.limits import Gate, Limits, ServingError, invalid
from zoo.serving.served_model import rows
from zoo.serving.versions import Versions

GRACE = 5.0  # seconds


class Service:
    """What both interfaces ask: one model, by name.

    Args:
        name: of the model.
        versions: :class:`zoo.serving.versions.Versions`.
        limits: :class:`zoo.serving.limits.Limits`.
    """

    def __init__(self, name, versions, limits):
        self.name = name
        self.versions = versions
        self.limits = limits
        self.gate = Gate(limits)

    def model(self, name, version=None):
        """The :class:`zoo.serving.served_model.ServedModel` of a name; raises ServingError if there is none."""
        self._check(name)
        return self.versions.get(version)

    def ask(self, model, signature, inputs, wanted=()):
        """Name -> array: the answer of a model, when it is this request's turn; raises ServingError."""
        if rows(inputs) > self.limits.batch_size:
            raise invalid(
                f"Task size {rows(inputs)} is larger than maximum input batch size {self.limits.batch_size}: "
                "ask in several requests."
            )
        with self.gate.passed():
            return model.ask(signature, inputs, wanted)

    def status(self, name, version=None):
        """A ``GetModelStatusResponse``."""
        self._check(name)
        known = self.versions.statuses()
        if version is not None:
            known = {number: status for number, status in known.items() if number == version}
        if not known:
            raise ServingError(grpc.StatusCode.NOT_FOUND, f"Could not find version {version} of model {name}")
        response = get_model_status_pb2.GetModelStatusResponse()
        for number, (state, error) in known.items():
            entry = response.model_version_status.add(version=number, state=state)
            entry.status.error_code = error.code.value[0] if error else 0
            entry.status.error_message = str(error) if error else ""
        return response

    def metadata(self, name, version=None):
        """A ``GetModelMetadataResponse`` with the signatures."""
        model = self.model(name, version)
        definitions = get_model_metadata_pb2.SignatureDefMap()
        for signature, definition in model.definitions.items():
            definitions.signature_def[signature].CopyFrom(definition)
        response = get_model_metadata_pb2.GetModelMetadataResponse()
        response.model_spec.name = name
        response.model_spec.version.value = model.version
        response.metadata["signature_def"].Pack(definitions)
        return response

    def _check(self, name):
        if name != self.name:
            raise ServingError(
                grpc.StatusCode.NOT_FOUND,
                f"Servable not found for request: Latest({name}); this server has {self.name!r} only.",
            )


class DevelopmentServer:
    """Serves the newest version in a folder, by REST and by gRPC, until it is stopped.

    Args:
        directory: the folder of a model, as ``zoo.export`` writes it.
        name: of the model on the server; by default that of the folder.
        host: where it listens; the default is reached from this machine only.
        grpc_port, rest_port: 0 takes any free one.
        limits: :class:`zoo.serving.limits.Limits`.
        look_every: seconds between two looks for a newer version.
        tell: a function that is called with a line of text for each version that takes over or cannot be loaded.

    Raises:
        ServingError: the folder holds no version that can be loaded.
        OSError: a port is taken.
    """

    def __init__(
        self, directory, name=None, host="127.0.0.1", grpc_port=0, rest_port=0, limits=None, look_every=1.0,
        tell=lambda line: None,
    ):  # fmt: skip
        directory = Path(directory)
        self.name = name or model_name(directory)
        self.host = host
        self._versions = Versions(directory, look_every, tell)
        self._service = service = Service(self.name, self._versions, limits or Limits())
        with contextlib.ExitStack() as undo:
            self._rest = rest.make_server(service, host, rest_port)
            undo.callback(self._rest.server_close)
            self.rest_port = self._rest.server_address[1]
            remote_calls.check_port(host, grpc_port)  # before it takes time to load a version
            self._versions.start()
            undo.callback(self._versions.stop)
            # The last of all: gRPC gives back the port of a server that was started, and of no other.
            self._grpc, self.grpc_port = remote_calls.make_server(service, host, grpc_port)
            undo.pop_all()
        self._listening = threading.Thread(target=self._rest.serve_forever, name="rest", daemon=True)

    def start(self):
        """Begins to answer."""
        self._listening.start()
        self._grpc.start()
        return self

    def stop(self):
        """Listens no longer; requests that came before have some seconds, and what has not begun then never will."""
        ended = self._grpc.stop(grace=GRACE)
        self._rest.stop(grace=GRACE)
        self._service.gate.close()
        ended.wait()
        self._versions.stop()

    @property
    def is_computing(self):
        """Whether an answer is being computed: it may be, for a while, for nobody when the server has stopped."""
        return self._service.gate.computing > 0

    def __enter__(self):
        return self.start()

    def __exit__(self, *error):
        self.stop()
