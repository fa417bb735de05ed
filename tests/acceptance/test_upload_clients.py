"""Clients of tus that others wrote go on where they were when the server was killed under them."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pytest

from tests.acceptance.server import PATIENCE, Server, wait_for

CLIENTS = Path(__file__).resolve().parents[1] / "clients"
UPLOADS = "/api/upload/"
SIZE = 48 * 2**20


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A file that is worth keeping, and unlike any other."""
    path = tmp_path / "Дождь.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(random.Random(0).randbytes(SIZE))
    return path


@pytest.fixture(scope="session")
def node_client(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command of tus-js-client, installed as its lock file says."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        _without("tus-js-client: node and npm are not installed")
    folder = tmp_path_factory.mktemp("clients") / "clients"
    shutil.copytree(CLIENTS, folder, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        _without(f"tus-js-client: npm ci does not work here: {done.stderr[-500:]}")
    return [node, str(folder / "upload.mjs")]


def _without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A client that is gone at the end."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        try:
            yield client
        finally:
            client.kill()


def told(client: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    """What the client says, as it says it."""
    assert client.stdout is not None
    return (json.loads(line) for line in client.stdout)


def file_it(server: Server, url: str) -> Path:
    """Have a content show the upload, and answer with its file."""
    key = urlsplit(url).path.removeprefix(UPLOADS).strip("/")
    fields = {"content_type": "audio", "title": "Rain", "upload": key}
    made = server.editor().post("/api/content/", json=fields)
    assert made.status_code == 201, made.text
    address = f"/api/content/{made.json()['id']}/"
    wait_for("the file", lambda: server.editor().get(address).json()["upload_status"] == "completed")
    (path,) = (server.data / "media").rglob("*.wav")
    return path


def survives_a_kill(server: Server, client: subprocess.Popen[str], sound: Path) -> None:
    """Kill the server when a third has been sent; start it; the client gets to its end by itself."""
    lines, url, killed_at = told(client), None, 0
    for line in lines:
        if not killed_at and line.get("sent", 0) > SIZE // 3:
            killed_at = line["sent"]
            assert killed_at < SIZE * 2 // 3
            server.kill()
            server.serve()
        url = line.get("url", url)
    assert client.wait(PATIENCE) == 0
    assert killed_at
    assert url
    path = file_it(server, url)
    assert path.name == sound.name
    with path.open("rb") as filed, sound.open("rb") as sent:
        digests = [hashlib.file_digest(file, "sha256").hexdigest() for file in (filed, sent)]
    assert digests[0] == digests[1]


@pytest.mark.parametrize("parallel", [1, 4], ids=["one by one", "four at once"])
def test_tus_js_client_survives_a_kill_of_the_server(
    node_client: list[str], sound: Path, tmp_path: Path, parallel: int
) -> None:
    with Server(tmp_path) as server:
        token = server.editor().headers["Authorization"].removeprefix("Bearer ")
        command = [*node_client, str(sound), f"{server.url}{UPLOADS}", token, str(parallel)]
        with running(command) as client:
            survives_a_kill(server, client, sound)


def test_tuspy_survives_a_kill_of_the_server(sound: Path, tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        token = server.editor().headers["Authorization"].removeprefix("Bearer ")
        command = [sys.executable, str(CLIENTS / "upload.py"), str(sound), f"{server.url}{UPLOADS}", token]
        with running(command) as client:
            survives_a_kill(server, client, sound)
