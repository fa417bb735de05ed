"""Two web nodes and a worker, each with a data folder of its own: the loss of any one loses no byte.

On PostgreSQL with Redis the worker is a process of its own, on a third folder; on SQLite in one file each
node works beside what it serves.
"""

from __future__ import annotations

import hashlib
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest

from tests import films
from tests.acceptance.server import PATIENCE, Installation, Server, free_port, kill, wait_for
from tests.acceptance.test_resumable_uploads import TUS, begin, offset, patch, sender
from tests.api.tus import UPLOADS, checksum
from tests.objects import ACCESS_KEY, REGION, ROOT, SECRET_KEY, new_bucket
from tests.services import die_with_parent

MIB = 2**20
# Of the objects that an upload consists of.
ENOUGH = 16 * MIB


class ObjectStore:
    """An object store that can be killed and started again, with what it holds."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": REGION,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        told = [str(self.folder), str(self.port), ACCESS_KEY, SECRET_KEY, REGION]
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.object_server", *told],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - does one system call
        )
        wait_for("the object store", self._answers)

    def stop(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            kill(self.process)
        self.process = None

    def _answers(self) -> bool:
        try:
            return httpx.get(self.environment["AWS_ENDPOINT_URL"], timeout=PATIENCE).status_code > 0
        except httpx.TransportError:
            return False


@dataclass(frozen=True)
class Nodes:
    """Two web nodes, what works for them, and the store of all three."""

    first: Server
    second: Server
    worker: Installation
    store: ObjectStore
    bucket: str

    def staged(self) -> list[str]:
        """The objects that wait to be filed."""
        client = boto3.client("s3", region_name=REGION)
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix="films/.staging/")
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]

    def tidy(self) -> None:
        """What housekeeping does a day later."""
        program = (
            "from datetime import timedelta; from pagecast.media import housekeeping as keeping; "
            "keeping.SLOW = -timedelta(days=1); print(keeping.tidy_all())"
        )
        done = self.second.python(program)
        assert done.returncode == 0, done.stderr

    def filed(self, address: str, name: str) -> bytes:
        """Give the upload to a content at the second node; answers with what readers get there."""
        upload = address.rstrip("/").rpartition("/")[2]
        wanted = {"content_type": "video", "title": name, "upload": upload}
        answer = self.second.editor().post("/api/content/", json=wanted)
        assert answer.status_code == 201, answer.text
        found = self.decided(answer.json()["id"])
        assert found["upload_status"] == "completed", found["upload_error"]
        return self.second.get(found["video_path"], follow_redirects=True).content

    def decided(self, key: int) -> dict[str, Any]:
        """The content, once its file was decided on."""

        def look() -> dict[str, Any]:
            found: dict[str, Any] = self.second.editor().get(f"/api/content/{key}/").json()
            return found if found["upload_status"] in {"completed", "failed"} else {}

        return wait_for("the filing", look)

    def nothing_is_left(self) -> None:
        """Neither in the bucket nor on a disk."""
        wait_for("an empty staging place", lambda: not self.staged())
        for node in (self.first, self.second, self.worker):
            # A picture may still be drawn.
            wait_for(f"an empty {node.data}", partial(_is_empty, node.data / "staging"))


def _is_empty(folder: Path) -> bool:
    return not any(path.is_file() for path in folder.rglob("*"))


@contextmanager
def shared_database(folder: Path) -> Iterator[dict[str, str]]:
    """The settings that all have in common."""
    with Installation(folder) as owner:
        settings = {
            name: value for name, value in owner.environment.items() if name in {"DATABASE_URL", "REDIS_URL"}
        }
        yield {"DATABASE_URL": f"sqlite:///{folder}/shared.sqlite3"} | settings


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """All of it, new for each test: most of it is killed."""
    for name in ("store", "first", "second", "third"):
        tmp_path.joinpath(name).mkdir()
    store = ObjectStore(tmp_path / "store")
    with ExitStack() as exits:
        exits.callback(store.stop)
        store.start()
        patches = exits.enter_context(pytest.MonkeyPatch.context())
        for name, value in store.environment.items():
            patches.setenv(name, value)
        bucket = new_bucket()
        settings: dict[str, Any] = {
            **exits.enter_context(shared_database(tmp_path)),
            **store.environment,
            "PAGECAST_MEDIA": f"s3://{bucket}/films?addressing=path",
            "PAGECAST_SECRET_KEY": "of all nodes",
        }
        first, second = (
            exits.enter_context(Server(tmp_path / name, work=False, **settings))
            for name in ("first", "second")
        )
        worker = exits.enter_context(Installation(tmp_path / "third", **settings))
        if worker.has_broker:
            exits.callback(kill, worker.start("work"))
        yield Nodes(first, second, worker, store, bucket)


def film(size: int) -> bytes:
    """A film of so many bytes, all of them its own: the last ones are in a box that players pass over."""
    head = films.film(secrets.token_hex(8))
    return head + (size - len(head)).to_bytes(4) + b"free" + secrets.token_bytes(size - len(head) - 8)


def at(node: Server, address: str) -> str:
    """The same upload at another node."""
    return f"{node.url}{httpx.URL(address).path}"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_what_a_node_died_with_goes_on_at_another_one(nodes: Nodes) -> None:
    data = film(40 * MIB + 5)
    address = begin(nodes.first, len(data))
    with sender(nodes.first, address, len(data)) as connection:
        connection.sendall(data[: 20 * MIB])
        wait_for("some of it", lambda: offset(nodes.first, address) >= ENOUGH)
        nodes.first.kill()
    elsewhere = at(nodes.second, address)
    reached = offset(nodes.second, elsewhere)
    assert ENOUGH <= reached < 20 * MIB
    answer = patch(nodes.second, elsewhere, reached, data[reached:])
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (204, str(len(data)))
    assert sha256(nodes.filed(elsewhere, "Dawn")) == sha256(data)
    nodes.tidy()
    nodes.nothing_is_left()


def test_parts_that_came_to_both_nodes_at_once_become_one_film(nodes: Nodes) -> None:
    data = film(5 * MIB + 3)
    pieces = [data[: 2 * MIB], data[2 * MIB : 4 * MIB], data[4 * MIB :]]
    addresses = [begin(nodes.first, len(piece), **{"Upload-Concat": "partial"}) for piece in pieces]
    half = MIB // 2
    for node, address, piece in zip((nodes.first, nodes.second, nodes.first), addresses, pieces, strict=True):
        assert patch(node, at(node, address), 0, piece[:half], **checksum(piece[:half])).status_code == 204
        other = nodes.second if node is nodes.first else nodes.first
        refused = patch(other, at(other, address), half, piece[half:], **checksum(b"other"))
        assert refused.status_code == 460
        assert patch(other, at(other, address), half, piece[half:]).status_code == 204
    told = TUS | {"Upload-Concat": "final;" + " ".join(httpx.URL(each).path for each in addresses)}
    answer = nodes.second.editor().post(UPLOADS, headers=told)
    assert answer.status_code == 201, answer.text
    nodes.first.kill()
    assert sha256(nodes.filed(answer.headers["Location"], "Dawn")) == sha256(data)
    nodes.nothing_is_left()


def test_what_is_given_up_at_one_node_is_gone_at_the_other(nodes: Nodes) -> None:
    data = secrets.token_bytes(MIB)
    address = begin(nodes.first, len(data))
    assert patch(nodes.first, address, 0, data[:1000]).status_code == 204
    elsewhere = at(nodes.second, address)
    assert len(nodes.staged()) == 1
    # It hangs at one node, and is given up at the other.
    with sender(nodes.first, address, len(data) - 1000, at=1000) as hanging:
        hanging.sendall(data[1000:2000])
        assert nodes.second.editor().delete(elsewhere, headers=TUS).status_code == 204
        hanging.sendall(data[2000:])
        assert hanging.recv(4096).split()[1] in {b"404", b"410"}
    for node in (nodes.first, nodes.second):
        assert node.editor().head(at(node, address), headers=TUS).status_code == 404
    nodes.nothing_is_left()


def test_a_store_that_dies_in_between_is_waited_for(nodes: Nodes) -> None:
    data = film(3 * MIB)
    address = begin(nodes.first, len(data))
    assert patch(nodes.first, address, 0, data[:MIB]).status_code == 204
    nodes.store.stop()
    answer = patch(nodes.first, address, MIB, data[MIB:])
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "does not answer" in answer.json()["detail"]
    assert offset(nodes.second, at(nodes.second, address)) == MIB
    form = {"content_type": "video", "title": "Dusk"}
    refused = nodes.second.editor().post("/api/content/", data=form, files={"file": ("Dusk.mp4", data)})
    assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
    nodes.store.start()
    assert patch(nodes.second, at(nodes.second, address), MIB, data[MIB:]).status_code == 204
    nodes.store.stop()
    upload = address.rstrip("/").rpartition("/")[2]
    made = nodes.second.editor().post("/api/content/", json=form | {"upload": upload})
    assert made.status_code == 201, made.text
    path = f"/api/content/{made.json()['id']}/"

    def waiting() -> dict[str, Any]:
        found: dict[str, Any] = nodes.second.editor().get(path).json()
        return found if "does not answer" in (found["upload_error"] or "") else {}

    assert wait_for("the reason why it waits", waiting)["upload_status"] in {"pending", "processing"}
    nodes.store.start()
    filed = nodes.decided(made.json()["id"])
    assert filed["upload_status"] == "completed", filed["upload_error"]
    got = nodes.first.get(filed["video_path"], follow_redirects=True).content
    assert sha256(got) == sha256(data)
    nodes.nothing_is_left()


def test_no_address_leads_a_reader_to_what_is_staged(nodes: Nodes) -> None:
    address = begin(nodes.first, 10)
    assert patch(nodes.first, address, 0, b"01234").status_code == 204
    (key,) = nodes.staged()
    for path in (key, key.removeprefix("films/"), key.replace("/.", "/%2E"), f"2026/../{key}"):
        answer = nodes.first.get(f"/media/{path}")
        assert answer.status_code == 404, path
