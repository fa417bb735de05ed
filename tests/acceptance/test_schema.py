"""The server does what its OpenAPI schema says, and refuses what it does not: asked by schemathesis."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import httpx
import pytest

from tests.services import die_with_parent

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
PAGES, CONTENTS = "/api/page/content/", "/api/content/"
# A machine may be slow; none of this is waited for if it is not.
START_SECONDS, RUN_SECONDS = 60, 600


@pytest.fixture(scope="module")
def database() -> Iterator[dict[str, str]]:
    """Where the server keeps its rows: a database of its own beside that of the tests."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield {}
        return
    import psycopg  # noqa: PLC0415 - only where there is a PostgreSQL

    name = f"schema_{uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        # Its uploads wait in a place of their own, too: no worker is asked to file them.
        redis = urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path="/7"))
        yield {"DATABASE_URL": urlunsplit(urlsplit(url)._replace(path=f"/{name}")), "REDIS_URL": redis}
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="module")
def environment(database: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings of the server, which has a data folder of its own."""
    data = {"PAGECAST_DATA": str(tmp_path_factory.mktemp("data")), "PYTHONPATH": str(ROOT)}
    return {**os.environ, **data, **database}


@pytest.fixture(scope="module")
def token(environment: dict[str, str]) -> str:
    """A token of alice, made as anyone makes one."""
    command = [sys.executable, "-m", "pagecast", "token", "alice"]
    made = subprocess.run(command, check=True, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    return made.stdout.strip()


@pytest.fixture(scope="module")
def server(
    environment: dict[str, str], token: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a server that answers."""
    port = _free_port()
    command = [sys.executable, "-m", "pagecast", "serve", "--port", str(port)]
    log = tmp_path_factory.mktemp("log") / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(START_SECONDS)
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")[-5000:]


@pytest.fixture(scope="module")
def library(server: str, token: str) -> str:
    """The address of a server with contents of every kind, on pages active and not."""
    with httpx.Client(base_url=server, headers={"Authorization": f"Bearer {token}"}) as editor:
        kinds = [
            {"content_type": "video", "title": "Dawn", "video_url": "https://films.example.org/dawn.mp4"},
            {"content_type": "audio", "title": "Rain", "text": "drip"},
            {"content_type": "text", "title": "Note", "text": "Read me"},
            {"content_type": "image", "title": "Dot", "caption": "A dot", "is_active": False},
        ]
        contents = [editor.post(CONTENTS, json=kind).raise_for_status().json()["id"] for kind in kinds]
        for number, order in enumerate([contents, contents[::-1], contents[:1], []]):
            page = {"title": f"Page {number}", "contents": order, "is_active": number != 1}
            editor.post(PAGES, json=page).raise_for_status()
    return server


def test_it_works(library: str) -> None:
    assert httpx.get(f"{library}{PAGES}").raise_for_status().json()["count"] == 3


def test_the_server_and_its_schema_agree(
    library: str, token: str, environment: dict[str, str], tmp_path: Path
) -> None:
    schemathesis = Path(sys.executable).with_name("schemathesis")
    command = [
        *(str(schemathesis), "--config-file", str(CONFIGURATION), "run", f"{library}/swagger.json/"),
        *("--header", f"Authorization: Bearer {token}", "--no-color"),
    ]
    done = subprocess.run(
        command,
        check=False,
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, done.stdout
    assert "Selected: 12/12" in done.stdout
    assert "Tested: 12" in done.stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            if httpx.get(url).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(log.read_text(errors="replace"))
