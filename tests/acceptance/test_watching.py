"""What a real server tells whoever watches it: figures that are exact, and one name in every log."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import films
from tests.acceptance.server import ROOT, Server, free_port, processes_of_session, wait_for
from tests.nginx import binary
from tests.services import die_with_parent, postgres

FILM = films.film(bytes(range(256)) * 400)
TOKEN = "token-of-the-prometheus"

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with two server processes, whose log is for machines and has all requests."""
    with Server(
        tmp_path_factory.mktemp("watched"),
        *("--workers", "2"),
        PAGECAST_LOG_FORMAT="json",
        PAGECAST_LOG_REQUESTS="true",
        PAGECAST_METRICS_TOKEN=TOKEN,
    ) as server:
        yield server


def scrape(server: Server) -> Figures:
    answer = server.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def figure(found: Figures, name: str, **labels: str) -> float:
    return found[f"pagecast_{name}", tuple(sorted(labels.items()))]


def since(before: Figures, now: Figures, name: str, **labels: str) -> float:
    found = f"pagecast_{name}", tuple(sorted(labels.items()))
    return now.get(found, 0.0) - before.get(found, 0.0)


def fresh(server: Server, path: str, times: int, method: str = "GET") -> set[int]:
    """Ask so often, each time on a connection of its own, which any of the processes may take."""
    return {httpx.request(method, f"{server.url}{path}", timeout=60).status_code for _ in range(times)}


@pytest.fixture(scope="module")
def page(server: Server) -> str:
    answer = server.editor().post("/api/page/content/", json={"title": "Watched"})
    assert answer.status_code == 201
    return f"/api/page/content/{answer.json()['id']}/"


def test_the_figures_are_exactly_what_was_done(server: Server, page: str) -> None:
    before = scrape(server)
    assert fresh(server, page, 21) == {200}
    assert fresh(server, "/api/page/content/", 6) == {200}
    assert fresh(server, f"{page}views/", 5, "POST") == {204}
    assert fresh(server, f"{page}?unknown=1", 4) == {200}
    assert fresh(server, "/api/page/content/999999/", 3) == {404}
    assert fresh(server, "/media/nothing", 2) == {404}
    expected = {
        ("views_total", "way", "page"): 21,
        ("views_total", "way", "list"): 6,
        ("views_total", "way", "views"): 5,
        ("views_total", "way", "django"): 4,
    }
    statuses = {
        ("page", "2xx"): 21,
        ("page", "4xx"): 3,
        ("list", "2xx"): 6,
        ("views", "2xx"): 5,
        ("django", "2xx"): 4,
        ("media", "4xx"): 2,
    }

    def told() -> Figures:
        """The last answers of a batch are added when they have just gone."""
        now = scrape(server)
        done = sum(since(before, now, "requests_total", way=way, status=status) for way, status in statuses)
        return now if done >= sum(statuses.values()) else {}

    now = wait_for("all answers to be told of", told)
    for (name, label, value), number in expected.items():
        assert since(before, now, name, **{label: value}) == number, value
    for (way, status), number in statuses.items():
        assert since(before, now, "requests_total", way=way, status=status) == number, (way, status)
    assert since(before, now, "document_hits_total") + since(before, now, "document_misses_total") == 35
    lanes = [since(before, now, "batch_requests_sum", lane=lane) for lane in ("fast", "careful")]
    assert sum(lanes) >= 32
    assert figure(now, "processes") == 2
    assert figure(now, "database_up") == 1


def test_no_counter_goes_down_when_all_processes_are_killed(server: Server, page: str) -> None:
    before = figure(scrape(server), "views_total", way="page")
    assert fresh(server, page, 20) == {200}
    views = before + 20
    wait_for("all of them to be told of", lambda: figure(scrape(server), "views_total", way="page") >= views)
    victims = _server_processes(server)
    assert len(victims) == 2
    for victim in victims:
        os.kill(victim, signal.SIGKILL)
    wait_for("two other processes", lambda: len(set(_server_processes(server)) - victims) == 2)
    after = wait_for("them to tell", lambda: _told_by(server, 2))
    assert figure(after, "views_total", way="page") == views
    assert fresh(server, page, 20) == {200}
    wait_for("the others, too", lambda: figure(scrape(server), "views_total", way="page") >= views + 20)
    assert figure(scrape(server), "views_total", way="page") == views + 20


