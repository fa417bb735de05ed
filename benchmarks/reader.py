"""Readers that keep their connections open and ask again as soon as they are answered: HTTP/1.1, fast."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import cast

from .stock import Ask

HEAD_END = b"\r\n\r\n"
LENGTH = b"\r\ncontent-length:"
OK = b"HTTP/1.1 200 "
# A server that answers nothing any more must not keep us for ever.
PATIENCE = 300

# Called when an ask leaves, and answers with whom to call for what came: whether it was 200, and its body.
Examine = Callable[[Ask], Callable[[bool, bytes], None]]


class Reader(asyncio.Protocol):
    """One connection. It takes the next ask when the answer to the last is there whole."""

    def __init__(self, asks: Iterator[Ask], examine: Examine, host: str) -> None:
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.times: list[float] = []
        self.unanswered = 0
        self._asks, self._examine, self._host = asks, examine, host
        self._buffer = b""
        self._whole = 0
        self._is_good = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        try:
            self._take(data)
        except Exception as error:  # noqa: BLE001 - whoever waits for the answers must hear of it
            self._transport.abort()
            if not self.finished.done():
                self.finished.set_exception(error)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.finished.done():
            self.unanswered += 1
            self.finished.set_result(None)

    def _take(self, data: bytes) -> None:
        self._buffer += data
        if not self._whole and not self._read_head():
            return
        if len(self._buffer) < self._whole:
            return
        self.times.append(time.perf_counter() - self._asked)
        body, self._buffer = self._buffer[self._body : self._whole], self._buffer[self._whole :]
        self._whole = 0
        self._answered(self._is_good, body)
        self._ask()

    def _ask(self) -> None:
        ask = next(self._asks, None)
        if ask is None:
            self.finished.set_result(None)
            self._transport.close()
            return
        self._answered = self._examine(ask)
        self._asked = time.perf_counter()
        self._transport.write(f"GET {ask.path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())

    def _read_head(self) -> bool:
        """Find out where the answer ends. False: its head is not there whole."""
        end = self._buffer.find(HEAD_END)
        if end < 0:
            return False
        head = self._buffer[:end].lower()
        start = head.find(LENGTH)
        if start < 0:
            message = f"an answer without a length: {head!r}"
            raise ValueError(message)
        start += len(LENGTH)
        stop = head.find(b"\r\n", start)
        self._body = end + len(HEAD_END)
        self._whole = self._body + int(head[start : stop if stop >= 0 else None])
        self._is_good = self._buffer.startswith(OK)
        return True


async def read(port: int, asks: Iterator[Ask], examine: Examine, connections: int) -> list[Reader]:
    """Let so many readers ask in turn until there is nothing more to ask and all are answered."""
    loop = asyncio.get_running_loop()
    host = f"127.0.0.1:{port}"
    readers = []
    for _ in range(connections):
        _, reader = await loop.create_connection(lambda: Reader(asks, examine, host), "127.0.0.1", port)
        readers.append(reader)
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(reader.finished for reader in readers))
    return readers
