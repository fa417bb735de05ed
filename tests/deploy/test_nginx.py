"""What the nginx configuration promises: nothing is asked for twice that may have been counted once."""

from __future__ import annotations

import json
import re
import socket
import textwrap
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server import ROOT, free_port, wait_for
from tests.deploy.front import SHIPPED, Front

PAGE = "/api/page/content/1/"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
# Enough to meet each node, whichever is asked first.
SEVERAL = 8


class Node:
    """A web node that remembers what it was asked, and does with it what it is told."""

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.answers = True
        #: Cleared, it makes those wait who ask.
        self.goes_on = threading.Event()
        self.goes_on.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _peer = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            request = connection.recv(65536)
            self.requests.append(request)
            self.goes_on.wait()
            if self.answers:
                connection.sendall(ANSWER)


@pytest.fixture
def nodes() -> Iterator[tuple[Node, Node]]:
    both = Node(), Node()
    yield both
    for node in both:
        node.close()


@pytest.fixture
def front(tmp_path: Path, nodes: tuple[Node, Node]) -> Iterator[Front]:
    with Front(tmp_path, "127.0.0.1", free_port(), [node.address for node in nodes]) as front:
        yield front


def dead() -> str:
    """The address of a node that does not run."""
    return f"127.0.0.1:{free_port()}"


def test_it_works(front: Front, nodes: tuple[Node, Node]) -> None:
    for _ in range(SEVERAL):
        assert httpx.get(front.url + PAGE).text == "ok"
    assert sum(len(node.requests) for node in nodes) == SEVERAL
    request = nodes[0].requests[0] if nodes[0].requests else nodes[1].requests[0]
    assert f"Host: 127.0.0.1:{front.port}".encode() in request
    assert b"X-Forwarded-For: 127.0.0.1" in request
    # Only what Pagecast asks for; it knows its own address.
    assert b"X-Forwarded-Proto" not in request


def test_a_stranger_has_the_address_that_he_comes_from(front: Front, nodes: tuple[Node, Node]) -> None:
    """Also where that is a private one: what comes over IPv6 has the address of docker's own proxy."""
    httpx.get(front.url + PAGE, headers={"X-Forwarded-For": "192.0.2.7"})
    (request,) = [request for node in nodes for request in node.requests]
    assert b"X-Forwarded-For: 127.0.0.1\r\n" in request
    assert b"192.0.2.7" not in request


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", [PAGE, "/pages/dawn/", "/api/upload/1", "/admin/", "/media/a.mp4"])
def test_a_node_that_does_not_run_is_noticed_by_nobody(method: str, path: str, tmp_path: Path) -> None:
    alive = Node()
    with Front(tmp_path, "127.0.0.1", free_port(), [dead(), alive.address]) as front:
        for _ in range(SEVERAL):
            assert httpx.request(method, front.url + path, content=b"body").status_code == 200
    assert len(alive.requests) == SEVERAL
    alive.close()


def test_a_node_that_died_is_met_to_the_end_by_nobody_although_it_is_the_least_busy(tmp_path: Path) -> None:
    alive = Node()
    alive.goes_on.clear()
    with (
        Front(tmp_path, "127.0.0.1", free_port(), [alive.address, dead()]) as front,
        ThreadPoolExecutor() as readers,
    ):
        first = readers.submit(httpx.get, front.url + PAGE)
        wait_for("a request in hand", lambda: alive.requests)
        second = readers.submit(httpx.get, front.url + PAGE)
        wait_for("the other one", lambda: second.done() or len(alive.requests) == 2)
        alive.goes_on.set()
        assert (first.result().status_code, second.result().status_code) == (200, 200)
    assert len(alive.requests) == 2
    alive.close()


@pytest.mark.parametrize(
    ("method", "path"), [("GET", PAGE), ("GET", "/"), ("POST", f"{PAGE}views/"), ("PATCH", "/api/upload/1")]
)
def test_what_was_sent_to_a_node_that_died_is_sent_to_no_other(
    method: str, path: str, front: Front, nodes: tuple[Node, Node]
) -> None:
    for node in nodes:
        node.answers = False
    answer = httpx.request(method, front.url + path, content=b"body")
    assert answer.status_code == 502
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "2"
    assert answer.json()["status"] == 502
    assert sum(len(node.requests) for node in nodes) == 1


def test_what_counts_nothing_is_asked_again(front: Front, nodes: tuple[Node, Node]) -> None:
    nodes[0].answers = False
    for _ in range(SEVERAL):
        assert httpx.get(f"{front.url}/media/a.mp4").status_code == 200


def test_no_node_at_all_is_said_in_the_shape_of_the_api(tmp_path: Path) -> None:
    with Front(tmp_path, "127.0.0.1", free_port(), [dead(), dead()]) as front:
        answer = httpx.get(front.url + PAGE)
    assert (answer.status_code, answer.json()["title"]) == (502, "Bad Gateway")


def test_a_node_that_is_taken_out_gets_nothing_more(front: Front, nodes: tuple[Node, Node]) -> None:
    front.use([nodes[1].address])
    for _ in range(SEVERAL):
        assert httpx.get(front.url + PAGE).status_code == 200
    assert nodes[0].requests == []
    front.use([node.address for node in nodes])
    for _ in range(SEVERAL):
        assert httpx.get(front.url + PAGE).status_code == 200
    assert nodes[0].requests


def test_a_request_has_one_id_in_the_log_and_at_the_node(front: Front, nodes: tuple[Node, Node]) -> None:
    httpx.get(f'{front.url}{PAGE}?a="b\\')
    line = json.loads(wait_for("the log", lambda: front.access.read_text().splitlines())[-1])
    assert (line["method"], line["path"], line["status"]) == ("GET", PAGE, 200)
    (request,) = [request for node in nodes for request in node.requests]
    assert f"X-Request-ID: {line['request_id']}".encode() in request


def test_the_documented_format_of_its_log_is_the_one_that_is_shipped() -> None:
    documented = (ROOT / "docs" / "watching.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^log_format .*?;$", documented, re.DOTALL | re.MULTILINE)
    assert textwrap.indent(shown, "    ") in (SHIPPED / "nginx.conf").read_text(encoding="utf-8")


def test_figures_are_not_for_the_world(front: Front, nodes: tuple[Node, Node]) -> None:
    assert httpx.get(f"{front.url}/metrics").status_code == 404
    assert not any(node.requests for node in nodes)


@pytest.mark.parametrize("told", [f"Content-Length: {10**9}", "Transfer-Encoding: chunked"])
@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "/api/upload/1"), ("POST", PAGE), ("GET", "/"), ("PUT", "/static/a.css")]
)
def test_a_large_body_is_handed_on_as_it_comes(
    method: str, path: str, told: str, front: Front, nodes: tuple[Node, Node]
) -> None:
    """Whoever sends it: nginx has no more room than this machine, and a stranger has a lot to send."""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{told}\r\n\r\n".encode()
    with socket.create_connection((front.host, front.port)) as connection:
        connection.sendall(head + b"9\r\nbeginning")
        wait_for(
            "the beginning at a node",
            lambda: any(b"beginning" in each for node in nodes for each in node.requests),
        )


def test_figures_are_not_for_those_either_who_send_much(front: Front, nodes: tuple[Node, Node]) -> None:
    assert httpx.request("GET", f"{front.url}/metrics", content=b"x" * 20_000).status_code == 404
    assert not any(node.requests for node in nodes)


def test_the_one_node_of_one_machine_is_named_as_compose_names_it() -> None:
    assert "server pagecast:8000" in (SHIPPED / "one-node.conf").read_text(encoding="utf-8")
