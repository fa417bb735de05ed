"""Resumable uploads at the real server: what the network does to them, and what they do to the server."""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import httpx
import pytest

from tests import films
from tests.acceptance.server import PATIENCE, Server, wait_for
from tests.api.tus import BYTES, UPLOADS, checksum

MIB = 2**20
TUS = {"Tus-Resumable": "1.0.0"}
# 5 GB in the long run.
SIZE = 5 * 2**30 if os.environ.get("PAGECAST_TORTURE") else 300 * MIB
# Of each process of the server, whatever is sent to it.
LARGEST = 200 * MIB
GROWTH = 50 * MIB
SENDERS = 100


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that the tests leave as they found it."""
    with Server(tmp_path_factory.mktemp("uploads")) as server:
        yield server


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Server]:
    """A server of one's own, to be killed."""
    with Server(tmp_path) as server:
        yield server


def begin(server: Server, size: int, **headers: str) -> str:
    """The address of a new upload."""
    told = TUS | {"Upload-Length": str(size)} | headers
    answer = server.editor().post(UPLOADS, headers=told)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def offset(server: Server, address: str) -> int:
    """How much of it has arrived."""
    return int(server.editor().head(address, headers=TUS).headers["Upload-Offset"])


def patch(server: Server, address: str, at: int, data: bytes, **headers: str) -> httpx.Response:
    """Send the next bytes."""
    told = TUS | {"Content-Type": BYTES, "Upload-Offset": str(at)} | headers
    return server.editor().patch(address, content=data, headers=told)


def staged(server: Server, address: str) -> Path:
    """The file that the bytes are written to."""
    return server.data / "staging" / urlsplit(address).path.removeprefix(UPLOADS).strip("/")


@contextmanager
def sender(
    server: Server, address: str, length: int | None, *, at: int = 0, token: str | None = None
) -> Iterator[socket.socket]:
    """A connection on which a PATCH has been begun; None is for chunks."""
    token = server.editor().headers["Authorization"] if token is None else token
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [
        f"PATCH {urlsplit(address).path} HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        *([f"Authorization: {token}"] if token else []),
        "Tus-Resumable: 1.0.0",
        f"Upload-Offset: {at}",
        f"Content-Type: {BYTES}",
        size,
    ]
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        yield connection


def status(connection: socket.socket) -> int:
    """What is answered, when it is."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(4096)
        assert piece, answer
        answer += piece
    return int(answer.split()[1])


def test_it_works(server: Server) -> None:
    data = secrets.token_bytes(3 * MIB + 1)
    address = begin(server, len(data))
    assert address.startswith(f"{server.url}{UPLOADS}")
    assert patch(server, address, 0, data[:MIB]).headers["Upload-Offset"] == str(MIB)
    assert offset(server, address) == MIB
    assert patch(server, address, MIB, data[MIB:]).status_code == 204
    assert staged(server, address).read_bytes() == data
    asked = "from pagecast.media.models import Upload; print(Upload.objects.get(pk=sys.argv[1]).sha256)"
    told = server.python(f"import sys; {asked}", staged(server, address).name).stdout.strip()
    assert told == hashlib.sha256(data).hexdigest()


def test_the_first_bytes_may_come_with_the_creation(server: Server) -> None:
    told = TUS | {"Upload-Length": "10", "Content-Type": BYTES}
    answer = server.editor().post(UPLOADS, headers=told, content=b"01234")
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "5")
    assert staged(server, answer.headers["Location"]).read_bytes() == b"01234"


def test_every_answer_says_the_version(server: Server) -> None:
    address = begin(server, 10)
    for answer in (
        httpx.options(f"{server.url}{UPLOADS}"),
        httpx.patch(address, content=b"01234", headers=TUS),
        patch(server, address, 3, b"01234"),
        patch(server, address, 0, b"01234", **{"Upload-Checksum": "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA="}),
        patch(server, address, 0, b"01234"),
    ):
        assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_without_a_token_not_a_byte_is_kept_or_waited_for(server: Server) -> None:
    address = begin(server, MIB)
    with sender(server, address, MIB, token="") as connection:
        connection.sendall(b"0")
        assert status(connection) == 401
        assert staged(server, address).stat().st_size == 0
    assert httpx.patch(address, content=bytes(MIB), headers=TUS).status_code == 401
    assert offset(server, address) == 0


LOG_IN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
user, session = User.objects.get(username="alice"), SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session.save()
print(session.session_key)
"""


def test_a_session_of_the_admin_needs_its_csrf_token(server: Server) -> None:
    address = begin(server, 10)
    cookies = {"sessionid": server.python(LOG_IN).stdout.strip(), "csrftoken": "x" * 32}
    told = TUS | {"Content-Type": BYTES, "Upload-Offset": "0"}
    with httpx.Client(cookies=cookies) as browser:
        refused = browser.patch(address, content=b"01234", headers=told)
        assert (refused.status_code, offset(server, address)) == (403, 0)
        assert "CSRF" in refused.json()["detail"]
        taken = browser.patch(address, content=b"01234", headers=told | {"X-CSRFToken": "x" * 32})
        assert (taken.status_code, offset(server, address)) == (204, 5)


