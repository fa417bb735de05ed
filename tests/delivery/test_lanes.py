"""The two lanes as in a server process, with threads and real commits, and in bad weather."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connections, transaction

from pagecast.counting import expected, lane, ledger
from pagecast.delivery import careful, delivery
from pagecast.pages import editing
from pagecast.pages.models import Content, Page
from tests.counting.threads import elsewhere
from tests.delivery.desk import URL, Answer, BusyDesk, ask


async def many(desk: BusyDesk, *paths: str) -> list[Answer]:
    """Ask for all of them at once."""
    return await asyncio.gather(*(ask(desk.pages, "GET", URL + path, {}) for path in paths))


def counters(answer: Answer) -> dict[int, int]:
    """What the answer says of each content."""
    return {content["id"]: content["counter"] for content in json.loads(answer.body)["contents"]}


def test_all_who_come_at_once_are_counted(busy_desk: BusyDesk, handbook: Page, film: Content) -> None:
    for _ in range(5):
        answers = busy_desk.run(many(busy_desk, *[f"{handbook.pk}/"] * 100))
        assert {answer.status for answer in answers} == {200}
    assert ledger.counters([film.pk]) == {film.pk: 500}
    assert counters(busy_desk.get(f"{handbook.pk}/"))[film.pk] == 501


def test_the_answer_is_on_disk(busy_desk: BusyDesk, handbook: Page, film: Content) -> None:
    for number in range(1, 4):
        busy_desk.get(f"{handbook.pk}/")
        found: list[dict[int, int]] = []
        elsewhere(lambda found=found: found.append(ledger.counters([film.pk])))  # type: ignore[misc]
        assert found == [{film.pk: number}]


def test_no_reader_is_shown_what_an_editor_has_changed(busy_desk: BusyDesk, handbook: Page) -> None:
    stop = threading.Event()
    acknowledged = [0]
    seen: Counter[str] = Counter()

    def edit() -> None:
        for number in range(1, 40):
            editing.change_page(handbook, {"title": str(number)})
            acknowledged[0] = number
        stop.set()
        connections.close_all()

    editor = threading.Thread(target=edit)
    busy_desk.get(f"{handbook.pk}/")
    editor.start()
    while not stop.is_set():
        before = acknowledged[0]
        for answer in busy_desk.run(many(busy_desk, *[f"{handbook.pk}/"] * 10)):
            title = json.loads(answer.body)["title"]
            seen[title] += 1
            assert int(title if title != "Handbook" else 0) >= before
    editor.join()
    assert sum(seen.values()) == next(iter(ledger.counters(handbook_contents(handbook)).values())) - 1


def handbook_contents(page: Page) -> list[int]:
    return list(page.placements.values_list("content", flat=True))


def test_a_reader_who_hangs_up_harms_nobody(busy_desk: BusyDesk, handbook: Page, film: Content) -> None:
    busy_desk.get(f"{handbook.pk}/")

    async def hang_up() -> None:
        tasks = [
            asyncio.create_task(ask(busy_desk.pages, "GET", f"{URL}{handbook.pk}/", {})) for _ in range(30)
        ]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert {getattr(answer, "status", None) for answer in answers[1::2]} == {200}

    busy_desk.run(hang_up())
    assert 16 <= ledger.counters([film.pk])[film.pk] <= 31


def test_past_the_bound_readers_are_asked_to_come_back(
    handbook: Page, film: Content, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "BOUND", 20)
    with BusyDesk() as desk:
        desk.get(f"{handbook.pk}/")
        with database_held():
            answers = []
            waiting = asyncio.run_coroutine_threadsafe(many(desk, *[f"{handbook.pk}/"] * 100), desk._loop)
            time.sleep(0.3)
        answers = waiting.result(60)
        statuses = Counter(answer.status for answer in answers)
        assert statuses.keys() == {200, 503}
        refused = next(answer for answer in answers if answer.status == 503)
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["retry-after"]
        assert ledger.counters([film.pk]) == {film.pk: 1 + statuses[200]}


@contextmanager
def database_held() -> Iterator[None]:
    """Somebody holds all tallies; on SQLite, the whole database."""
    with transaction.atomic():
        ledger.lock(list(Page.objects.values_list("pk", flat=True)))
        yield


def test_a_database_that_is_held_for_long_is_503_and_then_it_is_over(
    handbook: Page, film: Content, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane, "PATIENCE", 0.3)
    monkeypatch.setattr(careful, "DEADLINE", 0.3)
    with BusyDesk() as desk:
        desk.get(f"{handbook.pk}/")
        with database_held():
            answers = desk.run(many(desk, *[f"{handbook.pk}/"] * 20, *["987654/"] * 5))
        assert {answer.status for answer in answers[:20]} == {503}
        assert json.loads(answers[0].body)["type"] == "about:blank"
        assert {answer.status for answer in answers[20:]} <= {404, 503}
        assert counters(desk.get(f"{handbook.pk}/")) == dict.fromkeys(handbook_contents(handbook), 2)


def test_what_waits_is_answered_when_the_server_stops(
    handbook: Page, film: Content, transactional_db: None
) -> None:
    desk: Any = BusyDesk()
    with desk:
        desk.get(f"{handbook.pk}/")
        asked = asyncio.run_coroutine_threadsafe(many(desk, *[f"{handbook.pk}/"] * 200), desk._loop)
    statuses = Counter(answer.status for answer in asked.result(60))
    # Those who came too late are asked to come back.
    assert statuses.keys() <= {200, 503}
    assert ledger.counters([film.pk]) == {film.pk: 1 + statuses[200]}


def test_whatever_happens_in_the_fast_lane_it_goes_on(
    busy_desk: BusyDesk, handbook: Page, film: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy_desk.get(f"{handbook.pk}/")

    def stumble(*_arguments: object, **_keywords: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(delivery, "count_expected", stumble)
    answer = busy_desk.ask(f"{handbook.pk}/")
    assert (answer.status, busy_desk.to_django) == (200, 1)
    monkeypatch.undo()
    assert counters(busy_desk.get(f"{handbook.pk}/"))[film.pk] == 3


def test_a_database_that_hangs_for_good_does_not_keep_its_readers(
    handbook: Page, film: Content, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = threading.Event()
    count = expected.count_expected

    def hang(*arguments: Any, **keywords: Any) -> Any:
        assert hanging.wait(60)
        return count(*arguments, **keywords)

    with BusyDesk() as desk:
        desk.get(f"{handbook.pk}/")
        monkeypatch.setattr(delivery, "count_expected", hang)
        monkeypatch.setattr(delivery, "LATEST", 0.3)
        in_hand = asyncio.run_coroutine_threadsafe(many(desk, f"{handbook.pk}/"), desk._loop)
        time.sleep(0.2)
        waiting = asyncio.run_coroutine_threadsafe(many(desk, f"{handbook.pk}/"), desk._loop)
        types = [json.loads(asked.result(60)[0].body)["type"] for asked in (in_hand, waiting)]
        assert types == ["urn:pagecast:outcome-unknown", "about:blank"]
        hanging.set()
        # The one in hand came to its end after all; the one that waited was taken out.
        assert counters(desk.get(f"{handbook.pk}/"))[film.pk] == 3
