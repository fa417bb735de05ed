"""What docs/scaling.md tells to write into nginx: each page to few of the nodes, everything else to all."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server import ROOT, free_port
from tests.deploy.front import Front
from tests.deploy.test_nginx import Node

NODES, SLOTS = 10, 4


@pytest.fixture
def nodes() -> Iterator[list[Node]]:
    nodes = [Node() for _ in range(NODES)]
    yield nodes
    for node in nodes:
        node.close()


@pytest.fixture
def front(tmp_path: Path, nodes: list[Node]) -> Iterator[Front]:
    documented = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")
    chapter = documented.partition("### Each page to few nodes")[2].partition("\n## ")[0]
    before, inside = map(textwrap.dedent, re.findall(r"(?:^    .*\n)+", chapter, re.MULTILINE))
    addresses = [node.address for node in nodes]
    with Front(tmp_path, "127.0.0.1", free_port(), addresses) as front:
        file = tmp_path / "nginx" / "nginx.conf"
        text = file.read_text(encoding="utf-8")
        assert text.count("least_conn;") == text.count("    upstream pagecast {") == 1
        text = text.replace("least_conn;", inside).replace(
            "    upstream pagecast {", f"{before}upstream pagecast {{"
        )
        file.write_text(text, encoding="utf-8")
        front.use(addresses)
        yield front


def asked(nodes: list[Node], path: str) -> set[int]:
    """Which of the nodes were asked for it."""
    line = f"{path} HTTP/".encode()
    return {number for number, node in enumerate(nodes) if any(line in request for request in node.requests)}


def test_each_page_goes_to_few_nodes_and_everything_else_to_all(front: Front, nodes: list[Node]) -> None:
    with httpx.Client(base_url=front.url) as client:
        for _ in range(60):
            for page in ("1", "2"):
                assert client.get(f"/api/page/content/{page}/").status_code == 200
                assert client.post(f"/api/page/content/{page}/views/").status_code == 200
            assert client.get("/pages/dawn/").status_code == 200
            assert client.get("/api/page/content/").status_code == 200
    for page in ("1", "2"):
        few = asked(nodes, f"/api/page/content/{page}/")
        assert 2 <= len(few) <= SLOTS
        assert asked(nodes, f"/api/page/content/{page}/views/") <= few
    assert asked(nodes, "/api/page/content/1/") != asked(nodes, "/api/page/content/2/")
    assert 2 <= len(asked(nodes, "/pages/dawn/")) <= SLOTS
    assert len(asked(nodes, "/api/page/content/")) == NODES
    before = [len(node.requests) for node in nodes]
    for number in range(3, 100):
        httpx.get(f"{front.url}/api/page/content/{number}/")
    assert all(len(node.requests) > asked_before for node, asked_before in zip(nodes, before, strict=True))


def test_a_node_that_is_lost_is_missed_by_no_page(front: Front, nodes: list[Node]) -> None:
    nodes[0].close()
    for page in range(40):
        assert httpx.get(f"{front.url}/api/page/content/{page}/").status_code == 200
