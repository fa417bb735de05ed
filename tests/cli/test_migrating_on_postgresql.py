"""Migrations beside others who hold tables, on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.management.base import CommandError
from django.db import OperationalError, connection, models

from pagecast.chores.models import Chore
from pagecast.cli import migrating

pytestmark = pytest.mark.django_db(transaction=True)
INDEX = models.Index(fields=["due_at"], name="chores_by_due")


@contextmanager
def a_report() -> Iterator[None]:
    """Somebody who has read from the table, and does not say that he is done."""
    parameters = connection.get_connection_params()
    here = {name: parameters[name] for name in ("dbname", "user", "host", "port")}
    with psycopg.connect(**here, application_name="a report") as report:
        report.execute("SELECT count(*) FROM chores_chore")
        yield


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT", "50ms")
    monkeypatch.setattr(migrating, "PAUSE", 0.01)


def change() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE chores_chore ADD COLUMN IF NOT EXISTS mood text")
        cursor.execute("ALTER TABLE chores_chore DROP COLUMN mood")


def lock_timeout() -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return cursor.fetchone()[0]


def test_it_gives_up_at_last_and_says_who_is_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating, "TRIES", 3)
    tries = []

    def try_it() -> None:
        tries.append(lock_timeout())
        change()

    # Whoever has held something for less than a second will be gone by the next try.
    monkeypatch.setattr(migrating, "HOLDERS", migrating.HOLDERS.replace("1 second", "0 seconds"))
    with a_report(), pytest.raises(CommandError) as raised:
        migrating.patiently(try_it)
    assert tries == ["50ms"] * 3
    assert "(a report, from 127.0.0.1), idle in transaction" in str(raised.value)
    assert "`pagecast migrate` again" in str(raised.value)
    assert lock_timeout() == "10s"
    migrating.patiently(change)


def test_another_error_is_not_tried_again() -> None:
    tries = []

    def fail() -> None:
        tries.append(1)
        raise OperationalError

    with pytest.raises(OperationalError):
        migrating.patiently(fail)
    assert tries == [1]


def test_whoever_has_lost_a_deadlock_tries_again() -> None:
    tries = []

    def lose_once() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError from psycopg.errors.DeadlockDetected()

    migrating.patiently(lose_once)
    assert tries == [1, 1]


def test_an_index_that_was_left_unfinished_is_made_anew() -> None:
    try:
        with connection.schema_editor(atomic=False) as editor:
            editor.add_index(Chore, INDEX)
        with connection.cursor() as cursor:
            # What a process that is killed in the middle leaves behind.
            cursor.execute(
                "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'chores_by_due'::regclass"
            )
        with connection.schema_editor(atomic=False) as editor:
            editor.add_index(Chore, INDEX)
        with connection.cursor() as cursor:
            cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'chores_by_due'::regclass")
            assert cursor.fetchone() == (True,)
        assert lock_timeout() == "10s"
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX IF EXISTS chores_by_due")
