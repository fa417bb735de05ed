"""Large and slow bodies at the real server: of strangers they are not read, of editors they stop nobody."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server import Server, free_port
from tests.deploy.front import Front

HEAD = (
    "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=edge\r\n"
    "Content-Length: {length}\r\n{more}\r\n"
)
PART = '--edge\r\nContent-Disposition: form-data; name="file"; filename="x.mp4"\r\n\r\n'
INVENTED = "Cookie: csrftoken=" + "a" * 32 + "; sessionid=invented\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as server:
        yield server


@contextmanager
def begun(
    server: Server, path: str, length: int, more: str = "", body: bytes = b""
) -> Iterator[socket.socket]:
    """A request that has said what it will send, and has sent this much of it."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(HEAD.format(path=path, length=length, more=more).encode() + body)
        yield connection


def staged(server: Server) -> list[Path]:
    folder = server.data / "staging"
    return list(folder.iterdir()) if folder.is_dir() else []


def test_a_large_body_of_nobody_is_refused_unread(server: Server) -> None:
    with begun(server, "/admin/login/", 10**9) as connection:
        assert b" 401 " in connection.recv(1000)


def test_the_file_of_who_only_claims_to_be_somebody_is_not_taken(server: Server) -> None:
    body = PART.encode() + b"x" * 3_000_000
    with begun(server, "/admin/login/", 10**8, INVENTED, body) as connection:
        assert b" 403 " in connection.recv(1000)
    assert staged(server) == []


@pytest.fixture(scope="module")
def front(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("front")
    with Front(folder, "127.0.0.1", free_port(), [f"127.0.0.1:{server.port}"]) as front:
        yield front


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/api/content/", "", 401),
        ("/api/content/", "Authorization: Bearer nonsense\r\n", 401),
        ("/admin/login/", f"{INVENTED}Origin: null\r\n", 403),
        ("/api/upload/", "Tus-Resumable: 1.0.0\r\n", 401),
        ("/x.php", "", 404),
        ("/i18n/setlang/", INVENTED, 403),
    ],
)
def test_why_a_body_is_refused_is_heard_through_nginx(
    path: str, more: str, status: int, front: Front
) -> None:
    """Where the server hangs up on who still sends, nginx may say 502 instead."""
    size = 20_000_000
    head = HEAD.format(path=path, length=size, more=more).encode()
    for _ in range(8):
        with socket.create_connection((front.host, front.port), timeout=20) as connection:
            # nginx may have answered, and hung up, before it has all.
            with suppress(OSError):
                connection.sendall(head + PART.encode() + b"x" * (size - len(PART)))
            assert f" {status} ".encode() in connection.recv(1000)


def test_slow_forms_of_editors_stop_nobody(server: Server) -> None:
    token = str(server.editor().headers["Authorization"])
    more = f"Authorization: {token}\r\n"
    with ExitStack() as slow:
        for _ in range(40):
            slow.enter_context(begun(server, "/api/content/", 10**7, more, PART.encode() + b"x" * 2**21))
        for _ in range(5):
            assert server.get("/healthz", timeout=10).status_code == httpx.codes.OK
            assert server.get("/admin/login/", timeout=10).status_code == httpx.codes.OK
