"""Whatever is broken off at any statement has changed nothing, and does its work when it is run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from pagecast.counting import folding, ledger
from tests.counting.groups import check_the_history, editions, members, seen, settle_at, show, tally, view

pytestmark = pytest.mark.django_db

LONG_AGO = datetime(2026, 3, 1, 9, tzinfo=UTC)


class Cut(Exception):  # noqa: N818 - an axe, not an error
    """The process is gone."""


@contextmanager
def broken_off(statement: int) -> Iterator[None]:
    """Let this statement, counted from 0, fail, as if the process had been killed there."""
    sent = -1

    def count(execute: Any, sql: str, parameters: Any, many: Any, context: Any) -> Any:
        nonlocal sent
        # In the test's own transaction those under test are savepoints; their ends are no statements.
        sent += "SAVEPOINT" not in sql
        if sent == statement:
            sent += 1
            raise Cut
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(count):
        yield


DEEDS: dict[str, Callable[[], object]] = {
    "settle": lambda: ledger.settle(1),
    "settle all": ledger.settle_all,
    "recompose": lambda: ledger.recompose({1: [12, 14], 2: [11]}),
    "drop": lambda: ledger.drop([1, 2]),
    "fold": folding.fold,
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_a_deed_that_is_broken_off_costs_no_view(deed: Callable[[], object]) -> None:
    show(1, 11, 12)
    show(2, 12, 13)
    settle_at(LONG_AGO, 1)
    settle_at(LONG_AGO + timedelta(hours=1), 1)
    view(1)
    view(2, times=4)
    expected, composed = {11: 3, 12: 7, 13: 4}, (members(), editions())
    for statement in range(1000):
        try:
            with broken_off(statement):
                deed()
            break
        except Cut:
            assert ledger.counters(expected) == expected
            assert (members(), editions()) == composed
            check_the_history()
    assert statement > 3
    ledger.settle_all()
    assert {member: seen()[member] for member in expected} == expected
    check_the_history()


def test_a_view_that_is_broken_off_is_not_counted() -> None:
    show(1, 11)
    for statement in range(1000):
        try:
            with broken_off(statement):
                view(1)
            break
        except Cut:
            assert tally(1).views == 0
    # On PostgreSQL the statement that counts is prepared, past those that can be broken off here.
    assert statement > (1 if connection.vendor == "sqlite" else 0)
    assert tally(1).views == 1
