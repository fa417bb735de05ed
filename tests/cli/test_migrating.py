"""Who brings the database up to date when several nodes start; an older version on a newer database."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.acceptance.server import Installation, Server, free_port, kill, wait_for

READ = (
    "from django.db import connection\nfrom django.db.migrations.recorder import MigrationRecorder\n"
    "print(list(MigrationRecorder(connection).migration_qs.values_list('app', 'name')))"
)
HOLD = "from pagecast.cli import migrating\nwith migrating.alone(): print('in', flush=True); input()"


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """A database that is empty."""
    return Installation(tmp_path)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_of_three_nodes_that_start_at_once_one_migrates(installation: Installation, tmp_path: Path) -> None:
    with installation, ExitStack() as ends:
        ports = [free_port() for _ in range(3)]
        logs = [tmp_path / f"log {port}" for port in ports]
        for port, log in zip(ports, logs, strict=True):
            with log.open("w") as output:
                ends.callback(kill, installation.start("serve", "--port", str(port), output=output.fileno()))
        for port in ports:
            wait_for("the node", lambda port=port: answers(port))  # type: ignore[misc]
        said = "".join(log.read_text() for log in logs)
        assert said.count("Made the first admin") == 1
        assert "Traceback" not in said
        applied = re.findall(r"\('\w+', '\w+'\)", installation.python(READ).stdout)
        assert len(applied) == len(set(applied)) > 20


def held_by_another(installation: Installation) -> subprocess.Popen[str]:
    """Another process that prepares the database just now, until it reads a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"import django; django.setup()\n{HOLD}"],
        env=installation.environment | {"DJANGO_SETTINGS_MODULE": "pagecast.conf.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    return process


@pytest.mark.parametrize(
    "ends", [lambda process: process.communicate("\n"), lambda process: process.send_signal(signal.SIGKILL)]
)
def test_who_comes_while_another_migrates_waits_and_goes_on_however_that_ends(
    installation: Installation, ends: Callable[[subprocess.Popen[str]], object]
) -> None:
    with installation, held_by_another(installation) as first:
        with installation.start("token", "alice", output=subprocess.PIPE) as second:
            assert second.stderr is not None
            assert "waits_for_another_node" in second.stderr.readline()
            assert second.poll() is None
            ends(first)
            printed, said = second.communicate(timeout=60)
        assert second.returncode == 0, said
        assert printed.strip()


def test_a_worker_waits_until_the_tables_are_there(installation: Installation) -> None:
    with installation, installation.start("work", output=subprocess.PIPE) as worker:
        try:
            assert worker.stderr is not None
            assert "waits_for_the_database_to_be_brought_up_to_date" in worker.stderr.readline()
            assert installation.run("migrate", "--verbosity", "0").returncode == 0
            assert worker.poll() is None
        finally:
            kill(worker)
            worker.communicate()


def test_an_older_version_works_on_a_newer_database(tmp_path: Path) -> None:
    with Server(tmp_path, work=False) as server:
        changed = server.python(
            "from django.db import connection\n"
            "connection.cursor().execute('ALTER TABLE pages_page ADD COLUMN mood varchar(9) NULL')\n"
            "from django.db.migrations.recorder import MigrationRecorder\n"
            "MigrationRecorder(connection).record_applied('pages', '9999_mood')"
        )
        assert changed.returncode == 0, changed.stderr
        server.kill()
        server.serve(work=False)
        assert server.editor().post("/api/page/content/", json={"title": "Page"}).status_code == 201
        assert server.get("/api/page/content/").json()["count"] == 1
        assert "9999_mood" in server.python(READ).stdout
        assert "Traceback" not in server.log()
