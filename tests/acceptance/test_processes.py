"""`pagecast serve` as it is used: real processes, a real port, real signals."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import films
from tests.acceptance.server import PATIENCE, Server, processes_of_session, wait_for

FILM = films.film(bytes(range(256)) * 400)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with two server processes, for all tests that leave it as it is."""
    with Server(tmp_path_factory.mktemp("served"), "--workers", "2") as server:
        yield server


def filed(server: Server, name: str, data: bytes = FILM, kind: str = "video") -> str:
    """Send a file like a client does; answers with the address at which readers get it."""
    form, editor = {"content_type": kind, "title": name}, server.editor()
    answer = editor.post("/api/content/", data=form, files={"file": (name, data)})
    assert answer.status_code == 201, answer.text
    content = f"/api/content/{answer.json()['id']}/"

    def path() -> Any:
        found = editor.get(content).json()
        assert found["upload_status"] != "failed", found["upload_error"]
        return found[f"{kind}_path"]

    return str(wait_for(f"{name} to be filed", path))


@pytest.fixture(scope="module")
def dawn(server: Server) -> str:
    """The address of a filed film."""
    return filed(server, "Рассвет.mp4")


def test_it_works(server: Server, dawn: str) -> None:
    answer = server.get(dawn)
    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_an_address_in_the_media_tree_is_readable(dawn: str) -> None:
    assert re.fullmatch(r"/media/\d{4}/\d\d/\d\d/video/%D0%A0.*\.mp4", dawn)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=102300-", 102300, None),
        ("bytes=-5", -5, None),
    ],
)
def test_a_player_gets_the_range_that_it_asks_for(
    asked: str, start: int, end: int | None, server: Server, dawn: str
) -> None:
    answer = server.get(dawn, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, FILM[start:end])
    assert answer.headers["Content-Range"].endswith(f"/{len(FILM)}")


