"""Bad weather: whatever happens to the database or to the connections, answers are clear, and it passes."""

from __future__ import annotations

import asyncio
import http.client
import resource
import socket
import sqlite3
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.server import Server, wait_for
from tests.acceptance.torture.connection import Connection

READERS = 64


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two server processes, whom the tests leave as they found them."""
    with Server(tmp_path_factory.mktemp("weather"), "--workers", "2", work=False) as server:
        yield server


@pytest.fixture
def page(server: Server) -> str:
    """The address of a page with two texts."""
    editor = server.editor()
    texts = [
        editor.post("/api/content/", json={"content_type": "text", "title": f"Text {number}"}).json()["id"]
        for number in range(2)
    ]
    made = editor.post("/api/page/content/", json={"title": "Page", "contents": texts})
    return f"/api/page/content/{made.json()['id']}/"


def counters(server: Server, page: str) -> list[int]:
    """The counters of the page's contents; looking at them counts nothing."""
    return [content["counter"] for content in server.get(f"{page}counters/").json()["contents"]]


async def _read(port: int, path: str, goes_on: Callable[[], bool]) -> list[tuple[int, dict[str, str], bytes]]:
    connection, answers = Connection(port), []
    while goes_on():
        answer = await connection.ask("GET", path)
        answers.append((answer.status, answer.headers, answer.body))
    connection.close()
    return answers


def read(server: Server, path: str, goes_on: Callable[[], bool]) -> list[tuple[int, dict[str, str], bytes]]:
    """What all readers get, each asking again and again."""

    async def together() -> list[Any]:
        return await asyncio.gather(*(_read(server.port, path, goes_on) for _ in range(READERS)))

    return [answer for answers in asyncio.run(together()) for answer in answers]


