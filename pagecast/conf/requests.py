"""Every request that the fast path does not answer gets its name, and is counted when it is answered."""

import time
from collections.abc import Callable
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from pagecast.delivery.request_ids import HEADER, request_id

from . import metrics

# Bytes of a body that are told of while it still comes: an upload may take hours.
PIECE = 8 * 2**20


class Requests:
    """Names requests and counts them. `is_page` knows what the fast path answers, `ways` how paths begin.

    The name stands in the log of everything that is done for the request, and goes back with the answer. It
    does not go with pages that are read, whichever way they come: those of the fast path have none, and both
    ways give the same headers.
    """

    def __init__(self, app: ASGIApp, *, is_page: Callable[[str], object], ways: dict[str, str]) -> None:
        self._app, self._is_page, self._ways = app, is_page, ways

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = request_id(scope["headers"])
        headers = [(key, value) for key, value in scope["headers"] if key != HEADER]
        scope = {**scope, "headers": [*headers, (HEADER, name.encode())]}
        way = next((way for way, start in self._ways.items() if scope["path"].startswith(start)), "django")
        is_read = scope["method"] in ("GET", "HEAD") and bool(self._is_page(scope["path"]))
        told = _Told(way)

        async def receive_here() -> Message:
            message = await receive()
            told.received(len(message.get("body", b"")))
            return message

        async def send_here(message: Message) -> None:
            if message["type"] == "http.response.start":
                told.status = message["status"]
                if not is_read or message["status"] >= HTTPStatus.BAD_REQUEST:
                    message["headers"] = [*message.get("headers", ()), (HEADER, name.encode())]
            await send(message)

        with bound_contextvars(request_id=name):
            try:
                await self._app(scope, receive_here, send_here)
            finally:
                told.end()


class _Told:
    """What is counted of one request."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.status: int | None = None
        self._since, self._bytes = time.perf_counter(), 0

    def received(self, size: int) -> None:
        """So many bytes of its body have come."""
        self._bytes += size
        if self._bytes >= PIECE:
            metrics.received(self.way, self._bytes)
            self._bytes = 0

    def end(self) -> None:
        """It is over, answered or not."""
        metrics.received(self.way, self._bytes)
        metrics.answered(self.way, self.status, time.perf_counter() - self._since)
