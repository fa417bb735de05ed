"""How long anything may take in PostgreSQL, and what becomes of it when it takes longer."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, close_old_connections, connection
from django.db.models.signals import pre_save
from django.test import Client
from rest_framework.test import APIClient

from pagecast.conf import databases
from pagecast.pages.models import Page
from tests.acceptance.server import Installation
from tests.pages.desk_forms import save

pytestmark = pytest.mark.django_db(transaction=True)

SHOW = """
from django.conf import settings
from django.db import connection
from pagecast.conf import databases
if {serves}: databases.serve(settings.DATABASES["default"])
with connection.cursor() as cursor:
    cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [{names!r}])
    print(dict(cursor.fetchall()))
"""
NAMES = ["synchronous_commit", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]


@contextmanager
def told(**session: str) -> Iterator[None]:
    """The connection at hand goes by these settings meanwhile."""
    ours: Any = connection
    ours.ensure_connection()
    before = {name: ours.session[name] for name in session}
    ours.tell(**session)
    yield
    ours.ensure_connection()
    ours.tell(**before)


@contextmanager
def pages_held() -> Iterator[None]:
    """Somebody who knows nothing of Pagecast holds the table."""
    parameters = connection.get_connection_params()
    here = {name: parameters[name] for name in ("dbname", "user", "host", "port")}
    with psycopg.connect(**here) as other:
        other.execute("LOCK TABLE pages_page IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def test_what_takes_too_long_is_503_and_the_connection_goes_on(
    editor: APIClient, handbook: Page, client: Client
) -> None:
    address = f"/api/page/content/{handbook.pk}/"
    with told(statement_timeout="100ms"):
        with pages_held():
            refused = editor.patch(address, {"title": "New"}, format="json")
            assert (refused.status_code, refused["Content-Type"]) == (503, "application/problem+json")
            assert int(refused["Retry-After"]) > 0
            page = client.get(f"/pages/{handbook.slug}/")
            assert (page.status_code, page["Retry-After"]) == (503, refused["Retry-After"])
        assert Page.objects.get(pk=handbook.pk).title == "Handbook"
        assert editor.patch(address, {"title": "New"}, format="json").status_code == 200


@pytest.mark.parametrize("way", ["api", "admin"])
def test_who_holds_rows_and_does_nothing_is_cut_off_and_nothing_is_half_written(
    editor: APIClient, admin_client: Client, handbook: Page, way: str
) -> None:
    def doze(**_kwargs: object) -> None:
        time.sleep(3)

    with told(idle_in_transaction_session_timeout="1s"):
        pre_save.connect(doze, sender=Page)
        try:
            if way == "api":
                address = f"/api/page/content/{handbook.pk}/"
                answer: Any = editor.patch(address, {"title": "New", "contents": []}, format="json")
            else:
                answer = save(admin_client, None, title="New")
        finally:
            pre_save.disconnect(doze, sender=Page)
        assert answer.status_code == 503, answer.content
        assert int(answer["Retry-After"]) > 0
        # As the server does after every request.
        close_old_connections()
    assert [page.title for page in Page.objects.all()] == ["Handbook"]
    assert handbook.placements.count() == 3


def test_a_server_that_says_nothing_is_given_up_and_found_again() -> None:
    driver: Any = connection
    driver.ensure_connection()
    driver.connection.answers_within = 0.2
    with pytest.raises(OperationalError, match="said nothing"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(2)")
    assert not connection.is_usable()
    close_old_connections()
    with connection.cursor() as cursor:
        # It is still at it, and would be in the way of those who tidy up.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^SELECT pg_sleep'"
        )


def settings_of_a_session(installation: Installation, *, serves: bool) -> str:
    done: subprocess.CompletedProcess[str] = installation.python(SHOW.format(serves=serves, names=NAMES))
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_servers_keep_nobody_waiting_and_commands_take_their_time(tmp_path: Path) -> None:
    with Installation(tmp_path) as installation:
        of_commands = eval(settings_of_a_session(installation, serves=False))  # noqa: S307 - a dict of strings
        of_servers = eval(settings_of_a_session(installation, serves=True))  # noqa: S307 - a dict of strings
    assert of_commands == {
        "synchronous_commit": "on",
        "lock_timeout": "10000",
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "3600000",
    }
    assert of_servers == of_commands | {
        "statement_timeout": "30000",
        "idle_in_transaction_session_timeout": "8000",
    }


def test_what_an_address_tells_the_server_does_not_take_the_place_of_what_we_tell_it(tmp_path: Path) -> None:
    with Installation(tmp_path) as installation:
        url = installation.environment["DATABASE_URL"]
        theirs = "?options=-c%20synchronous_commit%3Doff%20-c%20work_mem%3D5MB"
        installation._settings["DATABASE_URL"] = f"{url}{theirs}"
        names = ["synchronous_commit", "work_mem"]
        done = installation.python(SHOW.format(serves=False, names=names))
    assert eval(done.stdout) == {"synchronous_commit": "on", "work_mem": "5120"}, done.stderr  # noqa: S307 - a dict of strings


def test_sqlite_has_no_sessions() -> None:
    settings = databases.database({}, Path("data"))
    databases.serve(settings)
    assert settings["ENGINE"] == "pagecast.counting.sqlite3"
