"""The history: views by the hour, whose sums are what is settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pagecast.counting import history, ledger
from pagecast.counting.hours import hour_of
from pagecast.counting.models import BEFORE_THE_HISTORY, GONE, GroupHour, MemberHour, Tally
from tests.counting.groups import at, check_the_history, settle_at, show, sums, view
from tests.counting.groups import history as rows

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
NINE = datetime(2026, 3, 1, 9, tzinfo=UTC)
TEN, ELEVEN = NINE + HOUR, NINE + 2 * HOUR


def test_it_works() -> None:
    show(1, 11, 12)
    settle_at(NINE, 1, times=3)
    settle_at(TEN, 1)
    assert history.views_of_group(1, NINE) == {NINE: 3, TEN: 1}
    assert history.views_of_member(11, NINE) == {NINE: 3, TEN: 1}
    assert history.views_of_all(NINE) == {NINE: 3, TEN: 1}
    check_the_history()


# --- what is written -----------------------------------------------------------------------------------


def test_views_belong_to_the_hour_in_which_they_are_settled() -> None:
    show(1, 11)
    settle_at(NINE, 1)
    settle_at(TEN - timedelta(microseconds=1), 1)
    settle_at(TEN, 1)
    assert rows(GroupHour) == {(1, NINE): 2, (1, TEN): 1}
    assert rows(MemberHour) == {(11, NINE): 2, (11, TEN): 1}


def test_a_member_of_several_groups_has_the_views_of_all() -> None:
    show(1, 11, 12)
    show(2, 12, 13)
    settle_at(NINE, 1, times=2)
    settle_at(NINE, 2, times=3)
    assert rows(MemberHour) == {(11, NINE): 2, (12, NINE): 5, (13, NINE): 3}


def test_closing_the_books_is_settling() -> None:
    show(1, 11)
    show(2, 11, 12)
    view(1, 2, times=2)
    with at(NINE):
        ledger.recompose({1: [12], 2: [11]})
    assert rows(GroupHour) == {(1, NINE): 2, (2, NINE): 2}
    assert rows(MemberHour) == {(11, NINE): 4, (12, NINE): 2}
    check_the_history()


def test_nothing_to_settle_leaves_no_row() -> None:
    show(1, 11)
    ledger.settle(1)
    show(1, 12)
    assert not GroupHour.objects.exists()
    assert not MemberHour.objects.exists()


def test_a_group_that_shows_nothing_has_a_history_too() -> None:
    show(1)
    settle_at(NINE, 1)
    assert rows(GroupHour) == {(1, NINE): 1}
    check_the_history()


def test_settling_takes_no_more_statements_for_a_thousand_members_than_for_one() -> None:
    def statements(group: int) -> int:
        view(group)
        with CaptureQueriesContext(connection) as queries:
            ledger.settle(group)
        return len(queries)

    show(1, 11)
    show(2, *range(1000, 2000))
    assert statements(1) == statements(2)
    check_the_history()


def test_views_do_not_end_where_32_bits_do() -> None:
    show(1, 11)
    Tally.objects.update(views=2**40)
    settle_at(NINE, 1)
    settle_at(NINE, 1)
    assert history.views_of_all(NINE) == history.views_of_member(11, NINE) == {NINE: 2**40 + 2}


# --- those that are gone -------------------------------------------------------------------------------


def test_the_views_of_all_do_not_shrink_when_groups_go() -> None:
    for group in (1, 2, 3):
        show(group, 10 + group)
    settle_at(NINE, 1, 2, times=2)
    settle_at(TEN, 2, 3)
    before = history.views_of_all(NINE)
    ledger.drop([1])
    ledger.drop([2])
    assert history.views_of_all(NINE) == before == {NINE: 4, TEN: 2}
    assert rows(GroupHour) == {(GONE, NINE): 4, (GONE, TEN): 1, (3, TEN): 1}
    check_the_history()


@pytest.mark.parametrize("members", [[11], []], ids=["a member", "nothing"])
def test_the_unsettled_views_of_a_group_that_goes_are_kept(members: list[int]) -> None:
    show(1, *members)
    view(1, times=2)
    with at(NINE):
        ledger.drop([1])
    assert rows(GroupHour) == {(GONE, NINE): 2}
    check_the_history()


def test_a_group_that_comes_back_has_no_history() -> None:
    show(1, 11)
    settle_at(NINE, 1)
    ledger.drop([1])
    show(1, 11)
    settle_at(TEN, 1)
    assert history.views_of_group(1, NINE) == {TEN: 1}
    check_the_history()


def test_a_member_that_is_forgotten_takes_its_history_along_and_comes_back_without() -> None:
    show(1, 11, 12)
    settle_at(NINE, 1)
    show(1, 12)
    ledger.forget([11])
    assert rows(MemberHour) == {(12, NINE): 1}
    show(1, 11, 12)
    assert history.views_of_member(11, NINE) == {}
    check_the_history()


# --- reading -------------------------------------------------------------------------------------------


def test_what_is_not_settled_belongs_to_the_present_hour() -> None:
    show(1, 11)
    show(2, 11)
    settle_at(NINE, 1, 2)
    view(1, 2, times=2)
    view(1)
    with at(TEN + HOUR / 2):
        assert history.views_of_all(NINE) == {NINE: 2, TEN: 5}
        assert history.views_of_group(1, NINE) == {NINE: 1, TEN: 3}
        assert history.views_of_member(11, NINE) == {NINE: 2, TEN: 5}
        assert history.views_since([1, 2], NINE) == {1: 4, 2: 3}


def test_views_of_an_hour_that_were_settled_and_those_that_were_not_are_one_number() -> None:
    show(1, 11)
    settle_at(NINE, 1)
    view(1)
    with at(NINE):
        for read in (history.views_of_all, _of_group_1, _of_member_11):
            assert read(NINE) == {NINE: 2}


def _of_group_1(since: datetime) -> dict[datetime, int]:
    return history.views_of_group(1, since)


def _of_member_11(since: datetime) -> dict[datetime, int]:
    return history.views_of_member(11, since)


@pytest.mark.parametrize("read", [history.views_of_all, _of_group_1, _of_member_11])
def test_only_what_has_begun_since_is_told(read: Callable[[datetime], dict[datetime, int]]) -> None:
    show(1, 11)
    for hour in (NINE, TEN, ELEVEN):
        settle_at(hour, 1)
    view(1)
    with at(ELEVEN):
        assert read(NINE) == {NINE: 1, TEN: 1, ELEVEN: 2}
        assert read(TEN) == {TEN: 1, ELEVEN: 2}
        assert read(TEN + timedelta(seconds=1)) == {ELEVEN: 2}
        assert read(ELEVEN + HOUR) == {}


def test_the_hours_are_aware_and_in_their_order() -> None:
    show(1, 11)
    for hour in (TEN, NINE, ELEVEN):
        settle_at(hour, 1)
    for read in (history.views_of_all, _of_group_1, _of_member_11):
        assert [hour.isoformat()[11:] for hour in read(NINE)] == [
            "09:00:00+00:00",
            "10:00:00+00:00",
            "11:00:00+00:00",
        ]


def test_strangers_have_no_views() -> None:
    assert history.views_of_all(NINE) == {}
    assert history.views_of_group(99, NINE) == history.views_of_member(99, NINE) == {}
    assert history.views_since([99], NINE) == {99: 0}
    assert history.views_since([], NINE) == {}


def test_a_list_asks_once_for_all_its_groups() -> None:
    for group in range(1, 51):
        show(group, 100 + group)
    settle_at(NINE, *range(1, 51))
    settle_at(TEN, 7, times=2)
    with CaptureQueriesContext(connection) as queries:
        found = history.views_since(range(1, 52), TEN)
    assert found == {group: 2 if group == 7 else 0 for group in range(1, 52)}
    assert len(queries) == 1


def test_lists_may_be_longer_than_a_statement_takes_parameters() -> None:
    show(40_000, 11)
    settle_at(NINE, 40_000)
    assert Counter(history.views_since(range(1, 40_001), NINE)) == {40_000: 1} | dict.fromkeys(
        range(1, 40_000), 0
    )


def test_the_best_come_first_and_only_living_groups_are_among_them() -> None:
    for group, times in ((1, 2), (2, 5), (3, 3), (4, 3), (5, 9)):
        show(group, 10 + group, 20)
        settle_at(TEN, group, times=times)
    settle_at(NINE, 1, times=50)
    ledger.drop([5])
    assert history.most_viewed_groups(TEN, 3) == [(2, 5), (3, 3), (4, 3)]
    assert history.most_viewed_groups(NINE, 1) == [(1, 52)]
    assert history.most_viewed_groups(ELEVEN, 3) == []
    assert history.most_seen_members(TEN, 3) == [(20, 22), (15, 9), (12, 5)]


# --- before the history, and elsewhere -----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_what_was_settled_before_the_history_began_stands_under_a_moment_of_its_own() -> None:
    show(1, 11, 12)
    show(2, 12)
    show(3, 13)
    settle_at(NINE, 1, 2, times=2)
    view(3)
    call_command("migrate", "counting", "0002", verbosity=0)
    call_command("migrate", verbosity=0)
    assert rows(GroupHour) == {(group, BEFORE_THE_HISTORY): 2 for group in (1, 2)}
    assert rows(MemberHour) == {(11, BEFORE_THE_HISTORY): 2, (12, BEFORE_THE_HISTORY): 4}
    check_the_history()
    assert history.views_of_group(1, NINE) == {}
    settle_at(TEN, 1)
    check_the_history()


def test_the_history_can_be_dumped_and_loaded(tmp_path: Path) -> None:
    show(1, 11, 12)
    settle_at(NINE, 1, times=2)
    settle_at(TEN, 1)
    before, dump = (rows(GroupHour), rows(MemberHour)), tmp_path / "dump.json"
    call_command("dumpdata", "counting", output=str(dump), verbosity=0)
    ledger.drop([1])
    ledger.forget([11, 12])
    GroupHour.objects.all().delete()
    call_command("loaddata", dump, verbosity=0)
    assert (rows(GroupHour), rows(MemberHour)) == before
    settle_at(TEN, 1)
    assert sums(GroupHour) == {1: 4}
    check_the_history()


def test_an_hour_begins_on_the_hour_in_utc() -> None:
    moment = datetime.fromisoformat("2026-03-01T09:59:59.999999+05:30")
    assert hour_of(moment) == datetime(2026, 3, 1, 4, tzinfo=UTC)