def test_a_checksum_that_does_not_fit_keeps_nothing(server: Server) -> None:
    data = secrets.token_bytes(3 * MIB)
    address = begin(server, len(data))
    answer = patch(server, address, 0, data, **checksum(data[1:]))
    assert (answer.status_code, answer.json()["title"]) == (460, "Checksum Mismatch")
    assert staged(server, address).stat().st_size == 0
    assert patch(server, address, 0, data, **checksum(data)).status_code == 204
    assert staged(server, address).read_bytes() == data


def test_what_came_before_the_line_was_cut_is_kept(server: Server) -> None:
    data = secrets.token_bytes(5 * MIB)
    address = begin(server, len(data))
    with sender(server, address, len(data)) as connection:
        connection.sendall(data[: 3 * MIB + 5])
    wait_for("what came", lambda: offset(server, address) == 3 * MIB + 5)
    assert patch(server, address, 3 * MIB + 5, data[3 * MIB + 5 :]).status_code == 204
    assert staged(server, address).read_bytes() == data


def test_of_a_checked_piece_that_was_cut_nothing_is_kept(server: Server) -> None:
    data = secrets.token_bytes(MIB)
    address = begin(server, len(data))

    def cut() -> Iterator[bytes]:
        yield data[:1000]
        raise ConnectionAbortedError

    told = TUS | {"Content-Type": BYTES, "Upload-Offset": "0"} | checksum(data)
    with pytest.raises(ConnectionAbortedError):
        server.editor().patch(address, content=cut(), headers=told)
    time.sleep(0.2)
    assert offset(server, address) == 0
    assert [
        path.name for path in staged(server, address).parent.glob(f"{staged(server, address).name}*")
    ] == [staged(server, address).name]


def test_chunks_of_unknown_number_are_taken(server: Server) -> None:
    address = begin(server, 10)
    with sender(server, address, None) as connection:
        connection.sendall(b"5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n")
        assert status(connection) == 204
    assert staged(server, address).read_bytes() == b"0123456789"


def test_chunks_past_the_announced_size_are_refused(server: Server) -> None:
    address = begin(server, 10)
    with sender(server, address, None) as connection:
        connection.sendall(b"b\r\n01234567890\r\n0\r\n\r\n")
        assert status(connection) == 413
    assert offset(server, address) == 0


def test_a_body_past_the_announced_size_is_not_waited_for(server: Server) -> None:
    address = begin(server, 10)
    with sender(server, address, 11) as connection:
        assert status(connection) == 413
    assert offset(server, address) == 0


def test_who_comes_back_does_not_wait_for_his_old_connection(server: Server) -> None:
    data = secrets.token_bytes(4 * MIB)
    address = begin(server, len(data))
    with sender(server, address, len(data)) as hanging:
        hanging.sendall(data[:MIB])
        wait_for("what came", lambda: offset(server, address) == MIB)
        assert patch(server, address, MIB, data[MIB : 2 * MIB]).status_code == 204
        # It comes to life, and finds that the world has moved on.
        hanging.sendall(data[MIB:])
        assert status(hanging) == 409
    assert offset(server, address) == 2 * MIB
    assert patch(server, address, 2 * MIB, data[2 * MIB :]).status_code == 204
    assert staged(server, address).read_bytes() == data


def test_two_connections_at_once_never_mix(server: Server) -> None:
    data = secrets.token_bytes(32 * MIB)
    address = begin(server, len(data))
    statuses: list[int] = []

    def send() -> None:
        with httpx.Client(base_url=server.url, headers=server.editor().headers, timeout=PATIENCE) as client:
            while (at := int(client.head(address, headers=TUS).headers["Upload-Offset"])) < len(data):
                told = TUS | {"Content-Type": BYTES, "Upload-Offset": str(at)}
                statuses.append(
                    client.patch(address, content=data[at : at + 5 * MIB], headers=told).status_code
                )

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {204, 409}
    assert staged(server, address).read_bytes() == data


def test_a_kill_in_the_middle_keeps_what_came(mortal: Server) -> None:
    data = secrets.token_bytes(8 * MIB)
    address = begin(mortal, len(data))
    with sender(mortal, address, len(data)) as connection:
        connection.sendall(data[: 5 * MIB])
        wait_for("some of it", lambda: offset(mortal, address) >= 4 * MIB)
        mortal.kill()
    mortal.serve()
    at = offset(mortal, address)
    assert 4 * MIB <= at <= 5 * MIB
    assert patch(mortal, address, at, data[at:]).status_code == 204
    assert staged(mortal, address).read_bytes() == data


