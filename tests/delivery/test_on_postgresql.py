"""What only PostgreSQL can do, and what only it can suffer."""

from __future__ import annotations

import asyncio
import json

from django.db import connection, transaction

from pagecast.counting import ledger
from pagecast.pages import editing
from pagecast.pages.models import Content, Page
from tests.delivery.desk import BusyDesk
from tests.delivery.test_lanes import counters, many


def test_an_editor_with_an_open_transaction_stalls_nobody_elses_readers(
    busy_desk: BusyDesk, handbook: Page, film: Content, sound: Content
) -> None:
    hot, cold = editing.create_page({"title": "Hot"}, [sound.pk]), editing.create_page({"title": "Cold"})
    busy_desk.get(f"{handbook.pk}/")
    busy_desk.get(f"{hot.pk}/")
    with transaction.atomic():
        ledger.lock([handbook.pk])
        held = asyncio.run_coroutine_threadsafe(
            many(busy_desk, *[f"{handbook.pk}/"] * 5, "?page_size=50"), busy_desk._loop
        )
        for _ in range(20):
            answers = busy_desk.run(many(busy_desk, f"{hot.pk}/", f"{cold.pk}/", "987654/"))
            assert [answer.status for answer in answers] == [200, 200, 404]
        assert not held.done()
    assert {answer.status for answer in held.result(60)} == {200}
    assert ledger.counters([film.pk]) == {film.pk: 7}


def test_a_connection_that_is_cut_is_503_once_and_then_a_new_one(
    busy_desk: BusyDesk, handbook: Page, film: Content
) -> None:
    for _ in range(2):
        busy_desk.get(f"{handbook.pk}/")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    first = busy_desk.get(f"{handbook.pk}/")
    assert (first.status, json.loads(first.body)["type"]) == (503, "urn:pagecast:outcome-unknown")
    assert counters(busy_desk.get(f"{handbook.pk}/"))[film.pk] == 3
