"""A PostgreSQL that goes away, or hangs, while people read and edit: clear answers, and service by itself."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.life import Life
from tests.acceptance.server import Server, wait_for
from tests.acceptance.torture.mortal import MortalPostgres, _children, mortal_postgres


@pytest.fixture
def postgres() -> Iterator[MortalPostgres]:
    """One of its own."""
    with mortal_postgres() as postgres:
        yield postgres


def cut(postgres: MortalPostgres, _refused: Callable[[], bool]) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )


def restart(postgres: MortalPostgres, refused: Callable[[], bool]) -> None:
    # What a service manager does: connections are cut, nothing that was committed is lost.
    assert postgres._process is not None
    postgres._process.send_signal(signal.SIGINT)
    postgres._process.wait(60)
    wait_for("a refusal", refused)
    postgres._life.close()
    postgres.start()


def hang(postgres: MortalPostgres, refused: Callable[[], bool]) -> None:
    assert postgres._process is not None
    family = [postgres._process.pid, *_children(postgres._process.pid)]
    for member in family:
        os.kill(member, signal.SIGSTOP)
    try:
        wait_for("a refusal", refused)
    finally:
        for member in family:
            os.kill(member, signal.SIGCONT)


@pytest.mark.parametrize("befall", [cut, restart, hang], ids=lambda befall: befall.__name__)
def test_whatever_befalls_it_answers_are_clear_and_it_is_found_again(
    postgres: MortalPostgres, tmp_path: Path, befall: Callable[[MortalPostgres, Callable[[], bool]], None]
) -> None:
    with Server(tmp_path, "--workers", "2", work=False, DATABASE_URL=postgres.url) as server:
        editor = server.editor()
        text = editor.post("/api/content/", json={"content_type": "text", "title": "Text"}).json()["id"]
        made = editor.post("/api/page/content/", json={"title": "Page", "contents": [text]}).json()
        page = f"/api/page/content/{made['id']}/"
        with Life(server, [page]) as life:
            befall(postgres, lambda: any(answer.status == 503 for answer in life.answers))
            wait_for("fair weather", lambda: {answer.status for answer in life.answers[-20:]} == {200})
            life.goes_on()
        statuses = Counter(answer.status for answer in life.answers)
        assert statuses.keys() <= {200, 503}, statuses
        refused = [answer for answer in life.answers if answer.status == 503]
        assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
        unknown = sum(answer.is_view and "outcome-unknown" in answer.json()["type"] for answer in refused)
        views = sum(answer.is_view and answer.status == 200 for answer in life.answers)
        (content,) = server.get(f"{page}counters/").json()["contents"]
        assert views <= content["counter"] <= views + unknown
        assert "Traceback" not in server.log()