def test_slow_senders_are_in_nobodys_way(server: Server) -> None:
    address = [begin(server, 10 * MIB) for _ in range(SENDERS)]
    with ExitStack() as connections:
        slow = [connections.enter_context(sender(server, each, 10 * MIB)) for each in address]
        for _ in range(3):
            for connection in slow:
                connection.sendall(bytes(1000))
            time.sleep(0.5)
        taken = []
        for _ in range(20):
            begun = time.monotonic()
            assert server.editor().get("/api/content/").status_code == 200
            taken.append(time.monotonic() - begun)
        assert sorted(taken)[10] < 0.5, taken
        begun = time.monotonic()
        data = bytes(MIB)
        assert patch(server, begin(server, MIB), 0, data).status_code == 204
        assert time.monotonic() - begun < 5
    wait_for("what came of each", lambda: all(offset(server, each) == 3000 for each in address))


class Memory:
    """The most that each process of the server ever had, in bytes, sampled from /proc until it is closed."""

    def __init__(self, server: Server) -> None:
        self.first: dict[int, int] = {}
        self.most: dict[int, int] = {}
        self._server = server
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._look()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            self._look()

    def _look(self) -> None:
        for process in self._server.processes():
            try:
                pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            resident = pages * os.sysconf("SC_PAGE_SIZE")
            self.first.setdefault(process, resident)
            self.most[process] = max(self.most.get(process, 0), resident)


def is_steady(server: Server) -> bool:
    """Whether its processes are there and have loaded what they need; a second is a long time."""
    with Memory(server) as memory:
        time.sleep(1)
    return all(most - memory.first[process] < MIB // 4 for process, most in memory.most.items())


def pieces_of_a_film(start: int = 0) -> Iterator[bytes]:
    """A film, and a box behind it that players pass over, in mebibytes (ISO/IEC 14496-12, 4.2)."""
    head = films.film()
    head += (1).to_bytes(4) + b"free" + (SIZE - len(head)).to_bytes(8)
    for at in range(start, SIZE, MIB):
        yield (head if at == 0 else b"").ljust(MIB, b"\0")


def send_film(server: Server, address: str, start: int, end: int) -> None:
    with sender(server, address, SIZE - start, at=start) as connection:
        for number, piece in enumerate(pieces_of_a_film(start)):
            if start + number * MIB == end:
                return
            connection.sendall(piece)
        assert status(connection) == 204


def content_of(server: Server, key: int) -> dict[str, Any]:
    found: dict[str, Any] = server.editor().get(f"/api/content/{key}/").json()
    return found


def test_memory_is_flat_whatever_is_sent_and_filed(mortal: Server) -> None:
    """A large film, whose server is killed in the middle; it goes on, and is filed with equal bytes."""
    address = begin(mortal, SIZE)
    send_film(mortal, address, 0, SIZE // 2)
    wait_for("the first half", lambda: offset(mortal, address) > SIZE // 4)
    mortal.kill()
    mortal.serve()
    wait_for("all that it needs", lambda: is_steady(mortal))
    # One that looks into files is started later, and has to load all that it needs.
    there = mortal.processes()
    with Memory(mortal) as memory:
        start = offset(mortal, address) // MIB * MIB
        patch(mortal, address, offset(mortal, address), bytes(start + MIB - offset(mortal, address)))
        send_film(mortal, address, start + MIB, SIZE)
        assert offset(mortal, address) == SIZE
        given = {"content_type": "video", "title": "Long", "upload": urlsplit(address).path.split("/")[-2]}
        key = mortal.editor().post("/api/content/", json=given).json()["id"]
        wait_for("the filing", lambda: content_of(mortal, key)["video_path"], 10 * PATIENCE)
    assert max(memory.most.values()) < LARGEST, memory.most
    grown = {process: memory.most[process] - memory.first[process] for process in there}
    assert max(grown.values()) < GROWTH, grown
    whole = hashlib.sha256()
    for piece in pieces_of_a_film():
        whole.update(piece)
    with (mortal.data / content_of(mortal, key)["video_path"].removeprefix("/")).open("rb") as kept:
        assert hashlib.file_digest(kept, "sha256").digest() == whole.digest()


def test_a_worker_that_is_paused_loses_nothing(mortal: Server) -> None:
    """A machine that sleeps: the server stops and goes on, and the sender sees no difference."""
    data = secrets.token_bytes(8 * MIB)
    address = begin(mortal, len(data))
    with sender(mortal, address, len(data)) as connection:
        connection.sendall(data[: 4 * MIB])
        for number in (signal.SIGSTOP, signal.SIGCONT):
            for process in mortal.processes():
                os.kill(process, number)
            time.sleep(0.3)
        connection.sendall(data[4 * MIB :])
        assert status(connection) == 204
    assert staged(mortal, address).read_bytes() == data
