"""What takes the bodies of uploads off the network, with others in the place of Django and of the disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import anyio
import pytest

from pagecast.api.uploads import streams
from pagecast.api.uploads.incoming import KEY, Broken, Incoming
from pagecast.api.uploads.streams import PIECE, WRITERS, UploadStreams
from pagecast.media.appending import Moved

URL = "/api/upload/"


class Disk:
    """Takes down what happens to the bytes."""

    upload = None

    def __init__(self, *, write: Callable[[bytes], None] | None = None) -> None:
        self.pieces: list[bytes] = []
        self.ends: list[str] = []
        self._write = write

    def write(self, piece: bytes) -> None:
        if self._write is not None:
            self._write(piece)
        self.pieces.append(piece)

    def settle(self) -> None:
        self.ends.append("settle")

    def close(self) -> None:
        self.ends.append("close")


class Desk:
    """Lets bodies in, or not, and takes down what it was asked."""

    def __init__(self, disk: Disk | None) -> None:
        self.disk = disk
        self.asked: list[tuple[dict[bytes, bytes], Incoming | None, bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        incoming = scope.get(KEY)
        body = await receive() if incoming else {"body": b""}
        self.asked.append((dict(scope["headers"]), incoming, body["body"]))
        if incoming is not None and not incoming.is_over:
            incoming.writer = self.disk
        await send({"type": "http.response.start", "status": 200 + len(self.asked), "headers": []})
        await send({"type": "http.response.body", "body": b"said", "more_body": False})


def ask(
    desk: Desk,
    bodies: Iterable[bytes | float | None],
    *,
    path: str = f"{URL}1/",
    headers: dict[str, str] | None = None,
) -> tuple[int, dict[bytes, bytes], int]:
    """One request. A number among its bodies is a pause in seconds, None hangs up.

    Answers the status, the headers, and how often the body was asked for.
    """
    answer: list[Any] = []
    asked = [0]
    pieces = iter([*bodies, b"the end"])

    async def receive() -> dict[str, Any]:
        asked[0] += 1
        piece = next(pieces)
        while isinstance(piece, float):
            await anyio.sleep(piece)
            piece = next(pieces)
        if piece is None:
            return {"type": "http.disconnect"}
        is_last = piece == b"the end"
        return {"type": "http.request", "body": b"" if is_last else piece, "more_body": not is_last}

    async def send(message: Any) -> None:
        answer.append(message)

    told = {"content-length": "100"} if headers is None else headers
    named = [(name.encode(), value.encode()) for name, value in told.items()]
    scope = {"type": "http", "path": path, "method": "PATCH", "headers": named}

    async def run() -> None:
        await UploadStreams(desk, url=URL)(scope, receive, send)

    anyio.run(run)
    return answer[0]["status"], dict(answer[0]["headers"]), asked[0]


def test_it_works() -> None:
    desk = Desk(disk := Disk())
    status, headers, _asked = ask(desk, [b"012", b"345"])
    assert disk.pieces == [b"012345"]
    assert disk.ends == ["settle", "close"]
    assert (status, b"connection" in headers) == (202, False)
    first, second = desk.asked
    assert first[1] is second[1]
    assert second[1] is not None
    assert (second[1].is_over, second[1].error, second[1].length) == (True, None, 100)


def test_what_is_refused_is_not_read() -> None:
    status, headers, asked = ask(Desk(None), [b"012"])
    assert (status, asked) == (201, 0)
    assert headers[b"connection"] == b"close"


def test_who_answers_sees_no_body() -> None:
    desk = Desk(Disk())
    ask(desk, [b"012"], headers={"content-length": "3", "upload-offset": "0"})
    ask(desk, [b"012"], headers={"transfer-encoding": "chunked", "upload-offset": "0"})
    assert [headers for headers, _incoming, _body in desk.asked] == [{b"upload-offset": b"0"}] * 4
    assert [body for _headers, _incoming, body in desk.asked] == [b""] * 4


def test_the_length_of_chunks_is_not_known() -> None:
    desk = Desk(Disk())
    ask(desk, [b"012"], headers={"transfer-encoding": "chunked"})
    assert desk.asked[0][1] is not None
    assert desk.asked[0][1].length is None


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/content/", {"content-length": "3"}),
        (f"{URL}1/", {}),
        (f"{URL}1/", {"content-length": "0"}),
        (f"{URL}1/", {"content-length": "00"}),
    ],
)
def test_everything_else_is_handed_on_untouched(path: str, headers: dict[str, str]) -> None:
    desk = Desk(Disk())
    status, told, _asked = ask(desk, [b"012"], path=path, headers=headers)
    assert (status, told) == (201, {})
    assert desk.asked[0][1] is None


def test_small_bodies_are_gathered_and_large_ones_written_as_they_come() -> None:
    ask(Desk(disk := Disk()), [b"x" * (PIECE // 4)] * 9)
    assert [len(piece) for piece in disk.pieces] == [PIECE, PIECE, PIECE // 4]
    ask(Desk(disk := Disk()), [b"x" * 3 * PIECE])
    assert [len(piece) for piece in disk.pieces] == [3 * PIECE]


def test_little_is_written_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LATEST", 0.05)
    ask(Desk(disk := Disk()), [b"0", b"1", 0.1, b"2", b"3"])
    assert disk.pieces == [b"012", b"3"]


def test_what_came_before_somebody_hung_up_is_kept() -> None:
    desk = Desk(disk := Disk())
    _status, headers, _asked = ask(desk, [b"012", None])
    assert (disk.pieces, disk.ends) == ([b"012"], ["close"])
    assert isinstance(desk.asked[1][1] and desk.asked[1][1].error, Broken)
    assert headers[b"connection"] == b"close"


def test_who_is_silent_is_let_go_and_what_came_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SILENCE", 0.1)
    desk = Desk(disk := Disk())
    ask(desk, [b"0", 0.05, b"1", 0.05, b"2", 0.05, b"3", 5.0, b"4"])
    assert b"".join(disk.pieces) == b"0123"
    assert isinstance(desk.asked[1][1] and desk.asked[1][1].error, Broken)


def test_a_slow_disk_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SILENCE", 0.1)
    desk = Desk(disk := Disk(write=lambda _piece: time.sleep(0.3)))
    ask(desk, [b"x" * PIECE, b"y" * PIECE])
    assert len(disk.pieces) == 2
    assert desk.asked[1][1] is not None
    assert desk.asked[1][1].error is None


def test_what_the_disk_refuses_ends_the_body_and_is_told_to_who_answers() -> None:
    refusal = Moved("Dawn.mp4", 0, 5)

    def refuse(_piece: bytes) -> None:
        raise refusal

    desk = Desk(disk := Disk(write=refuse))
    _status, headers, asked = ask(desk, [b"x" * PIECE] * 5)
    assert asked == 1
    assert disk.ends == ["close"]
    assert desk.asked[1][1] is not None
    assert desk.asked[1][1].error is refusal
    assert headers[b"connection"] == b"close"


def test_a_fault_of_the_disk_is_nobodys_answer_and_the_file_is_let_go() -> None:
    def break_down(_piece: bytes) -> None:
        raise OSError(5, "Input/output error")

    desk = Desk(disk := Disk(write=break_down))
    with pytest.raises(OSError, match="Input/output"):
        ask(desk, [b"012"])
    assert disk.ends == ["close"]


def test_nothing_is_read_while_a_piece_is_written() -> None:
    taken: list[str] = []

    def write(_piece: bytes) -> None:
        taken.append("begin")
        time.sleep(0.05)
        taken.append("end")

    def bodies() -> Iterator[bytes]:
        for _ in range(3):
            taken.append("read")
            yield b"x" * PIECE

    pieces = bodies()

    async def receive() -> dict[str, Any]:
        piece = next(pieces, b"")
        return {"type": "http.request", "body": piece, "more_body": bool(piece)}

    async def send(_message: Any) -> None:
        """Seen by nobody."""

    scope = {"type": "http", "path": f"{URL}1/", "method": "PATCH", "headers": [(b"content-length", b"9")]}

    async def run() -> None:
        await UploadStreams(Desk(Disk(write=write)), url=URL)(scope, receive, send)

    anyio.run(run)
    assert taken == ["read", "begin", "end"] * 3


def test_however_many_send_a_few_threads_write() -> None:
    lock, now, most = threading.Lock(), [0], [0]

    def write(_piece: bytes) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1

    scope = {"type": "http", "path": f"{URL}1/", "method": "PATCH", "headers": [(b"content-length", b"9")]}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"012", "more_body": False}

    async def send(_message: Any) -> None:
        """Seen by nobody."""

    async def run() -> None:
        part = UploadStreams(Desk(Disk(write=write)), url=URL)
        async with anyio.create_task_group() as senders:
            for _ in range(50):
                senders.start_soon(part, scope, receive, send)

    anyio.run(run)
    assert 1 < most[0] <= WRITERS


def test_one_that_takes_long_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr(streams, "SIGN_OF_LIFE", 0.05)
    monkeypatch.setattr(streams, "_prolong", told.append)
    ask(Desk(disk := Disk()), [b"x" * PIECE, 0.1, b"y" * PIECE, b"z" * PIECE])
    assert told == [disk]
