"""Figures of a worker that has no server beside it: an address of its own for a Prometheus."""

import threading
from collections.abc import Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST

from . import metrics
from .watching import may_see

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class _Server(ThreadingMixIn, WSGIServer):
    """Whoever says nothing, or takes nothing, keeps only a thread of his own, and not for long."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Somebody hung up, or was hung up on: no affair of the operator's."""


class _Handler(WSGIRequestHandler):
    # Seconds without a byte.
    timeout = 5

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """It would write a line of another form for every question."""


def serve(address: str) -> None:
    """Answer at ADDRESS:PORT from now on, in a thread. Raises `OSError` where that cannot be listened on."""
    host, _, port = address.rpartition(":")
    server = make_server(host.strip("[]"), int(port), application, _Server, _Handler)
    threading.Thread(target=server.serve_forever, name="figures of the worker", daemon=True).start()


def application(environment: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The figures, for the same readers as those of a server."""
    said = [
        (name.removeprefix("HTTP_").replace("_", "-").lower().encode(), str(value).encode("latin-1"))
        for name, value in environment.items()
        if name.startswith("HTTP_")
    ]
    scope = {"type": "http", "headers": said, "client": (environment["REMOTE_ADDR"], 0)}
    if environment["PATH_INFO"] != "/metrics" or not may_see(scope, settings.PAGECAST_METRICS_TOKEN):
        start_response("404 Not Found", [("Content-Type", "text/plain")])
        return [b"There is nothing here.\n"]
    metrics.sample({}, 0)
    start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST), ("Cache-Control", "no-store")])
    return [metrics.expose()]
