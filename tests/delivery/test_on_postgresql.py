"""What only PostgreSQL can do, and what only it can suffer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable
from typing import Any, cast

import pytest
from django.db import OperationalError, connection, connections, transaction

from pagecast.counting import ledger
from pagecast.pages import editing, reading
from pagecast.pages.models import Content, Page
from tests.counting.threads import elsewhere
from tests.delivery.desk import BusyDesk, ask
from tests.delivery.test_lanes import counters, many


def cut_all_connections_but_mine() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


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
    cut_all_connections_but_mine()
    first = busy_desk.get(f"{handbook.pk}/")
    assert (first.status, json.loads(first.body)["type"]) == (503, "urn:pagecast:outcome-unknown")
    assert counters(busy_desk.get(f"{handbook.pk}/"))[film.pk] == 3


def test_a_page_that_was_held_is_a_page_like_any_other_again(busy_desk: BusyDesk, handbook: Page) -> None:
    busy_desk.get(f"{handbook.pk}/")
    with transaction.atomic():
        ledger.lock([handbook.pk])
        held = asyncio.run_coroutine_threadsafe(many(busy_desk, *[f"{handbook.pk}/"] * 5), busy_desk._loop)
        time.sleep(0.5)
        careful: Any = cast("Any", busy_desk.pages)._delivery._careful_work
        assert careful.stuck == {handbook.pk}
    assert {answer.status for answer in held.result(60)} == {200}
    busy_desk.get(f"{handbook.pk}/")
    assert careful.stuck == set()


def test_the_list_of_the_site_does_not_wait_for_an_editor_who_holds_one_of_its_pages(
    busy_desk: BusyDesk, handbook: Page
) -> None:
    with transaction.atomic():
        ledger.lock([handbook.pk])
        held = asyncio.run_coroutine_threadsafe(many(busy_desk, f"{handbook.pk}/"), busy_desk._loop)
        time.sleep(0.5)
        begun = time.monotonic()
        assert busy_desk.run(ask(busy_desk.pages, "GET", "/", {})).status == 200
        assert time.monotonic() - begun < 1
        assert not held.done()
    assert {answer.status for answer in held.result(60)} == {200}
    assert busy_desk.to_django == 0


def test_a_content_that_leaves_another_page_while_it_is_rendered_keeps_its_views(
    busy_desk: BusyDesk, handbook: Page, film: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = editing.create_page({"title": "Other"}, [film.pk])
    count = ledger.counters

    def count_and_edit(members: Iterable[int]) -> dict[int, int]:
        found = count(members)
        monkeypatch.setattr(ledger, "counters", count)

        def view_and_take_off() -> None:
            for _ in range(5):
                reading.view([other.pk], list)
            editing.arrange(other, [])

        elsewhere(view_and_take_off)
        return found

    monkeypatch.setattr(ledger, "counters", count_and_edit)
    busy_desk.get(f"{handbook.pk}/")
    answer = counters(busy_desk.get(f"{handbook.pk}/"))
    assert answer[film.pk] == 7 == ledger.counters([film.pk])[film.pk]


def test_a_database_that_is_not_there_has_counted_nothing_for_sure(
    busy_desk: BusyDesk, handbook: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> None:
        message = "connection refused"
        raise OperationalError(message)

    for _ in range(2):
        busy_desk.get(f"{handbook.pk}/")
    cut_all_connections_but_mine()
    monkeypatch.setattr(type(connections["default"]), "connect", refuse)
    # The first one found the connection cut while it used it.
    kinds = [json.loads(busy_desk.get(f"{handbook.pk}/").body)["type"] for _ in range(3)]
    assert kinds == ["urn:pagecast:outcome-unknown", "about:blank", "about:blank"]
