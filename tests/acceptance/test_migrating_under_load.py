"""Tables change while an older version serves: nobody fails, nobody waits for long, each view counts."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import almanac
from tests.acceptance.life import Life
from tests.acceptance.server import Server, kill, wait_for

PAGES = 3
MANY = 20_000
# Far more than the second for which a migration stands in their way, for machines that do much else.
LONGEST = 10.0


@pytest.fixture
def versions(tmp_path: Path) -> tuple[str, str]:
    """Where the older and the newer version of the app lie."""
    return almanac.write(tmp_path / "versions")


@pytest.fixture
def server(tmp_path: Path, versions: tuple[str, str]) -> Iterator[Server]:
    """A server of the older version."""
    with Server(
        tmp_path, "--workers", "2", work=False, PYTHONPATH=versions[0], PAGECAST_APPS="almanac"
    ) as server:
        yield server


@pytest.fixture
def pages(server: Server) -> list[str]:
    """The addresses of pages with a poem each, among many pages."""
    fill(server)
    editor, made = server.editor(), []
    for number in range(PAGES):
        poem = editor.post("/api/content/", json={"content_type": "poem", "title": "Poem", "verse": "…"})
        page = editor.post("/api/page/content/", json={"title": f"{number}", "contents": [poem.json()["id"]]})
        made.append(f"/api/page/content/{page.json()['id']}/")
    return made


def fill(server: Server) -> None:
    """Tallies of pages that nobody reads."""
    done = server.python(
        "from pagecast.counting.models import Tally\n"
        f"Tally.objects.bulk_create([Tally(group_id=10**9 + n) for n in range({MANY})], batch_size=5000)"
    )
    assert done.returncode == 0, done.stderr


def is_on_postgresql(server: Server) -> bool:
    return "DATABASE_URL" in server.environment


@contextmanager
def somebody_reads_for_long(server: Server) -> Iterator[None]:
    """A report, say, which has all tables in hand that are to change."""
    if not is_on_postgresql(server):
        # There a reader holds nobody up.
        yield
        return
    import psycopg  # noqa: PLC0415 - only there with the extra `postgres`

    with closing(psycopg.connect(server.environment["DATABASE_URL"], application_name="a report")) as report:
        # All of it as it was at one moment: an index that is made meanwhile waits for that, too.
        report.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        report.execute("SELECT count(*) FROM counting_tally, almanac_poem")
        yield


@contextmanager
def migrating(server: Server, name: str) -> Iterator[subprocess.Popen[str]]:
    """`pagecast migrate` up to there, in the course of the block; it must have succeeded in the end."""
    with server.start("migrate", "almanac", name, output=subprocess.PIPE) as process:
        try:
            yield process
            printed, said = process.communicate(timeout=60)
        except BaseException:
            kill(process)
            raise
    assert process.returncode == 0, f"{printed}{said}"


def is_indexing(server: Server) -> bool:
    import psycopg  # noqa: PLC0415 - only there with the extra `postgres`

    with psycopg.connect(server.environment["DATABASE_URL"]) as connection:
        found: Any = connection.execute(
            "SELECT 1 FROM pg_stat_activity "
            "WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND state = 'active' AND wait_event_type = 'Lock'"
        ).fetchone()
    return found is not None


def test_nobody_fails_and_nobody_waits_long(
    server: Server, pages: list[str], versions: tuple[str, str]
) -> None:
    with Life(server, pages) as life:
        server._settings["PYTHONPATH"] = versions[1]
        with ExitStack() as report:
            report.enter_context(somebody_reads_for_long(server))
            with migrating(server, "0002") as process:
                if is_on_postgresql(server):
                    assert process.stderr is not None
                    # It does not get its way, and says who is in it.
                    for _ in range(2):
                        line = process.stderr.readline()
                        assert "migration_steps_back" in line
                        assert "(a report, from 127.0.0.1), idle in transaction" in line
                life.goes_on()
                report.close()
            report.enter_context(somebody_reads_for_long(server))
            with migrating(server, "0003"):
                if is_on_postgresql(server):
                    # This one waits as long as it takes, and nobody waits for it.
                    assert wait_for("the index", lambda: is_indexing(server))
                life.goes_on()
                report.close()
        life.goes_on()
    assert Counter(answer.status for answer in life.answers).keys() == {200}
    assert max(answer.ended - answer.begun for answer in life.answers) < LONGEST
    life.check_counters()
    assert "Traceback" not in server.log()
    # The older version makes new pages and contents, too, and starts anew.
    made = server.editor().post("/api/content/", json={"content_type": "poem", "title": "Late"})
    assert made.status_code == 201
    server._settings["PYTHONPATH"] = versions[0]
    assert server.run("token", "bob").returncode == 0
