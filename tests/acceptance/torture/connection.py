"""A small HTTP client which leaves the machine to the server, and knows what became of its requests."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any

NOT_SENT, CUT = -1, 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status, or CUT (it may have been worked off), or NOT_SENT (nobody listened)."""

    asked: str
    status: int
    begun: float
    ended: float
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def is_view(self) -> bool:
        """Whether a reader asked the API for something that counts."""
        return "/api/page/content/" in self.asked and (
            self.asked.startswith("GET ") or self.asked.endswith("/views/")
        )

    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    def __str__(self) -> str:
        text = self.body.decode(errors="replace")
        times = f"sent at {self.begun:.4f}, read at {self.ended:.4f}"
        return f"{self.asked}, {times}, was answered with {self.status}: {text[:1500]}"


class Connection:
    """One connection to the server, kept as long as it lasts; one request at a time, and none is repeated."""

    def __init__(self, port: int, token: str = "", *, like_a_browser: bool = False) -> None:
        """`like_a_browser`: what met a connection that was just being closed is asked again on a new one."""
        self._port = port
        self._like_a_browser = like_a_browser
        self.asked_again = 0
        self._headers = f"Host: 127.0.0.1:{port}\r\n"
        if token:
            self._headers += f"Authorization: Bearer {token}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, data: Any = None) -> Answer:
        """Send one request and read its answer to the end. There is no timeout: who waits, waits."""
        asked, reused = f"{method} {path}", self._streams is not None
        try:
            reader, writer = await self._connected()
        except OSError:
            now = time.monotonic()
            return Answer(asked, NOT_SENT, now, now)
        begun = time.monotonic()
        try:
            writer.write(self._request(method, path, data))
            status, headers = await _head(reader)
            body = b"" if method == "HEAD" or status in {204, 304} else await _body(reader, headers)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            nothing_came = not getattr(error, "partial", b"")
            if self._like_a_browser and reused and nothing_came:
                self.asked_again += 1
                return await self.ask(method, path, data)
            return Answer(asked, CUT, begun, time.monotonic())
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(asked, status, begun, time.monotonic(), headers, body)

    def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and (self._streams[0].at_eof() or self._streams[0].exception()):
            self.close()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams

    def _request(self, method: str, path: str, data: Any) -> bytes:
        body = b"" if data is None else json.dumps(data).encode()
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}"
        if data is not None:
            head += "Content-Type: application/json\r\n"
        if data is not None or method == "POST":
            head += f"Content-Length: {len(body)}\r\n"
        return f"{head}\r\n".encode() + body


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _colon, value in pairs}


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers["content-length"]))
    pieces = []
    while size := int(await reader.readuntil(b"\r\n"), 16):
        pieces.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readexactly(2)
    return b"".join(pieces)
