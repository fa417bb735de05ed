"""Views that are counted only if everything is as they expect."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pagecast.counting import ledger
from pagecast.counting.expected import Counted, count_expected
from pagecast.counting.increments import Expected
from tests.counting.groups import editions, show, tally

pytestmark = pytest.mark.django_db


@dataclass(eq=False)
class Wish:
    """A view with what it expects."""

    expected: list[Expected]
    catalogue: int | None = None
    shared: list[int] = field(default_factory=list)
    counts: bool = True

    @property
    def only(self) -> Expected | None:
        """What it expects, if it is one thing."""
        single = len(self.expected) == 1 and self.catalogue is None and not self.shared
        return self.expected[0] if single else None


def wish(*groups: int, listing: bool = False, shared: list[int] | None = None) -> Wish:
    """Somebody who has seen the groups as they are now."""
    found = editions()
    catalogue = ledger.catalogue() if listing else None
    return Wish([(group, found[group]) for group in groups], catalogue, shared or [])


@pytest.fixture(autouse=True)
def groups() -> None:
    for group in (1, 2, 3):
        show(group, group + 10)


def numbers() -> list[int]:
    return [tally(group).views for group in (1, 2, 3)]


def test_it_works() -> None:
    first, second = wish(1), wish(2)
    counted = count_expected([first, second, first])
    assert counted == Counted({first.expected[0]: 2, second.expected[0]: 1}, left_out=frozenset())
    assert numbers() == [2, 1, 0]


def test_who_expects_another_edition_is_left_out_and_the_others_are_counted() -> None:
    late, fine = wish(1), wish(2)
    show(1, 12)
    counted = count_expected([late, fine])
    assert set(counted.left_out) == {late}
    assert numbers() == [0, 1, 0]


def test_who_expects_what_is_hidden_or_gone_is_left_out() -> None:
    hidden, gone = wish(1), wish(2)
    ledger.recompose({1: [11]}, hidden=[1])
    ledger.drop([2])
    hidden.expected = wish(1).expected
    assert set(count_expected([hidden, gone]).left_out) == {hidden, gone}
    assert tally(1).views == 0


def test_a_list_is_counted_whole_or_not_at_all() -> None:
    late, fine, single = wish(1, 2, listing=True), wish(2, 3, listing=True), wish(2)
    show(1, 12)
    counted = count_expected([late, fine, single, late])
    assert set(counted.left_out) == {late}
    assert numbers() == [0, 2, 1]


def test_a_list_is_not_counted_when_a_group_has_come_meanwhile() -> None:
    late, single = wish(1, 2, listing=True), wish(1)
    show(4, 14)
    counted = count_expected([late, single])
    assert set(counted.left_out) == {late}
    assert numbers() == [1, 0, 0]


@pytest.mark.parametrize("change", ["come", "go", "hide", "show"])
def test_the_catalogue_has_a_new_edition_when_a_group_comes_or_goes(change: str) -> None:
    ledger.recompose({3: [13]}, hidden=[3])
    before = ledger.catalogue()
    if change == "come":
        show(4)
    elif change == "go":
        ledger.drop([1])
    elif change == "hide":
        ledger.recompose({1: [11]}, hidden=[1])
    else:
        show(3, 13)
    assert ledger.catalogue() > before


def test_the_catalogue_keeps_its_edition_when_only_members_change() -> None:
    before = ledger.catalogue()
    show(1, 12, 13)
    ledger.settle_all()
    ledger.drop([99])
    assert ledger.catalogue() == before


def test_the_counters_of_shared_members_have_the_views_of_all_groups() -> None:
    show(2, 12, 11)
    count_expected([wish(1), wish(1)])
    counted = count_expected([wish(2, shared=[11])])
    assert counted.counters == {11: 3}


def test_views_of_single_groups_take_one_statement_however_many() -> None:
    wishes = [wish(group) for group in (1, 2, 3)] * 20
    with CaptureQueriesContext(connection) as queries:
        count_expected(wishes)
    # On PostgreSQL it is prepared, past what Django sees.
    assert len(queries.captured_queries) == (1 if connection.vendor == "sqlite" else 0)
    assert numbers() == [20, 20, 20]


def test_the_homes_of_a_member_are_told_until_it_has_three() -> None:
    show(2, 12, 13)
    assert ledger.homes_of_few([11]) == {1}
    assert ledger.homes_of_few([13, 99]) == {2, 3}
    show(1, 11, 13)
    assert ledger.homes_of_few([13]) == set()
    show(1, 11)
    assert ledger.shared_members([1, 2]) == {13}
    assert ledger.shared_members([1]) == set()
