"""Takes the bodies of uploads off the network before Django, which would spend a thread on each of them.

Django is asked twice about every body: whether it may come in, before a byte of it is read, and what the
answer is when it is in. Between the two the bytes go from the event loop to a few threads that write them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

import anyio
import anyio.to_thread
from django.db import DatabaseError, InterfaceError, connection

from pagecast.media import resuming
from pagecast.media.errors import Refused
from pagecast.media.staging.place import Writer

from .incoming import KEY, Broken, Incoming

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# What is written at once, and by how many threads.
PIECE = 1 << 20
WRITERS = 8
# Seconds after which what came is written, however little it is.
LATEST = 1.0
# Seconds without a byte after which a sender is let go; what came of him is kept.
SILENCE = 30.0
# Seconds between two times that the database is told of one that takes long.
SIGN_OF_LIFE = 3600.0


class UploadStreams:
    """Takes every body below `url`, and hands each request on to `app`, which answers it."""

    def __init__(self, app: Application, *, url: str) -> None:
        self.app, self.url = app, url
        self._writers = anyio.CapacityLimiter(WRITERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        length = headers.get(b"content-length", b"0")
        is_chunked = b"transfer-encoding" in headers
        if not scope["path"].startswith(self.url) or not (is_chunked or length.strip(b"0")):
            await self.app(scope, receive, send)
            return
        incoming = Incoming(None if is_chunked else int(length), is_streamed=True)
        answer = await self._ask(scope, incoming)
        if incoming.writer is not None:
            is_read = await self._take(incoming, incoming.writer, receive)
            incoming.is_over = True
            answer = await self._ask(scope, incoming)
        else:
            is_read = False
        for message in answer:
            if message["type"] == "http.response.start" and not is_read:
                # What was not read cannot be told from the next request.
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

    async def _ask(self, scope: Scope, incoming: Incoming) -> list[Message]:
        """What Django says to the request without its body."""
        answer: list[Message] = []
        # Without a length, Django looks for no body.
        left_out = (b"content-length", b"transfer-encoding")
        headers = [(name, value) for name, value in scope["headers"] if name not in left_out]

        async def nothing() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def take(message: Message) -> None:
            answer.append(message)

        await self.app({**scope, "headers": headers, KEY: incoming}, nothing, take)
        return answer

    async def _take(self, incoming: Incoming, writer: Writer, receive: Receive) -> bool:
        """Have the body written, and answer whether all of it was read."""
        is_read, told = False, monotonic()
        try:
            async for piece in _pieces(receive):
                await self._in_thread(partial(writer.write, piece))
                if monotonic() - told >= SIGN_OF_LIFE:
                    await self._in_thread(partial(_prolong, writer))
                    told = monotonic()
            is_read = True
            await self._in_thread(writer.settle)
        except (Refused, Broken, DatabaseError, InterfaceError) as error:
            incoming.error = error
        finally:
            with anyio.CancelScope(shield=True):
                await self._in_thread(writer.close)
        return is_read

    async def _in_thread(self, work: Callable[[], None]) -> None:
        def do() -> None:
            try:
                work()
            finally:
                # Such a thread may not be asked again for long.
                connection.close()

        await anyio.to_thread.run_sync(do, limiter=self._writers)


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    """The body in pieces of a good size. Raises `Broken` behind the last one if the rest does not come."""
    gathered: list[bytes] = []
    size, since = 0, monotonic()
    while True:
        message: Message = {"type": "http.disconnect"}
        with anyio.move_on_after(SILENCE):
            message = await receive()
        is_broken = message["type"] == "http.disconnect"
        if body := message.get("body", b""):
            gathered.append(body)
            size += len(body)
        is_last = is_broken or not message.get("more_body", False)
        if size and (is_last or size >= PIECE or monotonic() - since >= LATEST):
            yield b"".join(gathered)
            gathered, size, since = [], 0, monotonic()
        if is_broken:
            raise Broken
        if is_last:
            return


def _prolong(writer: Writer) -> None:
    """Have it waited for. A database that is away now is asked again at the end of the body."""
    with suppress(DatabaseError):
        resuming.prolong(writer.upload)
