"""Folding is done by whoever works in the background, with a broker or without."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from pagecast.cli import worker
from pagecast.cli.stopping import Stop
from pagecast.conf import tasks
from pagecast.conf.celery import app
from pagecast.counting import folding
from pagecast.counting.models import GroupHour
from tests.counting.groups import check_the_history, settle_at, show

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pieces of work: hours that are due."""
    monkeypatch.setattr(folding, "BATCH", 1)
    monkeypatch.setattr(folding, "PIECE", 1)
    show(1, 11)
    for days in (5, 6):
        settle_at(timezone.now() - timedelta(days=days), 1)


@pytest.fixture
def signals() -> Iterator[None]:
    """A worker takes signals for itself."""
    before = [(number, signal.getsignal(number)) for number in (signal.SIGTERM, signal.SIGINT)]
    yield
    for number, handler in before:
        signal.signal(number, handler)


def all_is_folded() -> bool:
    check_the_history()
    return not GroupHour.objects.filter(is_day=False).exists()


class Soon(Stop):
    """It lets the worker look for work a few times."""

    looks = 10

    def wait(self, seconds: float) -> bool:
        self.looks -= 1
        return self.looks < 0


def test_the_worker_beside_a_server_folds_piece_by_piece(
    monkeypatch: pytest.MonkeyPatch, signals: None
) -> None:
    monkeypatch.setattr(worker, "Stop", Soon)
    # It would close the connection that the test's transaction is on.
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    worker.run()
    assert all_is_folded()


def test_a_worker_of_a_broker_folds_piece_by_piece() -> None:
    app.conf.update(task_always_eager=True)
    try:
        tasks.fold.delay()
    finally:
        app.conf.update(task_always_eager=False)
    assert all_is_folded()


def test_what_is_done_by_the_clock_is_there() -> None:
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= app.tasks.keys()