def test_a_range_past_the_end_is_not_satisfiable(server: Server, dawn: str) -> None:
    answer = server.get(dawn, headers={"Range": f"bytes={len(FILM)}-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, f"bytes */{len(FILM)}")


def test_head_tells_the_size_and_sends_nothing(server: Server, dawn: str) -> None:
    answer = server.head(dawn)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(FILM))


def test_what_a_browser_has_is_not_sent_again(server: Server, dawn: str) -> None:
    etag = server.get(dawn).headers["ETag"]
    answer = server.get(dawn, headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_a_file_is_what_it_is_and_nothing_else(server: Server, dawn: str) -> None:
    assert server.get(dawn).headers["X-Content-Type-Options"] == "nosniff"


def test_a_page_of_somebody_elses_is_never_shown_in_our_name(server: Server) -> None:
    folder = server.data / "media" / "2026"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("page.html", "picture.svg"):
        (folder / name).write_text("<script>alert(1)</script>")
        answer = server.get(f"/media/2026/{name}")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    [
        "/media/../secret-key",
        "/media/%2e%2e/secret-key",
        "/media/..%2fsecret-key",
        "/media/%2e%2e%2fsecret-key",
        "/media/2026/../../secret-key",
        "/media//secret-key",
        "/media/..\\secret-key",
        "/media/.hidden",
        "/media/",
        "/media",
        "/media/2026",
        "/media/2026/",
        "/media/%00",
    ],
)
def test_there_is_no_way_out_of_the_media_folder(path: str, server: Server) -> None:
    (server.data / "media").mkdir(exist_ok=True)
    (server.data / "media" / ".hidden").write_text("half a film")
    # Sent as it stands: a client would tidy it up first.
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.split()[1] in {b"404", b"400"}
    assert (server.data / "secret-key").read_bytes() not in answer


def test_an_upload_that_breaks_off_leaves_nothing(server: Server) -> None:
    before = server.editor().get("/api/content/").json()["count"]
    title = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\ncut off\r\n'
    kind = b'--x\r\nContent-Disposition: form-data; name="content_type"\r\n\r\nvideo\r\n'
    file = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + bytes(3 << 20)
    head = (
        f"POST /api/content/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {10 << 20}\r\n"
        f"Authorization: {server.editor().headers['Authorization']}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    ).encode()
    staging = server.data / "staging"
    with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as connection:
        connection.sendall(head + title + kind + file)
        wait_for("half of the file", lambda: any(path.stat().st_size for path in staging.iterdir()))
    wait_for("an empty staging folder", lambda: not list(staging.iterdir()))
    time.sleep(0.3)  # if something came of it, now it would
    assert server.editor().get("/api/content/").json()["count"] == before


def test_a_port_that_is_taken_is_said_in_one_line(server: Server) -> None:
    answer = server.run("serve", "--port", str(server.port))
    assert answer.returncode != 0
    (line,) = answer.stderr.strip().splitlines()
    assert str(server.port) in line
    assert "--port" in line


def log_in(server: Server, password: str) -> httpx.Response:
    with httpx.Client(base_url=server.url, follow_redirects=True, timeout=PATIENCE) as browser:
        page = browser.get("/admin/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "username": "admin", "password": password}
        return browser.post("/admin/login/?next=/admin/", data=form)


def test_from_the_first_start_to_the_second(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        assert server.url in server.printed()
        password = re.search(r"password (\S+)", server.printed())
        assert password is not None
        answer = log_in(server, password[1])
        assert (answer.status_code, answer.url.path) == (200, "/admin/")
        assert 'name="password"' in log_in(server, "wrong").text
        server.editor().post("/api/page/content/", json={"title": "Kept"})

        everyone = server.processes()
        assert len(everyone) >= 2
        assert server.stop() == 0
        assert server.processes() == []
        assert "Traceback" not in server.log()

        started = time.monotonic()
        server.serve()
        seconds = time.monotonic() - started
        print(f"the second start took {seconds:.1f} s")  # noqa: T201 - the figure is asked for
        assert seconds < 15  # five are promised, to a machine with nothing else to do
        assert "password" not in server.printed()
        assert server.get("/api/page/content/").json()["results"][0]["title"] == "Kept"

        main = server.process
        assert main is not None
        main.send_signal(signal.SIGKILL)
        main.wait()
        wait_for("the end of all its processes", lambda: not processes_of_session(main.pid))


def test_a_stop_is_heard_whichever_thread_the_kernel_hands_it_to(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        assert server.process is not None
        main = server.process.pid
        threads = [int(entry.name) for entry in Path(f"/proc/{main}/task").iterdir()]
        other = next(thread for thread in threads if thread != main)
        assert ctypes.CDLL(None).tgkill(main, other, signal.SIGTERM) == 0
        assert server.process.wait(PATIENCE) == 0


def worker_of(server: Server) -> list[int]:
    """The process that does the background work beside the server."""
    found = []
    for process in server.processes():
        command = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        found += [process] if b"work" in command else []
    return found


def test_a_worker_that_is_killed_is_started_again(server: Server) -> None:
    if server.has_broker:
        # There the worker is a service of its own, which a service manager keeps.
        assert worker_of(server) == []
        return
    (worker,) = wait_for("a worker", lambda: worker_of(server))
    os.kill(worker, signal.SIGKILL)
    wait_for("the next worker", lambda: set(worker_of(server)) - {worker})
    assert filed(server, "Dusk.mp4", films.film("filed by the next worker"))


def test_nothing_of_a_worker_outlives_it(server: Server) -> None:
    if server.worker is None:
        # There is one beside a broker only.
        assert not server.has_broker
        return
    session = server.worker.pid
    wait_for("a worker and its beat", lambda: len(processes_of_session(session)) > 2)
    os.kill(session, signal.SIGKILL)
    server.worker.wait()
    wait_for("the end of both", lambda: not processes_of_session(session))
    server.worker = server._launch("work")


def test_several_server_processes_share_the_port(server: Server) -> None:
    commands = [Path(f"/proc/{process}/cmdline").read_bytes() for process in server.processes()]
    assert len(commands) - len(worker_of(server)) >= 3  # the main process and two that serve
    assert {server.get("/healthz").status_code for _ in range(20)} == {200}