def for_seconds(seconds: float) -> Callable[[], bool]:
    """Until so much time is over."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def times(number: int) -> Callable[[], bool]:
    """So many requests, by whichever reader is free: however long a machine that is busy takes."""
    left = iter(range(number))
    return lambda: next(left, None) is not None


def check(server: Server, page: str, answers: list[tuple[int, dict[str, str], bytes]], before: int) -> None:
    """Every answer is a page or a clear refusal, each page is counted, and it is fair weather again."""
    statuses = Counter(status for status, _headers, _body in answers)
    assert statuses.keys() <= {200, 503}, statuses
    for status, headers, body in answers:
        if status == 503:
            assert headers["content-type"] == "application/problem+json"
            assert int(headers["retry-after"]) > 0
            assert b'"status": 503' in body
    assert counters(server, page) == [before + statuses[200]] * 2
    fair = read(server, page, times(20 * READERS))
    assert Counter(status for status, _headers, _body in fair) == {200: 20 * READERS}
    assert "Traceback" not in server.log()


@contextmanager
def database_held(server: Server) -> Iterator[None]:
    """Somebody else, who knows nothing of Pagecast, holds the database."""
    url = server.environment.get("DATABASE_URL")
    if url is None:
        with closing(sqlite3.connect(server.data / "pagecast.sqlite3", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    import psycopg  # noqa: PLC0415 - only there with the extra `postgres`

    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE counting_tally IN ACCESS EXCLUSIVE MODE")
        yield
        connection.rollback()


def test_a_database_that_is_held_for_five_seconds(server: Server, page: str) -> None:
    server.get(page)
    waiting = threading.Event()

    def hold() -> None:
        with database_held(server):
            waiting.set()
            time.sleep(5)

    holder = threading.Thread(target=hold)
    holder.start()
    assert waiting.wait(60)
    answers = read(server, page, for_seconds(6))
    holder.join()
    assert any(status == 503 for status, _headers, _body in answers)
    check(server, page, answers, before=1)
    # Some hundred requests met it; nobody wants to read as many lines.
    assert server.log().count("database_unavailable") < 20


def test_a_disk_that_is_full(server: Server, page: str) -> None:
    if "DATABASE_URL" in server.environment:
        # There it is the disk of another machine; what it then says is what it says of any statement.
        return
    before = 1 + len(read(server, page, for_seconds(0.3)))
    server.get(page)
    log = server.data / "pagecast.sqlite3-wal"
    limits = {process: resource.prlimit(process, resource.RLIMIT_FSIZE) for process in server.processes()}
    answers = []
    for process, (_soft, hard) in limits.items():
        # No file may become longer than the log is now: what a full disk does to a database.
        resource.prlimit(process, resource.RLIMIT_FSIZE, (log.stat().st_size, hard))
    try:
        answers += read(server, page, for_seconds(2))
    finally:
        for process, limit in limits.items():
            resource.prlimit(process, resource.RLIMIT_FSIZE, limit)
    assert any(status == 503 for status, _headers, _body in answers)
    check(server, page, answers, before)


def test_readers_who_hang_up_in_the_middle(server: Server, page: str) -> None:
    server.get(page)
    request = f"GET {page} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    many = 1000

    def hang_up() -> None:
        for _ in range(many):
            with socket.create_connection(("127.0.0.1", server.port)) as reader:
                # Reset, not closed: the server cannot even write.
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                reader.sendall(request)

    rude = threading.Thread(target=hang_up)
    rude.start()
    answers = read(server, page, times(40 * READERS))
    rude.join()
    statuses = Counter(status for status, _headers, _body in answers)
    # On a slow machine those who hung up may still fill the lane; whoever is told so was not counted.
    assert statuses.keys() <= {200, 503}
    assert statuses[200] > READERS
    time.sleep(0.5)
    first, second = counters(server, page)
    assert first == second
    assert 1 + statuses[200] <= first <= 1 + statuses[200] + many
    assert "Traceback" not in server.log()


def test_ten_thousand_connections_that_send_nothing(server: Server, page: str) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = min(10_000, hard - 1_000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with ExitStack() as exits:
        exits.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(many):
            exits.enter_context(socket.create_connection(("127.0.0.1", server.port), 60))
        answers = read(server, page, times(40 * READERS))
    check(server, page, answers, before=0)


def test_ids_that_do_not_exist_at_full_rate(server: Server, page: str) -> None:
    server.get(page)
    answers = read(server, "/api/page/content/987654321/", times(20 * READERS))
    assert {status for status, _headers, _body in answers} == {404}
    assert {headers["content-type"] for _status, headers, _body in answers} == {"application/problem+json"}
    check(server, page, [], before=1)


def unread(server: Server) -> int:
    """The bytes that have come to the server and that it has not read: the lower half of the fifth column."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    return sum(int(row[4].partition(":")[2], 16) for row in rows if row[1].endswith(f":{server.port:04X}"))


def test_who_waits_when_the_server_is_told_to_stop_is_answered(tmp_path: Path) -> None:
    with Server(tmp_path, work=False) as server:
        editor = server.editor()
        text = editor.post("/api/content/", json={"content_type": "text", "title": "Text"}).json()["id"]
        made = editor.post("/api/page/content/", json={"title": "Page", "contents": [text]}).json()["id"]
        page = f"/api/page/content/{made}/"
        server.get(page)
        waiting = [http.client.HTTPConnection("127.0.0.1", server.port, timeout=60) for _ in range(20)]
        with database_held(server):
            for each in waiting:
                each.request("GET", page, headers={"Connection": "close"})
            wait_for("the server to read them", lambda: not unread(server))
            time.sleep(0.5)
            assert server.process is not None
            server.process.terminate()
            time.sleep(0.5)
        answers = [each.getresponse() for each in waiting]
        assert [answer.status for answer in answers if answer.read()] == [200] * 20
        assert wait_for("the end", lambda: server.process and server.process.poll() is not None)
        assert server.process.returncode == 0
        server.serve(work=False)
        assert counters(server, page) == [21]
