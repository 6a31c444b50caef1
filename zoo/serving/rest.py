"""The development server's HTTP side: TF Serving's REST interface.

===========================================  =================================
POST /v1/models/NAME[/versions/N]:predict    answers (:mod:`zoo.serving.json_tensors`)
GET /v1/models/NAME[/versions/N]             which versions serve
GET /v1/models/NAME[/versions/N]/metadata    their signatures
===========================================  =================================

What is refused is told in JSON, ``{"error": "..."}``, whatever was asked.
"""

import http.server
import json
import re
import threading
from urllib.parse import unquote

import grpc
from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2

from zoo.serving import json_tensors
from zoo.serving.limits import ServingError, as_serving_error, invalid

PREDICT = re.compile(r"(?i)/v1/models/([^/:]+)(?:/versions/([0-9]{1,18}))?:predict")
STATUS = re.compile(r"(?i)/v1/models/([^/:]+)(?:/versions/([0-9]{1,18}))?(/metadata)?")
METHODS = "GET, POST"
BUSY_BODY = b'{"error": "too many connections are open: try again later"}'
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(BUSY_BODY), BUSY_BODY)
)


class RestServer(http.server.ThreadingHTTPServer):
    """Answers each connection in a thread of its own, so many of them at a time and no more.

    Args:
        address: (host, port); port 0 takes any free one.
        service: the :class:`zoo.serving.development.Service` that answers.
    """

    daemon_threads = True
    request_queue_size = 512  # connections that the system may keep waiting

    def __init__(self, address, service):
        self.service = service
        self._connections = threading.BoundedSemaphore(service.limits.connections)
        try:
            super().__init__(address, _Handler)
        except OSError as error:
            host, port = address
            raise OSError(f"port {port} of {host} cannot be used for REST: {error.strerror}.") from error

    def process_request(self, request, client_address):
        if not self._connections.acquire(blocking=False):
            with request:
                request.sendall(BUSY)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request, client_address):
        """Nothing: a client that has gone away needs no answer, and the other errors have been answered."""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open
    server_version = "zoo-serve"

    def setup(self):
        self.timeout = self.server.service.limits.seconds
        super().setup()

    def do_POST(self):
        self._answer(self._predict)

    def do_GET(self):
        self._answer(self._inform)

    def send_error(self, code, message=None, explain=None):
        """What the library refuses by itself, in JSON as all errors: other methods, lines that are no HTTP."""
        self.close_connection = True  # a body may stand there unread
        if code == http.HTTPStatus.NOT_IMPLEMENTED:
            code, message = http.HTTPStatus.METHOD_NOT_ALLOWED, f"{self.command} is not possible here: {METHODS} are"
            if not self._is_known():
                code, message = http.HTTPStatus.NOT_FOUND, f"Not Found: {self.path}"
        self._send(code, {"error": message or http.HTTPStatus(code).phrase})

    def _answer(self, function):
        try:
            if not self._is_known():
                self.close_connection = True  # a body may stand there unread
                raise ServingError(grpc.StatusCode.NOT_FOUND, f"Not Found: {self.path}")
            status, document = 200, function()
        except TooLarge as error:
            status, document = 413, {"error": str(error)}
        except Exception as error:  # the client is told, the server lives on
            error = as_serving_error(error)
            status, document = error.http_status, {"error": str(error)}
        self._send(status, document)

    def _send(self, status, document):
        body = json.dumps(document, ensure_ascii=False).encode("utf-8", errors="replace")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == http.HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", METHODS)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _is_known(self):
        return self.path.lower().startswith("/v1/")

    def _parts(self, pattern):
        """Model, version or None, and what else a path names.

        Raises:
            ServingError: the path is none of this pattern.
        """
        path = self.path.partition("?")[0].encode("latin-1").decode("utf-8", errors="replace")  # a Korean name by curl
        found = pattern.fullmatch(path)
        if not found:
            raise invalid(f"Malformed request: {self.command} {path}")
        name, version, *rest = found.groups()
        return unquote(name), version and int(version), *rest

    def _predict(self):
        body = self._body()  # before anything else: what is left unread would be taken for the next request
        name, version = self._parts(PREDICT)
        service = self.server.service
        model = service.model(name, version)
        document = json_tensors.parse(body)
        signature = document.get("signature_name", "")
        try:
            definition = model.definition(signature)
        except ServingError as error:
            raise invalid(str(error)) from error
        inputs = json_tensors.to_arrays(document, definition)
        outputs = service.ask(model, signature, inputs)
        return json_tensors.to_document(outputs, json_tensors.ROWS if "instances" in document else json_tensors.COLUMNS)

    def _inform(self):
        name, version, of_signatures = self._parts(STATUS)
        service = self.server.service
        if not of_signatures:
            return as_json(service.status(name, version))
        response = service.metadata(name, version)
        definitions = get_model_metadata_pb2.SignatureDefMap()
        response.metadata["signature_def"].Unpack(definitions)
        return {
            "model_spec": as_json(response.model_spec),
            "metadata": {"signature_def": as_json(definitions)},
        }

    def _body(self):
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]+", length):
            self.close_connection = True
            raise invalid("a request needs its Content-Length, a number of bytes")
        most = self.server.service.limits.body_bytes
        if int(length) > most:
            self.close_connection = True
            # A client that sends all before it listens would not hear the answer; some patience for it.
            for _ in range(min(int(length), 4 * most) >> 16):
                if not self.rfile.read(1 << 16):
                    break
            raise TooLarge(f"the body has {length} bytes; this server reads {most} at most")
        return self.rfile.read(int(length))

    def log_message(self, *args):
        """Nothing: the server says what it has to say when it starts."""


class TooLarge(Exception):
    """A body that is not read."""


def as_json(message):
    """A message as a document, as TF Serving writes it: names as in the .proto, values of 0 said, too."""
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
