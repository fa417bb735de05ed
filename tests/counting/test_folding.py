"""Folding the history: hours that are long over become days, and no sum changes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from pagecast.counting import folding, history, ledger
from pagecast.counting.hours import hour_of
from pagecast.counting.models import BEFORE_THE_HISTORY, GONE, GroupHour, MemberHour
from pagecast.counting.recorder import record
from tests.counting.groups import at, check_the_history, settle_at, show, sums
from tests.counting.groups import history as rows
from tests.counting.threads import together

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: All days before the 8th are over for two days by then; of the 8th the last hours are not.
NOW = datetime(2026, 3, 10, 15, 30, tzinfo=UTC)
EIGHTH = datetime(2026, 3, 8, tzinfo=UTC)
OVER = [EIGHTH - DAY * days + HOUR * hour for days in (3, 2, 1) for hour in (0, 9, 10, 23)]


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with at(NOW):
        yield


def live_through(*hours: datetime) -> None:
    """Two groups that share a member are viewed in each of these hours."""
    show(1, 11, 12)
    show(2, 12, 13)
    for hour in hours:
        settle_at(hour, 1)
        settle_at(hour, 2, times=2)


def totals() -> tuple[dict[int, int], dict[int, int]]:
    return sums(GroupHour), sums(MemberHour)


def test_it_works() -> None:
    live_through(*OVER)
    before = totals()
    assert folding.fold()
    days = {EIGHTH - DAY * days for days in (3, 2, 1)}
    assert rows(GroupHour) == {(1, day): 4 for day in days} | {(2, day): 8 for day in days}
    assert rows(MemberHour) == {
        (member, day): views for member, views in ((11, 4), (12, 12), (13, 8)) for day in days
    }
    assert totals() == before
    check_the_history()


def test_the_hours_of_days_that_are_not_long_over_stay() -> None:
    live_through(EIGHTH - HOUR, EIGHTH, EIGHTH + 23 * HOUR, EIGHTH + DAY, NOW)
    folding.fold()
    hours = [EIGHTH - DAY, EIGHTH, EIGHTH + 23 * HOUR, EIGHTH + DAY, hour_of(NOW)]
    assert history.views_of_group(1, BEFORE_THE_HISTORY) == dict.fromkeys(hours, 1)
    assert list(GroupHour.objects.filter(is_day=True).values_list("hour", flat=True)) == [hours[0]] * 2


def test_folding_twice_is_folding_once() -> None:
    live_through(*OVER)
    folding.fold()
    before = rows(GroupHour), rows(MemberHour)
    assert folding.fold()
    assert (rows(GroupHour), rows(MemberHour)) == before


def test_views_that_come_late_to_a_day_are_added_to_it() -> None:
    live_through(*OVER)
    folding.fold()
    before = sums(GroupHour)
    settle_at(OVER[1], 1, times=5)
    settle_at(EIGHTH - DAY, 1, times=7)
    folding.fold()
    assert sums(GroupHour) == before | {1: before[1] + 12}
    assert len(rows(GroupHour)) == 6
    check_the_history()


def test_it_may_be_done_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "BATCH", 3)
    live_through(*OVER)
    before, pieces = totals(), 0
    while not folding.fold(1):
        pieces += 1
        assert totals() == before
    # Three days of groups, and as many of members; the last piece has said that it was the last.
    assert pieces == 5
    assert not GroupHour.objects.filter(is_day=False).exists()
    assert not MemberHour.objects.filter(is_day=False).exists()


def test_pieces_get_beyond_what_cannot_be_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "BATCH", 1)
    for member in (7, 8):
        MemberHour.objects.create(member_id=member, hour=OVER[0], views=1)
    live_through(*OVER)
    for _ in range(100):
        if folding.fold(1):
            break
    left = MemberHour.objects.filter(is_day=False).values_list("member_id", flat=True)
    assert set(left) == {7, 8}
    assert folding.fold(1)


def test_what_was_before_the_history_is_left_alone() -> None:
    GroupHour.objects.create(group_id=1, hour=BEFORE_THE_HISTORY, views=3, is_day=True)
    live_through(*OVER)
    folding.fold()
    assert rows(GroupHour)[1, BEFORE_THE_HISTORY] == 3


def test_the_hours_of_the_groups_that_are_gone_are_folded_too() -> None:
    live_through(*OVER, NOW)
    folding.fold()
    settle_at(OVER[2], 2)
    ledger.drop([1, 2])
    # Days of theirs, and an hour of a day, are those of the gone ones now.
    assert history.views_of_all(BEFORE_THE_HISTORY) == {
        EIGHTH - 3 * DAY: 12,
        OVER[2]: 1,
        EIGHTH - 2 * DAY: 12,
        EIGHTH - DAY: 12,
        hour_of(NOW): 3,
    }
    folding.fold()
    assert rows(GroupHour) == {
        (GONE, EIGHTH - 3 * DAY): 13,
        (GONE, EIGHTH - 2 * DAY): 12,
        (GONE, EIGHTH - DAY): 12,
        (GONE, hour_of(NOW)): 3,
    }


def test_groups_go_while_one_is_folded_and_the_other_is_not() -> None:
    live_through(EIGHTH - DAY)
    GroupHour.objects.filter(group_id=1).update(is_day=True)
    ledger.drop([1, 2])
    assert rows(GroupHour) == {(GONE, EIGHTH - DAY): 3}


# --- days ----------------------------------------------------------------------------------------------


def test_a_day_begins_at_midnight_where_the_settings_say(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Moscow"
    live_through(*(datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (20, 21)))
    folding.fold()
    assert history.views_of_group(1, BEFORE_THE_HISTORY) == {
        datetime(2026, 3, 1, 21, tzinfo=UTC): 1,
        datetime(2026, 3, 2, 21, tzinfo=UTC): 1,
    }


@pytest.mark.parametrize(
    ("zone", "around"),
    [
        ("UTC", date(2026, 3, 1)),
        ("Asia/Kathmandu", date(2026, 3, 1)),
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        # Its clocks go from midnight to one, and from midnight back to eleven.
        ("Asia/Beirut", date(2026, 3, 29)),
        ("Asia/Beirut", date(2026, 10, 25)),
        # It has left out a whole day.
        ("Pacific/Apia", date(2011, 12, 30)),
    ],
)
def test_every_moment_is_in_one_day(zone: str, around: date, settings: Any) -> None:
    settings.TIME_ZONE = zone
    moment = datetime.combine(around, time(12), UTC) - 3 * DAY
    end, seen = None, 0
    while seen < 6 * 48:
        begin, its_end = folding.day_of(moment)
        assert begin <= moment < its_end
        if end is not None and moment >= end:
            assert begin == end
        end, seen, moment = its_end, seen + 1, moment + HOUR / 2
        assert folding.day_of(begin) == (begin, its_end)


def test_when_the_time_zone_of_the_settings_changes_no_sum_and_no_day_does(settings: Any) -> None:
    live_through(*OVER)
    folding.fold()
    before = totals()
    settings.TIME_ZONE = "Asia/Tokyo"
    settle_at(OVER[3], 1)
    folding.fold()
    assert totals()[0] == before[0] | {1: before[0][1] + 1}
    # Days stay the days that they were.
    assert rows(GroupHour)[1, EIGHTH - 2 * DAY] == 4
    check_the_history()


# --- at once -------------------------------------------------------------------------------------------

at_once = pytest.mark.django_db(transaction=True)


@at_once
def test_two_who_fold_at_once_fold_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "BATCH", 5)
    for group in range(1, 30):
        show(group, 100 + group)
    for hour in OVER:
        settle_at(hour, *range(1, 30))
    before = totals()
    together(folding.fold, folding.fold, folding.fold)
    folding.fold()
    assert totals() == before
    assert len(rows(GroupHour)) == len(rows(MemberHour)) == 3 * 29
    check_the_history()


@at_once
def test_folding_beside_views_settling_edits_and_groups_that_go_changes_no_sum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(folding, "BATCH", 3)
    groups, chance = range(1, 13), random.Random(7)
    for group in groups:
        show(group, 100 + group, 200 + group % 3)
    for hour in OVER:
        settle_at(hour, *groups)
    before = sum(history.views_of_all(BEFORE_THE_HISTORY).values())
    rounds, going, viewed = range(10), [True], list[int]()

    def read() -> None:
        for _ in range(8 * len(rounds)):
            viewed.append(record(chance.sample(groups, 3), len))
            ledger.settle_all()

    def edit() -> None:
        for number in rounds:
            ledger.recompose({group: [100 + group, 300 + number] for group in (2, 4, 9)})
            ledger.drop([3, 4 + number % 4])
            ledger.forget([103])
            ledger.recompose({3: [103], 4 + number % 4: [111, 112]})
            settle_at(OVER[number], *groups)
        going.clear()

    def fold() -> None:
        while going:
            folding.fold()

    with at(NOW):
        together(read, edit, fold, fold)
    ledger.settle_all()
    folding.fold()
    check_the_history()
    after = before + sum(viewed) + len(rounds) * len(groups)
    assert sum(history.views_of_all(BEFORE_THE_HISTORY).values()) == after
    assert not GroupHour.objects.filter(is_day=False, hour__lt=EIGHTH).exists()
