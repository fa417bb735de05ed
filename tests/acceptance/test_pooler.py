"""A pooler of connections between Pagecast and its PostgreSQL: PgBouncer, in transaction mode."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.acceptance.life import Life
from tests.acceptance.server import Installation, Server, own_database
from tests.pooler import pgbouncer

# The database writes down under which settings each view is counted.
WITNESS = """
    CREATE TABLE witness (commits text, lock_timeout text, UNIQUE (commits, lock_timeout));
    CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO witness VALUES (current_setting('synchronous_commit'), current_setting('lock_timeout'))
            ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$;
    CREATE TRIGGER see AFTER UPDATE OF views ON counting_tally EXECUTE FUNCTION see();
"""


@pytest.fixture
def direct() -> Iterator[str]:
    """The address of an empty database whose sessions are not told to commit to the disk."""
    with own_database() as settings:
        yield settings["DATABASE_URL"]


@pytest.fixture
def pooled(direct: str) -> Iterator[str]:
    """The same through the pooler, with fewer connections than there are threads that want one."""
    with pgbouncer(direct) as url:
        yield url


def tell(url: str, statement: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement)  # type: ignore[call-overload,unused-ignore]
        return done.fetchall() if done.description else []


def commit(url: str, how: str) -> None:
    """Have sessions to come commit like that, as long as they are told nothing else."""
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    tell(url, f'ALTER DATABASE "{name}" SET synchronous_commit = {how}')


def test_what_would_lose_answered_views_is_refused(direct: str, pooled: str, tmp_path: Path) -> None:
    commit(direct, "off")
    installation = Installation(tmp_path, DATABASE_URL=pooled)
    refused = installation.run("token", "alice")
    assert refused.returncode != 0
    assert refused.stderr.startswith("pagecast: PostgreSQL runs with synchronous_commit=off")
    assert "SET synchronous_commit = on" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    # Without a pooler we say ourselves what we want.
    assert Installation(tmp_path, DATABASE_URL=direct).run("token", "alice").returncode == 0


def test_counting_is_exact_and_on_disk(direct: str, pooled: str, tmp_path: Path) -> None:
    # Not what we want, but nothing that loses views: so it is to be seen who has said what.
    commit(direct, "local")
    with Server(tmp_path, "--workers", "2", work=False, DATABASE_URL=pooled) as server:
        editor, pages = server.editor(), []
        for number in range(3):
            text = editor.post("/api/content/", json={"content_type": "text", "title": "Text"}).json()["id"]
            made = editor.post("/api/page/content/", json={"title": f"{number}", "contents": [text]}).json()
            pages.append(f"/api/page/content/{made['id']}/")
        tell(direct, WITNESS)
        with Life(server, pages) as life:
            for _ in range(3):
                life.goes_on()
        assert Counter(answer.status for answer in life.answers).keys() == {200}
        life.check_counters()
        assert "Traceback" not in server.log()
    # The lanes of readers wait for nobody who holds a row; threads of Django wait a while.
    seen = tell(direct, "SELECT commits, lock_timeout FROM witness")
    assert ("on", "20ms") in seen
    assert {commits for commits, _timeout in seen} == {"on"}
    assert {timeout for _commits, timeout in seen} <= {"20ms", "10s"}


def test_nodes_that_start_at_once_take_turns_through_it(direct: str, pooled: str, tmp_path: Path) -> None:
    commit(direct, "on")
    installation = Installation(tmp_path, DATABASE_URL=pooled)
    with ThreadPoolExecutor(3) as pool:
        nodes = list(pool.map(lambda number: installation.run("token", f"editor{number}"), range(3)))
    assert [(node.returncode, len(node.stdout.split())) for node in nodes] == [(0, 1)] * 3, nodes
    ((migrations, different),) = tell(
        direct, "SELECT count(*), count(DISTINCT (app, name)) FROM django_migrations"
    )
    assert migrations == different > 20
