"""Who is answered before his body has come is listened to until he has heard it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from pagecast.delivery import lingering
from pagecast.delivery.lingering import Lingering

ANSWER = b"no, and here is why"


class Sender:
    """Sends a body piece by piece, and remembers how much of the answer it had by when."""

    def __init__(self, *pieces: bytes, is_silent: bool = False, is_endless: bool = False) -> None:
        self.pieces, self.is_silent, self.is_endless = list(pieces), is_silent, is_endless
        self.heard: list[tuple[int, bytes, bool]] = []
        self.taken = 0

    async def receive(self) -> Any:
        if self.is_silent and not self.pieces:
            await asyncio.sleep(3600)
        await asyncio.sleep(0)
        self.taken += 1
        piece = b"x" if self.is_endless else self.pieces.pop(0)
        return {
            "type": "http.request",
            "body": piece,
            "more_body": self.is_endless or self.is_silent or bool(self.pieces),
        }

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.body":
            self.heard.append((self.taken, message.get("body", b""), message.get("more_body", False)))

    async def _ask(self, app: Any, scope: Any) -> None:
        await Lingering(app)(scope, self.receive, self.send)

    def ask(self, app: Any, method: str = "POST", **headers: str) -> bytes:
        """The whole answer, to a request with these headers."""
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "http", "method": method, "path": "/", "headers": named}
        asyncio.run(self._ask(app, scope))
        assert [more for _taken, _body, more in self.heard] == [True] * (len(self.heard) - 1) + [False]
        return b"".join(body for _taken, body, _more in self.heard)


async def refuses(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": []})
    await send({"type": "http.response.body", "body": ANSWER})


async def refuses_in_pieces(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 413, "headers": []})
    for piece in (ANSWER[:5], b"", ANSWER[5:]):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def says_nothing(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


async def reads_first(scope: Any, receive: Any, send: Any) -> None:
    while (await receive())["more_body"]:
        pass
    await refuses(scope, receive, send)


PIECEWISE = [refuses, refuses_in_pieces]
HEADERS = [{"content_length": "3"}, {"transfer_encoding": "chunked"}]


@pytest.mark.parametrize("app", PIECEWISE)
@pytest.mark.parametrize("header", HEADERS)
def test_the_rest_is_read_and_then_all_of_the_answer_is_sent(app: Any, header: dict[str, str]) -> None:
    sender = Sender(b"a", b"b", b"c")
    assert sender.ask(app, **header) == ANSWER
    assert sender.heard == [(3, ANSWER, False)]


@pytest.mark.parametrize("app", PIECEWISE)
def test_where_that_takes_long_the_answer_is_sent_but_for_its_last_byte(
    app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lingering, "LONGEST", 0.2)
    sender = Sender(is_endless=True)
    assert sender.ask(app, content_length="1000000") == ANSWER
    (soon, *first), (late, *second) = sender.heard
    assert (first, second) == ([ANSWER[:-1], True], [ANSWER[-1:], False])
    assert 0 < soon < late


def test_a_long_answer_is_not_gathered() -> None:
    async def tells(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(3):
            await send({"type": "http.response.body", "body": b"y" * lingering.SHORT, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    sender = Sender(b"a", b"b")
    assert sender.ask(tells, content_length="2") == b"y" * 3 * lingering.SHORT
    assert [taken for taken, _body, _more in sender.heard] == [0, 0, 2]


def test_an_answer_without_a_word_waits_for_the_rest() -> None:
    sender = Sender(b"a", b"b")
    assert sender.ask(says_nothing, content_length="2") == b""
    assert sender.heard == [(2, b"", False)]


def test_an_answer_to_a_body_that_was_read_is_sent_as_it_is() -> None:
    sender = Sender(b"a", b"b")
    assert sender.ask(reads_first, content_length="2") == ANSWER
    assert sender.heard == [(2, ANSWER, False)]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"content_length": "5"}),
        ("POST", {}),
        ("POST", {"content_length": "0"}),
        ("POST", {"content_length": "5", "expect": "100-continue"}),
    ],
)
def test_where_nothing_comes_nothing_is_waited_for(method: str, headers: dict[str, str]) -> None:
    sender = Sender()
    assert sender.ask(refuses, method, **headers) == ANSWER
    assert sender.heard == [(0, ANSWER, False)]


@pytest.mark.parametrize(
    "sender", [Sender(is_silent=True), Sender(b"a", is_silent=True), Sender(is_endless=True)]
)
def test_nobody_is_listened_to_for_long(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lingering, "SILENCE", 0.05)
    monkeypatch.setattr(lingering, "LONGEST", 0.2)
    started = time.monotonic()
    assert sender.ask(refuses, content_length="1000000") == ANSWER
    assert time.monotonic() - started < 2
