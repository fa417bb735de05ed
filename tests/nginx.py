"""A real nginx before a real server of ours, for tests, as plain processes on free ports; Linux only."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from pagecast.delivery.media import Application, MediaFiles, Receive, Scope, Send
from tests.acceptance.server import ROOT, free_port, wait_for
from tests.services import die_with_parent

CONFIGURATION = """
daemon off;
master_process off;
pid {prefix}/pid;
error_log stderr warn;
events {{}}
http {{
    access_log off;
    default_type text/html;
    client_body_temp_path {prefix}/body;
    proxy_temp_path {prefix}/proxy;
    fastcgi_temp_path {prefix}/fastcgi;
    uwsgi_temp_path {prefix}/uwsgi;
    scgi_temp_path {prefix}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{behind};
        }}
{internal}
    }}
}}
"""


def application() -> Application:
    """What stands behind nginx: the media of the folder that the environment names."""

    async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b"the rest"})

    return MediaFiles(
        nothing, url="/media/", folder=Path(os.environ["MEDIA_FOLDER"]), accel="/internal-media/"
    )


def binary(name: str = "nginx") -> str:
    """Where the program is. The test is skipped where there is none, and fails there on a CI server."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is missing")
        pytest.skip(f"{name} is not installed")
    return found


@contextmanager
def nginx(prefix: Path, media: Path) -> Iterator[str]:
    """Give the address of an nginx that sends the files of a folder, which we answer for.

    How it does that stands in the documentation of `MediaFiles`, and is taken from there.
    """
    prefix.mkdir()
    documented = textwrap.dedent((MediaFiles.__doc__ or "").partition(":\n\n")[2])
    port, behind = free_port(), free_port()
    configuration = prefix / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(
            prefix=prefix,
            port=port,
            behind=behind,
            internal=documented.replace("/var/lib/pagecast/media/", f"{media}/"),
        ),
        encoding="utf-8",
    )
    granian = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "tests.nginx:application"]
    with (
        _process([*granian, "--port", str(behind), "--no-ws"], behind, MEDIA_FOLDER=str(media)),
        _process([binary(), "-p", str(prefix), "-c", str(configuration), "-e", "stderr"], port),
    ):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _process(command: Sequence[str], port: int, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
    )
    try:
        wait_for(f"{command[0]} on port {port}", lambda: _answers(process, port))
        yield process
    finally:
        process.terminate()
        process.wait()


def _answers(process: subprocess.Popen[bytes], port: int, host: str = "127.0.0.1") -> bool:
    if process.poll() is not None:
        message = f"{process.args!r} ended with {process.returncode}"
        raise RuntimeError(message)
    with socket.socket() as trial:
        return trial.connect_ex((host, port)) == 0
