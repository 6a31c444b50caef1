"""What goes wrong while serving, with TF Serving's statuses, and how much may go on at once."""

import contextlib
import re
import threading
from dataclasses import dataclass

import grpc

# As TF Serving translates the statuses of its calls for HTTP.
HTTP_STATUS = {
    grpc.StatusCode.CANCELLED: 499,
    grpc.StatusCode.INVALID_ARGUMENT: 400,
    grpc.StatusCode.FAILED_PRECONDITION: 400,
    grpc.StatusCode.OUT_OF_RANGE: 400,
    grpc.StatusCode.NOT_FOUND: 404,
    grpc.StatusCode.ALREADY_EXISTS: 409,
    grpc.StatusCode.ABORTED: 409,
    grpc.StatusCode.RESOURCE_EXHAUSTED: 429,
    grpc.StatusCode.UNIMPLEMENTED: 501,
    grpc.StatusCode.UNAVAILABLE: 503,
    grpc.StatusCode.DEADLINE_EXCEEDED: 504,
}
# TensorFlow's numbers of errors are those of gRPC.
BY_NUMBER = {code.value[0]: code for code in grpc.StatusCode}
# What TensorFlow puts around the words of an operation that failed: those before it, and the operation's place.
BEFORE = re.compile(r"(?s).*<stack traces unavailable>\n")
PLACE = re.compile(r"\s*\[\[.*?\]\](?: \[Op:\w*\])?")
ASSERTION = re.compile(r"assertion failed: \[(.*?)\]\s*(?:\[\[|\n|$)")


class ServingError(Exception):
    """A request that is not answered: a status and what is wrong."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code

    @property
    def http_status(self):
        """The same for HTTP."""
        return HTTP_STATUS.get(self.code, 500)


def invalid(message):
    """The error for a request that can never be answered."""
    return ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)


def as_serving_error(error):
    """Any error as one that a client can be told."""
    return error if isinstance(error, ServingError) else ServingError(grpc.StatusCode.INTERNAL, in_one_line(error))


def in_one_line(error):
    """An error's words; of TensorFlow's those that tell what is wrong, such as a model's own (``tf.debugging.Assert``).

    TF Serving tells them with TensorFlow's around them, too.
    """
    message = str(error)
    asserted = ASSERTION.search(message)
    message = asserted[1].replace("] [", " ") if asserted else PLACE.sub("", BEFORE.sub("", message))
    return " ".join(message.split())


@dataclass(frozen=True)
class Limits:
    """How much a server takes upon itself.

    Args:
        workers: requests that are computed at the same time.
        queue: requests that may wait for them; a further one is told to come back (UNAVAILABLE, HTTP 503).
        connections: HTTP connections that may be open.
        body_bytes: the largest request.
        together_bytes: all HTTP requests together that are in memory; a further one is told to come back.
        batch_size: rows of one request at most.
        seconds: how long a client may keep silent.
    """

    workers: int = 4
    queue: int = 1000
    connections: int = 1100
    body_bytes: int = 8 << 20
    together_bytes: int = 256 << 20
    batch_size: int = 256
    seconds: float = 60.0


class Budget:
    """Bytes that may be taken at the same time.

    Args:
        size: how many there are.
    """

    def __init__(self, size):
        self._left = size
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def taken(self, size):
        """While this context is active, so many bytes are taken.

        Raises:
            ServingError: there are not so many left.
        """
        with self._lock:
            if size > self._left:
                raise ServingError(grpc.StatusCode.UNAVAILABLE, "the server reads too much already: try again later")
            self._left -= size
        try:
            yield
        finally:
            with self._lock:
                self._left += size


class Gate:
    """Lets so many requests compute, so many wait, and sends the others away.

    Args:
        limits: :class:`Limits`.

    Attributes:
        computing: how many requests compute at this moment.
    """

    def __init__(self, limits):
        self._inside = threading.BoundedSemaphore(limits.workers + limits.queue)
        self._working = threading.BoundedSemaphore(limits.workers)
        self._is_closed = False
        self.computing = 0
        self._counting = threading.Lock()

    def close(self):
        """Sends away those who still wait, too."""
        self._is_closed = True

    @contextlib.contextmanager
    def passed(self):
        """While this context is active, the request computes.

        Raises:
            ServingError: too many wait already, or the gate is closed.
        """
        if not self._inside.acquire(blocking=False):
            raise ServingError(grpc.StatusCode.UNAVAILABLE, "the queue of requests is full: try again later")
        try:
            with self._working:
                if self._is_closed:
                    raise ServingError(grpc.StatusCode.UNAVAILABLE, "the server has ended")
                with self._counted():
                    yield
        finally:
            self._inside.release()

    @contextlib.contextmanager
    def _counted(self):
        with self._counting:
            self.computing += 1
        try:
            yield
        finally:
            with self._counting:
                self.computing -= 1
