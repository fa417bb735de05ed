"""Bodies on their way to a thread: a slow sender must not hold one, and a silent one nothing at all."""

from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

# A body up to so many bytes is gathered before a thread is taken for it.
SMALL = 2**20
# Seconds without a byte after which a sender is let go.
SILENCE = 30


def patient(receive: Receive) -> Receive:
    """Receives, and raises `ConnectionResetError` when the sender is gone, or says nothing for too long."""

    async def receive_soon() -> Message:
        message: Message = {"type": "http.disconnect"}
        with anyio.move_on_after(SILENCE):
            message = await receive()
        if message["type"] == "http.disconnect":
            # Whoever reads would take it for the end of the body, and the half of a form for a form.
            raise ConnectionResetError
        return message

    return receive_soon


async def gather(receive: Receive) -> tuple[Receive, bool]:
    """Take the body in, as far as it is small: what receives it again, and whether it is whole."""
    messages: deque[Message] = deque()
    size, is_whole = 0, False
    while not is_whole and size <= SMALL:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        is_whole = not messages[-1].get("more_body", False)

    async def receive_again() -> Message:
        return messages.popleft() if messages else await receive()

    return receive_again, is_whole
