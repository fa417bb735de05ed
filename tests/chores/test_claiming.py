"""A chore is done by one of many, and again when it is due."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from pagecast.chores import claiming, pulse
from pagecast.chores.models import Chore
from tests.acceptance.server import wait_for

HOUR = dt.timedelta(hours=1)


def claim(_number: int = 0) -> bool:
    try:
        return claiming.claim("settle", HOUR)
    finally:
        connection.close()


@pytest.mark.django_db
def test_it_works() -> None:
    assert claiming.age("settle") is None
    assert claiming.claim("settle", HOUR)
    assert not claiming.claim("settle", HOUR)
    age = claiming.age("settle")
    assert age is not None
    assert dt.timedelta() <= age < dt.timedelta(minutes=1)


@pytest.mark.django_db
def test_it_is_due_again_when_its_time_has_come() -> None:
    assert claiming.claim("settle", HOUR)
    Chore.objects.update(due_at=F("due_at") - 2 * HOUR)
    assert claiming.claim("settle", HOUR)
    assert Chore.objects.get(pk="settle").runs == 2


@pytest.mark.django_db
def test_one_chore_says_nothing_of_another() -> None:
    assert claiming.claim("settle", HOUR)
    assert claiming.claim("tidy", HOUR)


@pytest.mark.django_db(transaction=True)
def test_of_many_that_want_it_one_gets_it() -> None:
    with ThreadPoolExecutor(8) as workers:
        assert sum(workers.map(claim, range(40))) == 1
    Chore.objects.update(due_at=F("due_at") - 2 * HOUR)
    with ThreadPoolExecutor(8) as workers:
        assert sum(workers.map(claim, range(40))) == 1


@pytest.mark.django_db
def test_a_round_that_is_done_is_not_due_for_a_while() -> None:
    assert claiming.perform("settle", HOUR, lambda: True)
    assert not claiming.perform("settle", HOUR, lambda: True)
    chore = Chore.objects.get(pk="settle")
    assert (chore.runs, chore.holder) == (1, None)
    assert chore.ran_at is not None
    assert dt.timedelta(minutes=59) < chore.due_at - chore.ran_at <= HOUR


@pytest.mark.django_db
def test_what_a_round_left_over_is_due_at_once() -> None:
    assert claiming.perform("fold", HOUR, lambda: False)
    assert claiming.perform("fold", HOUR, lambda: True)
    assert not claiming.perform("fold", HOUR, lambda: True)


@pytest.mark.django_db
def test_while_one_does_it_nobody_else_does() -> None:
    def meanwhile() -> bool:
        assert not claiming.perform("settle", HOUR, lambda: True)
        return True

    assert claiming.perform("settle", HOUR, meanwhile)


@pytest.mark.django_db
def test_a_round_that_failed_is_tried_again_before_long() -> None:
    def fail() -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        claiming.perform("settle", HOUR, fail)
    assert Chore.objects.get(pk="settle").runs == 0
    assert not claiming.perform("settle", HOUR, lambda: True)
    Chore.objects.update(due_at=F("due_at") - 2 * claiming.LEASE)
    assert claiming.perform("settle", HOUR, lambda: True)


@pytest.mark.django_db
def test_whoever_lost_it_meanwhile_has_no_say() -> None:
    def hang() -> bool:
        Chore.objects.update(due_at=F("due_at") - 2 * claiming.LEASE)
        assert claiming.perform("settle", HOUR, lambda: True)
        return False

    assert claiming.perform("settle", HOUR, hang)
    chore = Chore.objects.get(pk="settle")
    assert chore.runs == 1
    assert not claiming.perform("settle", HOUR, lambda: True)


@pytest.mark.django_db(transaction=True)
def test_as_long_as_it_is_done_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claiming, "LEASE", dt.timedelta(seconds=8))

    def take_long() -> bool:
        first = Chore.objects.get(pk="settle").due_at
        wait_for("the lease to be renewed", lambda: Chore.objects.get(pk="settle").due_at > first)
        return True

    assert claiming.perform("settle", HOUR, take_long)


@pytest.mark.django_db
def test_a_clock_that_was_put_back_stops_nothing_for_long() -> None:
    assert claiming.perform("settle", HOUR, lambda: True)
    Chore.objects.update(due_at=F("due_at") + 24 * HOUR)
    assert claiming.perform("settle", HOUR, lambda: True)


@pytest.mark.django_db
def test_who_waited_for_the_row_does_not_take_the_last_one_s_now_for_a_clock_put_back() -> None:
    assert claiming.perform("settle", HOUR, lambda: True)
    # Meant by somebody whose statement began when ours was waiting already.
    Chore.objects.update(due_at=F("due_at") + dt.timedelta(seconds=10))
    assert not claiming.perform("settle", HOUR, lambda: True)
    assert not claiming.claim("settle", HOUR)


@pytest.mark.django_db
def test_what_is_not_due_is_asked_for_without_writing() -> None:
    assert claiming.perform("settle", HOUR, lambda: True)
    with CaptureQueriesContext(connection) as queries:
        assert not claiming.perform("settle", HOUR, lambda: True)
    (query,) = queries.captured_queries
    assert query["sql"].startswith("SELECT")


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_busy_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY", dt.timedelta(seconds=0.2))
    with pulse.beating():
        wait_for("a pulse", lambda: pulse.silence() is not None)


@pytest.mark.django_db
def test_a_pulse_is_written_down_now_and_then() -> None:
    assert pulse.silence() is None
    for _ in range(3):
        pulse.beat()
    assert Chore.objects.get(pk=pulse.NAME).runs == 1
    silence = pulse.silence()
    assert silence is not None
    assert silence < pulse.SILENCE