def _told_by(server: Server, number: int) -> Figures:
    """What so many processes tell together; nothing as long as there are fewer, or more."""
    try:
        found = scrape(server)
    except httpx.TransportError:
        return {}
    return found if figure(found, "processes") == number else {}


def _server_processes(server: Server) -> set[int]:
    """Those that answer: not the main one, nor the worker beside them."""
    found = set()
    for process in server.processes()[1:]:
        try:
            words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
        except OSError:  # it ended while we looked
            continue
        if b"serve" in words:
            found.add(process)
    return found


def filed(server: Server, client: httpx.Client, title: str, data: bytes) -> httpx.Response:
    answer = client.post(
        "/api/content/",
        data={"content_type": "video", "title": title},
        files={"file": (f"{title}.mp4", data)},
    )
    assert answer.status_code == 201, answer.text
    content = f"/api/content/{answer.json()['id']}/"
    wait_for(
        f"{title} to be decided on",
        lambda: server.editor().get(content).json()["upload_status"] in ("completed", "failed"),
    )
    return answer


def test_uploads_are_told_of_while_they_come_and_when_they_are_filed(server: Server) -> None:
    before = scrape(server)
    filed(server, server.editor(), "broken", b"no film at all")
    # What the database knows is asked for every few seconds.
    wait_for("it to be told of", lambda: since(before, scrape(server), "uploads", state="failed") == 1)
    now = scrape(server)
    assert since(before, now, "received_bytes_total", way="django") > len(b"no film at all")
    if not server.has_broker:
        labels = {"kind": "video", "outcome": "refused"}
        assert since(before, now, "filing_seconds_count", **labels) == 1


def test_a_worker_with_a_broker_tells_its_figures_at_an_address_of_its_own(tmp_path: Path) -> None:
    with Server(tmp_path, work=False) as server:
        if not server.has_broker:
            # There the figures are those of the server.
            return
        port = free_port()
        with server.start("work", "--metrics", f"127.0.0.1:{port}") as worker:
            try:
                filed(server, server.editor(), "broken", b"no film at all")
                text = httpx.get(f"http://127.0.0.1:{port}/metrics").text
                told = 'pagecast_filing_seconds_count{kind="video",outcome="refused"} 1.0'
                assert told in text or told.replace('kind="video",', "") in text
            finally:
                worker.terminate()


def test_from_outside_there_is_no_such_address(server: Server) -> None:
    assert server.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    headers = {"X-Forwarded-For": "203.0.113.9", "Authorization": f"Bearer {TOKEN}"}
    assert server.get("/metrics", headers=headers).status_code == 200
    assert TOKEN not in server.log()


def test_a_proxy_that_was_told_nothing_asks_for_strangers(server: Server) -> None:
    # As nginx asks by itself.
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(f"GET /metrics HTTP/1.0\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        assert b" 404 " in connection.makefile("rb").readline()


@contextmanager
def nginx(folder: Path, server: Server) -> Iterator[str]:
    """A real one in front of the server, configured as the documentation says; its log is `access.json`."""
    documented = (ROOT / "docs/watching.md").read_text(encoding="utf-8")
    log_format, headers = re.findall(r"```nginx\n(.*?)```", documented, re.DOTALL)
    port = free_port()
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = f"""
        daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; events {{}}
        http {{
        {places}
        {log_format}
        access_log {folder}/access.json pagecast;
        server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {server.url}; {headers} }} }}
        }}
    """
    (folder / "nginx.conf").write_text(textwrap.dedent(text), encoding="utf-8")
    command = [binary(), "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
    ends_with_us = die_with_parent(signal.SIGTERM)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=ends_with_us) as process:  # noqa: PLW1509 - does one system call
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for("nginx", lambda: _answers(f"{address}/healthz"))
            yield address
        finally:
            process.terminate()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=60).status_code == 200
    except httpx.TransportError:
        return False


def events(text: str) -> list[dict[str, Any]]:
    """Each line, every one of which is JSON."""
    return [json.loads(line) for line in text.splitlines()]


