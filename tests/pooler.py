"""A real PgBouncer in transaction mode, before a real PostgreSQL, for tests; Linux only."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.server import free_port, wait_for
from tests.services import _temporary_folder, _unprivileged, die_with_parent

CONFIGURATION = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 500
ignore_startup_parameters = options
"""


def binary() -> str:
    """Where PgBouncer is. The test is skipped where there is none, and fails there on a CI server."""
    found = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("PgBouncer is missing")
        pytest.skip("PgBouncer is not installed")
    return found


@contextmanager
def pgbouncer(url: str, size: int = 4) -> Iterator[str]:
    """Give the address of the same database through a PgBouncer that opens so many connections to it."""
    program, parts, identity, own_port = binary(), urlsplit(url), _unprivileged(), free_port()
    with _temporary_folder(identity) as folder:
        name = parts.path[1:]
        configuration = folder / "pgbouncer.ini"
        text = CONFIGURATION.format(host=parts.hostname, port=parts.port, own_port=own_port, size=size)
        # With `any` it does not take over whom the client says to be.
        configuration.write_text(text.replace("* = ", f"{name} = user={parts.username} "), encoding="utf-8")
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, str(configuration)],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - does one system call
                **identity,
            )
        try:
            wait_for("PgBouncer", lambda: _answers(process, own_port, folder / "log"))
            yield parts._replace(netloc=f"{parts.username}@127.0.0.1:{own_port}").geturl()
        finally:
            process.kill()
            process.wait()


def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    if process.poll() is not None:
        raise RuntimeError(log.read_text(errors="replace"))
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
