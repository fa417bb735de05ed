"""The books: what the groups show, and views folded into counts."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from pagecast.counting import ledger
from pagecast.counting.models import Count, Member, Tally
from tests.counting.groups import members, seen, show, tally, view

pytestmark = pytest.mark.django_db


def test_it_works() -> None:
    show(1, 11, 12)
    view(1, times=3)
    ledger.settle(1)
    assert seen() == {11: 3, 12: 3}


# --- lock ----------------------------------------------------------------------------------------------


def test_locking_gives_the_tallies_that_are_there() -> None:
    show(1, 11)
    show(2)
    view(2)
    with transaction.atomic():
        held = ledger.lock([2, 99, 1, 2])
    assert {group: row.views for group, row in held.items()} == {1: 0, 2: 1}


def test_locks_are_taken_in_the_order_of_the_ids() -> None:
    for group in (3, 1, 2):
        show(group)
    with transaction.atomic():
        assert list(ledger.lock([3, 1, 2])) == [1, 2, 3]


# --- recompose -----------------------------------------------------------------------------------------


def test_a_new_group_starts_at_nothing() -> None:
    show(1, 11)
    assert (tally(1).views, tally(1).settled) == (0, 0)
    assert seen() == {11: 0}


def test_a_view_goes_to_the_members_that_it_showed() -> None:
    show(1, 11, 12)
    view(1, times=2)
    show(1, 12, 13)
    view(1)
    assert ledger.counters([11, 12, 13]) == {11: 2, 12: 3, 13: 1}
    assert members() == {1: {12, 13}}


def test_recomposing_closes_the_books_of_a_group_whose_members_change() -> None:
    show(1, 11)
    view(1, times=2)
    show(1)
    assert tally(1).unsettled == 0
    assert seen() == {11: 2}


def test_a_group_that_keeps_its_members_only_gets_a_new_edition() -> None:
    show(1, 11, 12)
    view(1)
    before = tally(1)
    show(1, 12, 11, 12)
    assert tally(1).edition > before.edition
    assert (tally(1).unsettled, seen()) == (1, {11: 0, 12: 0})


def test_members_that_several_groups_share_get_the_views_of_all() -> None:
    show(1, 11, 12)
    show(2, 12, 13)
    view(1, times=2)
    view(2, times=3)
    ledger.recompose({1: [13], 2: [11]})
    assert seen() == {11: 2, 12: 5, 13: 3}
    assert members() == {1: {13}, 2: {11}}


def test_only_the_groups_that_are_named_get_a_new_edition() -> None:
    show(1, 11)
    show(2, 11)
    before = tally(2).edition
    show(1, 12)
    assert tally(2).edition == before


def test_an_edition_never_comes_again_even_when_its_group_is_made_anew() -> None:
    show(1, 11)
    for _ in range(20):
        show(1)
    last = tally(1).edition
    ledger.drop([1])
    show(1, 11)
    assert tally(1).edition > last


def test_a_member_that_comes_back_keeps_its_count() -> None:
    show(1, 11)
    view(1)
    show(1)
    view(1)
    show(1, 11)
    view(1)
    assert ledger.counters([11]) == {11: 2}


# --- drop, enroll, forget ------------------------------------------------------------------------------


def test_the_views_of_a_group_that_is_gone_stay_with_its_members() -> None:
    show(1, 11, 12)
    show(2, 12)
    view(1, 2, times=2)
    ledger.drop([1, 99])
    assert ledger.counters([11, 12]) == {11: 2, 12: 4}
    assert members() == {2: {12}}


def test_a_group_that_is_gone_is_not_counted() -> None:
    show(1, 11)
    ledger.drop([1])
    view(1)
    assert ledger.counters([11]) == {11: 0}


def test_enrolling_starts_at_0_and_leaves_those_who_have_a_count_alone() -> None:
    show(1, 11)
    view(1)
    ledger.settle(1)
    ledger.enroll([11, 12, 12])
    assert seen() == {11: 1, 12: 0}


def test_those_who_are_forgotten_have_no_count_any_more() -> None:
    ledger.enroll([11, 12])
    ledger.forget([12, 99])
    assert seen() == {11: 0}


# --- settle --------------------------------------------------------------------------------------------


def test_settling_changes_no_counter() -> None:
    show(1, 11, 12)
    show(2, 12)
    view(1, times=2)
    view(2)
    before = ledger.counters([11, 12])
    ledger.settle(1)
    assert ledger.counters([11, 12]) == before == {11: 2, 12: 3}


def test_settling_twice_is_settling_once() -> None:
    show(1, 11)
    view(1)
    ledger.settle(1)
    ledger.settle(1)
    assert seen() == {11: 1}


def test_settling_a_group_that_is_not_there_does_nothing() -> None:
    ledger.settle(99)
    assert not Tally.objects.exists()
    assert not Count.objects.exists()


def test_settling_all_settles_those_that_wait_and_says_how_many() -> None:
    for group in (1, 2, 3):
        show(group, 11, group + 20)
    view(1, 3)
    assert ledger.settle_all() == 2
    assert seen() == {11: 2, 21: 1, 22: 0, 23: 1}
    assert ledger.settle_all() == 0


def test_no_tally_can_settle_more_than_was_viewed() -> None:
    show(1, 11)
    with pytest.raises(IntegrityError, match="tally_settled_at_most_views"), transaction.atomic():
        Tally.objects.update(settled=1)


def test_no_member_stands_in_a_group_twice() -> None:
    show(1, 11)
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.create(tally_id=1, member_id=11)


# --- counters ------------------------------------------------------------------------------------------


def test_a_stranger_has_the_counter_0() -> None:
    show(1, 11)
    view(1)
    assert ledger.counters([99, 11]) == {99: 0, 11: 1}
    assert ledger.counters([]) == {}


def test_a_counter_is_what_is_settled_and_what_is_not_over_all_groups() -> None:
    show(1, 11)
    show(2, 11)
    view(1, 2, times=2)
    ledger.settle(1)
    view(1)
    assert seen() == {11: 2}
    assert ledger.counters([11]) == {11: 5}


def test_a_query_can_carry_the_counter_along() -> None:
    show(1, 11, 12)
    show(2, 12)
    view(1, 2)
    rows = Count.objects.annotate(live=ledger.counter("pk")).order_by("-live")
    assert list(rows.values_list("pk", "live")) == [(12, 2), (11, 1)]


def test_lists_may_be_longer_than_a_statement_takes_parameters() -> None:
    many = range(1, 40_001)
    show(1, *many[:12_000])
    view(1)
    ledger.settle(1)
    assert sum(ledger.counters(many).values()) == 12_000
    ledger.forget(many)
    assert seen() == {}
