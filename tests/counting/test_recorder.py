"""The door for views: counted, or not answered."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from pagecast.counting import ledger
from pagecast.counting.models import Count, GroupHour, Member, MemberHour, Tally
from pagecast.counting.recorder import record
from tests.counting.groups import seen, show, tally, view
from tests.counting.threads import elsewhere

pytestmark = pytest.mark.django_db

Tallies = Mapping[int, Tally]


def test_it_works() -> None:
    show(1, 11, 12)
    assert record([1], lambda _tallies: "answer") == "answer"
    assert ledger.counters([11, 12]) == {11: 1, 12: 1}


def test_what_is_shown_has_this_view_in_it() -> None:
    show(1, 11)
    view(1, times=4)
    assert record([1], lambda tallies: (tallies[1].views, ledger.counters([11]))) == (5, {11: 5})


def test_every_group_of_an_answer_gets_one_view() -> None:
    show(1, 11)
    show(2, 11, 12)
    view(1, 2)
    assert ledger.counters([11, 12]) == {11: 2, 12: 1}


def test_a_group_that_is_named_twice_is_viewed_once() -> None:
    show(1, 11)
    view(1, 1)
    assert tally(1).views == 1


def test_a_group_that_the_ledger_does_not_know_is_absent_and_is_not_made() -> None:
    show(1, 11)
    assert record([1, 99], set) == {1}
    assert record([99], set) == set()
    assert list(Tally.objects.values_list("pk", "views")) == [(1, 1)]


def test_nothing_to_count_is_answered_without_the_database(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert record([], set) == set()
    assert not queries.captured_queries


def test_a_group_that_is_not_shown_is_not_counted_and_the_others_are() -> None:
    for group in (1, 2, 3):
        show(group, 11)
    ledger.recompose({2: [11]}, hidden=[2])
    assert record([1, 2, 3], set) == {1, 3}
    assert [tally(group).views for group in (1, 2, 3)] == [1, 0, 1]


def test_a_group_that_is_shown_again_is_counted_again() -> None:
    show(1, 11)
    view(1)
    ledger.recompose({1: [11]}, hidden=[1])
    assert record([1], set) == set()
    show(1, 11)
    view(1)
    assert ledger.counters([11]) == {11: 2}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt], ids=lambda error: str(error.__name__))
def test_an_answer_that_fails_counts_nothing(error: type[BaseException]) -> None:
    show(1, 11)

    def fail(_tallies: Tallies) -> None:
        raise error

    with pytest.raises(error):
        record([1], fail)
    assert tally(1).views == 0


def _queries_of_a_view(*groups: int) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        view(*groups)
    return [query["sql"] for query in queries.captured_queries]


def _rows() -> set[tuple[Any, ...]]:
    tables = (Tally, Member, Count, GroupHour, MemberHour)
    return {(table.__name__, *row) for table in tables for row in table._base_manager.values_list()}


def test_a_view_writes_one_row_whatever_the_number_of_members() -> None:
    show(1, *range(100, 110))
    show(2, *range(1000, 2000))
    few, many = _queries_of_a_view(1), _queries_of_a_view(2)
    assert len(many) == len(few)
    before = _rows()
    view(2)
    ((table, group, *_numbers),) = _rows() - before
    assert (table, group) == ("Tally", 2)
    assert ledger.counters([1000, 1999]) == {1000: 2, 1999: 2}


def test_a_view_of_many_groups_takes_no_more_statements_than_one_of_one() -> None:
    for group in range(1, 51):
        show(group, group + 1000)
    assert len(_queries_of_a_view(*range(1, 51))) == len(_queries_of_a_view(1))


def test_counters_do_not_end_where_32_bits_do() -> None:
    show(1, 11)
    Tally.objects.update(views=2**40)
    view(1)
    ledger.settle(1)
    assert seen() == {11: 2**40 + 1}


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_out_is_a_view_that_everybody_sees() -> None:
    show(1, 11)
    view(1)
    found: list[int] = []
    elsewhere(lambda: found.append(tally(1).views))
    assert found == [1]


@pytest.mark.django_db(transaction=True)
def test_a_view_is_refused_inside_of_a_transaction_which_could_still_take_it_back() -> None:
    show(1, 11)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        view(1)
    assert tally(1).views == 0


@pytest.mark.django_db(transaction=True)
def test_what_a_group_shows_does_not_change_while_it_is_shown() -> None:
    show(1, 11)
    changed = threading.Event()

    def change() -> None:
        show(1, 12)
        changed.set()
        connections.close_all()

    editor = threading.Thread(target=change)

    def answer(_tallies: Tallies) -> set[int]:
        editor.start()
        # Waiting in vain is what shows the lock; a slow machine can only make it look tighter.
        assert not changed.wait(0.3)
        return set(Tally.objects.get(pk=1).members.values_list("member_id", flat=True))

    assert record([1], answer) == {11}
    editor.join(60)
    view(1, times=2)
    assert ledger.counters([11, 12]) == {11: 1, 12: 2}