def test_one_name_goes_from_nginx_through_the_web_to_the_worker(server: Server, tmp_path: Path) -> None:
    headers = dict(server.editor().headers) | {"X-Request-ID": "of-the-client-itself"}
    with (
        nginx(tmp_path, server) as address,
        httpx.Client(base_url=address, headers=headers, timeout=60) as client,
    ):
        assert client.get("/metrics", headers={"Authorization": ""}).status_code == 404
        answer = filed(server, client, "named", FILM)
        missing = client.get("/api/page/content/999999/?token=hide-this-one")
    name = answer.headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", name)
    access = events((tmp_path / "access.json").read_text(encoding="utf-8"))
    assert [each["path"] for each in access if each["request_id"] == name] == ["/api/content/"]
    assert access[-1]["request_id"] == missing.headers["X-Request-ID"]
    worker = server.log() if not server.has_broker else _log_of_worker(server)
    web = [each["event"] for each in events(server.log()) if each.get("request_id") == name]
    assert "request_finished" in web
    decided = [each for each in events(worker) if each.get("upload") and each.get("request_id") == name]
    assert [(each["event"], each["kind"]) for each in decided] == [("upload_kept", "video")]
    for secret in ("hide-this-one", headers["authorization"].split()[1]):
        assert secret not in server.log() + worker + json.dumps(access)


def _log_of_worker(server: Server) -> str:
    return (server.data.parent / "work.stderr").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["{page}", "{page}?unknown=1", "/api/page/content/", "/", "/?search=x"])
def test_pages_that_are_read_have_no_name_whichever_way_they_come(
    path: str, server: Server, page: str
) -> None:
    assert (
        "X-Request-ID"
        not in server.get(path.format(page=page), headers={"X-Request-ID": "given-name"}).headers
    )


@pytest.mark.parametrize(
    "path", ["/api/page/content/999999/", "/api/page/content/999999/?unknown=1", "/pages/nowhere/", "/admin/"]
)
def test_everything_else_tells_the_name_that_it_was_given(path: str, server: Server) -> None:
    answer = server.get(path, headers={"X-Request-ID": "given-name"})
    assert answer.headers["X-Request-ID"] == "given-name"
    made = server.get(path, headers={"X-Request-ID": "not well formed"}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_every_line_of_the_logs_is_json(server: Server) -> None:
    assert all("event" in each for each in events(server.log()))
    assert any(each["logger"] == "_granian" for each in events(server.log()))


def test_the_folder_of_the_figures_ends_with_the_server(tmp_path: Path) -> None:
    with Server(tmp_path, TMPDIR=str(tmp_path)) as server:
        [killed] = tmp_path.glob("pagecast-figures-*")
        server.kill()
        server.serve()
        [used] = tmp_path.glob("pagecast-figures-*")
        assert used != killed
        server.stop()
        assert list(tmp_path.glob("pagecast-figures-*")) == []


def test_a_database_that_stops_or_hangs_keeps_no_watcher_waiting(tmp_path: Path) -> None:
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        # SQLite has no server that could stop.
        return
    with postgres() as url, Server(tmp_path, DATABASE_URL=url) as server:
        assert figure(scrape(server), "database_up") == 1
        [main] = _servers_of(url)
        for stop, resume in ((signal.SIGSTOP, signal.SIGCONT), (signal.SIGKILL, None)):
            for process in processes_of_session(main):
                os.kill(process, stop)

            def down() -> bool:
                begun = time.monotonic()
                found = scrape(server)
                seconds = time.monotonic() - begun
                answer = server.get("/readyz")
                is_noticed = figure(found, "database_up") == 0 and answer.status_code == 503
                # Of those that are slow because the machine does much else, one is not.
                return is_noticed and seconds < 3

            wait_for("the database to be noticed", down)
            assert server.get("/healthz").status_code == 200
            if resume:
                for process in processes_of_session(main):
                    os.kill(process, resume)
                wait_for("it to be back", lambda: server.get("/readyz").status_code == 200)


def _servers_of(url: str) -> list[int]:
    """The main process of the PostgreSQL at this address."""
    port = url.rpartition(":")[2].partition("/")[0]
    found = subprocess.run(
        ["pgrep", "-f", f"postgres -D .* -p {port}"], capture_output=True, text=True, check=True
    )
    return [int(word) for word in found.stdout.split()[:1]]
