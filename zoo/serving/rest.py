"""The development server's HTTP side: TF Serving's REST interface.

===========================================  =================================
POST /v1/models/NAME[/versions/N]:predict    answers (:mod:`zoo.serving.json_tensors`)
GET /v1/models/NAME[/versions/N]             which versions serve
GET /v1/models/NAME[/versions/N]/metadata    their signatures
===========================================  =================================

What is refused is told in JSON, ``{"error": "..."}``, whatever was asked.
"""

import contextlib
import http.server
import json
import re
import socket
import time
from urllib.parse import unquote

import grpc
from google.protobuf import json_format
from tensorflow_serving.apis import get_model_metadata_pb2

from zoo.serving import json_tensors
from zoo.serving.connections import HttpServer
from zoo.serving.limits import ServingError, as_serving_error, invalid

ASKED = re.compile(r"(?i)/v1/models/([^/:]+)(?:/versions/([0-9]{1,18}))?:(predict|classify|regress)")
STATUS = re.compile(r"(?i)/v1/models/([^/:]+)(?:/versions/([0-9]{1,18}))?(/metadata)?")
METHODS = "GET, POST"
PATIENCE = 5.0  # seconds


def make_server(service, host, port):
    """An :class:`zoo.serving.connections.HttpServer` that does not answer yet.

    Args:
        service: the :class:`zoo.serving.development.Service` that answers.
        host, port: where; port 0 takes any free one.
    """
    return HttpServer((host, port), _Handler, service)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open
    server_version = "zoo-serve"
    _is_unread = False  # whether a body may stand there

    def setup(self):
        self.timeout = self.server.service.limits.seconds
        super().setup()

    def handle(self):
        super().handle()
        if self._is_unread:
            self._listen_on()

    def do_POST(self):
        self._answer(self._predict)

    def do_GET(self):
        self._answer(self._inform)

    def send_error(self, code, message=None, explain=None):
        """What the library refuses by itself, in JSON as all errors: other methods, lines that are no HTTP."""
        self.close_connection = self._is_unread = True  # a body may stand there
        if code == http.HTTPStatus.NOT_IMPLEMENTED:
            code, message = http.HTTPStatus.METHOD_NOT_ALLOWED, f"{self.command} is not possible here: {METHODS} are"
            if not self._is_known():
                code, message = http.HTTPStatus.NOT_FOUND, f"Not Found: {self.path}"
        self._send(code, {"error": message or http.HTTPStatus(code).phrase})

    def _answer(self, function):
        self._is_unread = self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers
        with self.server.answering():
            try:
                if not self._is_known():
                    raise ServingError(grpc.StatusCode.NOT_FOUND, f"Not Found: {self.path}")
                status, document = 200, function()
            except HttpError as error:
                status, document = error.status, {"error": str(error)}
            except Exception as error:  # the client is told, the server lives on
                error = as_serving_error(error)
                status, document = error.http_status, {"error": str(error)}
            if self._is_unread or self.server.is_ending:  # a body left there would be taken for the next request
                self.close_connection = True
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
        length = self._length()
        with self.server.budget.taken(length):
            body = self._body(length)  # before anything else, so that the connection can go on
            name, version, verb = self._parts(ASKED)
            if verb.lower() != "predict":
                raise ServingError(grpc.StatusCode.UNIMPLEMENTED, "this server for development answers :predict only")
            service = self.server.service
            model = service.model(name, version)
            document = json_tensors.parse(body)
            signature = document.get("signature_name", "")
            try:
                definition = model.definition(signature)
            except ServingError as error:
                raise invalid(str(error)) from error
            outputs = service.ask(model, signature, json_tensors.to_arrays(document, definition))
        order = json_tensors.ROWS if "instances" in document else json_tensors.COLUMNS
        return json_tensors.to_document(outputs, order)

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

    def _length(self):
        """How many bytes the body has."""
        length = self.headers.get("Content-Length")
        if length is None or "Transfer-Encoding" in self.headers:
            self._is_unread = True
            raise HttpError(411, "a request needs its Content-Length; a body in chunks is not read")
        if not re.fullmatch("[0-9]{1,18}", length):
            raise invalid("the Content-Length must be a number of bytes")
        most = self.server.service.limits.body_bytes
        if int(length) > most:
            raise HttpError(413, f"the body has {length} bytes; this server reads {most} at most")
        return int(length)

    def _body(self, length):
        try:
            body = self.rfile.read(length)
        except TimeoutError as error:
            raise HttpError(408, f"the body's {length} bytes did not come in time") from error
        if len(body) < length:
            raise invalid(f"the body has {len(body)} bytes, not {length}")
        self._is_unread = False
        return body

    def _listen_on(self):
        """Reads for a moment what nobody wants: a client that sends all before it listens would not hear its answer."""
        limits = self.server.service.limits
        ends, left = time.monotonic() + min(PATIENCE, limits.seconds), 4 * limits.body_bytes
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while left > 0 and (seconds := ends - time.monotonic()) > 0:
                self.connection.settimeout(seconds)
                read = len(self.connection.recv(1 << 16))
                left -= read or left  # nothing: the client has ended

    def log_message(self, *args):
        """Nothing: the server says what it has to say when it starts."""


class HttpError(Exception):
    """What is refused by a status that HTTP alone has."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def as_json(message):
    """A message as a document, as TF Serving writes it: names as in the .proto, values of 0 said, too."""
    return json_format.MessageToDict(
        message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
