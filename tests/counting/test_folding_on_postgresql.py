"""Folding beside others who hold single rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import transaction

from pagecast.counting import folding, history, ledger
from pagecast.counting.models import BEFORE_THE_HISTORY, Count, GroupHour, MemberHour
from tests.counting.groups import at, check_the_history, settle_at, show, view
from tests.counting.threads import elsewhere
from tests.flows.test_counting_interleaved import Scene

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
NOW = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
OVER = [datetime(2026, 3, 7, hour, tzinfo=UTC) for hour in (0, 9, 23)]


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with at(NOW):
        yield


def live_through(*hours: datetime) -> None:
    """Two groups that share a member are viewed in each of these hours, and now."""
    ledger.recompose({1: [11, 12], 2: [12, 13]})
    for hour in hours:
        settle_at(hour, 1, 2)
    view(1, 2)


def total() -> int:
    """All views that there have ever been."""
    return sum(history.views_of_all(BEFORE_THE_HISTORY).values())


def go() -> None:
    """A group goes, and its members with it."""
    ledger.recompose({}, gone=[1])
    ledger.forget([11])


DEEDS: dict[str, Callable[[], object]] = {
    "view": lambda: view(1, 2),
    "settle": ledger.settle_all,
    "edit": lambda: show(1, 12, 13),
    "go": go,
    "fold": folding.fold,
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("order", ["folding first", "folding second"])
def test_folding_and_another_begin_at_each_others_every_statement(deed: str, order: str) -> None:
    pair = [folding.fold, DEEDS[deed]]
    first, second = pair if order == "folding first" else pair[::-1]
    with closing(Scene()) as scene:
        for moment in count():
            live_through(*OVER)
            before = total()
            outcomes = scene.play(moment, first, second, lambda sql: "pg_locks" not in sql)
            for outcome in outcomes:
                assert not isinstance(outcome, Exception), repr(outcome)
            has_viewed = deed == "view" and (outcomes or order == "folding second")
            assert total() == before + (2 if has_viewed else 0)
            check_the_history()
            folding.fold()
            check_the_history()
            assert not GroupHour.objects.filter(is_day=False, hour__lte=OVER[-1]).exists()
            if not outcomes:
                break
    # The statements of a view and of settling pass through Django's own hands only in part.
    assert moment > (0 if first is DEEDS["view"] else 3)


def test_a_member_that_somebody_holds_is_left_for_the_next_time() -> None:
    live_through(*OVER)
    with transaction.atomic():
        list(Count.objects.select_for_update().filter(pk=12))
        elsewhere(folding.fold)
        hours = MemberHour.objects.filter(is_day=False, hour__lte=OVER[-1])
        assert set(hours.values_list("member_id", flat=True)) == {12}
    folding.fold()
    assert not hours.all().exists()
    check_the_history()


def test_neither_readers_nor_settling_wait_for_folding() -> None:
    live_through(*OVER)
    waited: list[str] = []

    def view_and_settle() -> None:
        view(1)
        ledger.settle_all()
        waited.append("no")

    with transaction.atomic():
        folding.fold(1)
        elsewhere(view_and_settle)
    assert waited == ["no"]
    check_the_history()
