"""A chore is done by one of many, and again when it is due."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.db.models import F

from pagecast.chores import claiming, pulse
from pagecast.chores.models import Chore

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
    Chore.objects.update(due_at=F("due_at") - HOUR)
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
    Chore.objects.update(due_at=F("due_at") - HOUR)
    with ThreadPoolExecutor(8) as workers:
        assert sum(workers.map(claim, range(40))) == 1


@pytest.mark.django_db
def test_a_pulse_is_written_down_now_and_then() -> None:
    assert pulse.silence() is None
    for _ in range(3):
        pulse.beat()
    assert Chore.objects.get(pk=pulse.NAME).runs == 1
    silence = pulse.silence()
    assert silence is not None
    assert silence < pulse.SILENCE
