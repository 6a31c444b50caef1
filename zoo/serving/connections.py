"""The development server's HTTP connections: how many there are, how much they bring, and how they end."""

import contextlib
import http.server
import threading

from zoo.serving.limits import Budget

ADVICE = "choose another, or 0 for any free one."  # where a port cannot be had
BUSY_BODY = b'{"error": "too many connections are open: try again later"}'
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(BUSY_BODY), BUSY_BODY)
)


class HttpServer(http.server.ThreadingHTTPServer):
    """Answers each connection in a thread of its own, so many of them at a time and no more.

    Args:
        address: (host, port); port 0 takes any free one.
        handler: the ``BaseHTTPRequestHandler`` that reads and answers.
        service: the :class:`zoo.serving.development.Service` that knows the answers.
    """

    daemon_threads = True  # an open connection on which nothing is asked must not keep the program alive
    request_queue_size = 512  # connections that the system may keep waiting

    def __init__(self, address, handler, service):
        self.service = service
        limits = service.limits
        self.budget = Budget(max(limits.together_bytes, limits.body_bytes))
        self.is_ending = False
        self._connections = threading.BoundedSemaphore(limits.connections)
        self._answering = 0
        self._changed = threading.Condition()
        try:
            super().__init__(address, handler)
        except OSError as error:
            host, port = address
            raise OSError(f"port {port} of {host} cannot be used for REST ({error.strerror}): {ADVICE}") from error

    def process_request(self, request, client_address):
        if not self._connections.acquire(blocking=False):
            with request:
                request.sendall(BUSY)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread for it, which would have released it
            self._connections.release()
            raise

    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    @contextlib.contextmanager
    def answering(self):
        """While this context is active, a request is being answered: the server does not end yet."""
        with self._changed:
            self._answering += 1
        try:
            yield
        finally:
            with self._changed:
                self._answering -= 1
                self._changed.notify_all()

    def stop(self, grace):
        """Listens no longer; requests that are being answered have so many seconds."""
        self.is_ending = True
        self.shutdown()
        self.server_close()
        with self._changed:
            self._changed.wait_for(lambda: not self._answering, grace)

    def handle_error(self, request, client_address):
        """Nothing: a client that has gone away needs no answer, and the other errors have been answered."""
