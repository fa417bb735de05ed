"""On SQLite every writer waits for its turn in short steps, whether it began a transaction or not."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from pagecast.counting.models import Catalogue
from pagecast.counting.sqlite3 import base


def alone() -> None:
    Catalogue.objects.filter(pk=1).update(edition=7)


def inside() -> None:
    with transaction.atomic():
        alone()


def by_name() -> None:
    with connection.cursor() as cursor:
        cursor.execute("\n  update counting_catalogue set edition = %s", [7])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", [alone, inside, by_name])
def test_it_tries_again_soon_after_it_was_refused(
    write: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    Catalogue.objects.create(pk=1, edition=0)
    if connection.vendor != "sqlite":
        return
    slept: list[float] = []
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            if len(slept) == 3:
                holder.execute("ROLLBACK")

        monkeypatch.setattr("pagecast.counting.sqlite3.base.time.sleep", sleep)
        write()
    assert slept == [base.STEP] * 3
    assert Catalogue.objects.get().edition == 7
    assert patience() > 1000


@pytest.mark.django_db(transaction=True)
def test_its_patience_has_an_end() -> None:
    Catalogue.objects.create(pk=1, edition=0)
    if connection.vendor != "sqlite":
        return
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        before = patience(100)
        with pytest.raises(OperationalError, match="locked"):
            alone()
        assert patience(before) == 100


def patience(new: Any = None) -> int:
    """The milliseconds for which the connection waits; and then others, where they are named."""
    with connection.cursor() as cursor:
        found: int = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        if new is not None:
            cursor.execute(f"PRAGMA busy_timeout = {new}")
    return found
