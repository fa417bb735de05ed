"""Answers that come before the body has: who sends it is listened to a little longer, or never hears them."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Seconds in all, and seconds without a byte.
LONGEST, SILENCE = 5.0, 0.3
# What is kept back of an answer that comes in pieces.
SHORT = 2**16
WITHOUT_BODY = frozenset(("GET", "HEAD"))


class Lingering:
    """Throws away what comes of a body that `app` has answered without reading it, for some seconds.

    A connection that is closed with bytes in it that nobody has read is reset, and that may overtake the
    answer: nginx would tell of a file that is too large, or of a refused form with its cure, as 502. Where
    the body takes long, the answer is sent meanwhile, but for its last byte.
    """

    def __init__(self, app: Application) -> None:
        self._app = app

    # Without `async`: readers, who are by far the most, pay for a look and not for a coroutine.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http" or scope["method"] in WITHOUT_BODY or not _may_come(scope):
            return self._app(scope, receive, send)
        body = _Body(receive)
        return self._app(scope, body.receive, _Answer(send, body).send)


class _Body:
    """What comes of a request, and whether there is more to come."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self.is_over = receive, False

    async def receive(self) -> Message:
        message = await self._receive()
        self.is_over = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message

    async def drain(self) -> None:
        """Read until it ends, nothing more comes, or it takes too long."""
        with anyio.move_on_after(LONGEST):
            while not self.is_over:
                with anyio.move_on_after(SILENCE) as silence:
                    await self.receive()
                if silence.cancelled_caught:
                    return


class _Answer:
    """Keeps something back while there is a body to come: the server hangs up when it has sent everything."""

    def __init__(self, send: Send, body: _Body) -> None:
        self._send, self._body, self._kept = send, body, b""

    async def send(self, message: Message) -> None:
        if message["type"] != "http.response.body":
            await self._send(message)
            return
        data, self._kept = self._kept + message.get("body", b""), b""
        if not message.get("more_body", False):
            # Most bodies are over soon, and some clients break off at the first word of a refusal.
            await self._body.drain()
            if data and not self._body.is_over:
                await self._send({**message, "body": data[:-1], "more_body": True})
                await self._body.drain()
                data = data[-1:]
        elif not self._body.is_over:
            end = 0 if len(data) <= SHORT else -1
            data, self._kept = data[:end], data[end:]
            if not data:
                return
        await self._send({**message, "body": data})


def _may_come(scope: Scope) -> bool:
    """Whether bytes follow the headers. Who waits for a word before he sends them has heard another one."""
    headers = dict(scope["headers"])
    if b"expect" in headers:
        return False
    return b"transfer-encoding" in headers or bool(headers.get(b"content-length", b"0").strip(b" 0"))
