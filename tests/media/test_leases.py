"""The row is the job: who holds its lease files it, and a lease that runs out is free again."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from pagecast.media import leases, storing
from pagecast.media.errors import GaveUp
from pagecast.media.models import Upload
from tests.acceptance.server import wait_for

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

Send = Callable[..., Upload]
State = Upload.State


@pytest.fixture
def upload(send: Send) -> Upload:
    """One that waits."""
    return send()


@pytest.fixture
def short_leases(monkeypatch: pytest.MonkeyPatch) -> dt.timedelta:
    """Leases that a test can wait for."""
    monkeypatch.setattr(leases, "LEASE", dt.timedelta(seconds=0.9))
    return leases.LEASE


@pytest.fixture
def killed(upload: Upload) -> Upload:
    """One whose worker was killed a moment ago, so that its lease is not over."""
    Upload.objects.filter(pk=upload.pk).update(
        state=State.PROCESSING, lease_until=timezone.now() + leases.LEASE, attempts=1
    )
    return upload


def run_out(upload: Upload) -> None:
    """Time passes, and nobody renewed."""
    Upload.objects.filter(pk=upload.pk).update(lease_until=timezone.now() - dt.timedelta(seconds=1))


def row(upload: Upload) -> Upload:
    return Upload.objects.get(pk=upload.pk)


def test_it_works(upload: Upload) -> None:
    with leases.lease(upload.pk) as held:
        assert held == upload
        assert row(upload).state == State.PROCESSING
        assert row(upload).attempts == 1


def test_while_it_is_held_nobody_else_gets_it(upload: Upload) -> None:
    with leases.lease(upload.pk), leases.lease(upload.pk) as second:
        assert second is None
        assert not leases.due().exists()


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED])
def test_what_is_decided_is_not_taken_again(state: str, upload: Upload) -> None:
    Upload.objects.update(state=state)
    with leases.lease(upload.pk) as held:
        assert held is None


def test_an_upload_that_does_not_exist_is_not_taken() -> None:
    with leases.lease(UUID(int=0)) as held:
        assert held is None


@at_once
def test_of_many_workers_at_once_one_wins(upload: Upload) -> None:
    together, all_tried = Barrier(8, timeout=30), Barrier(8, timeout=30)

    def work(_number: int) -> bool:
        try:
            together.wait()
            with leases.lease(upload.pk) as held:
                all_tried.wait()
                return held is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1
    assert row(upload).attempts == 1


@at_once
def test_of_many_workers_at_a_lease_that_ran_out_one_wins(killed: Upload) -> None:
    run_out(killed)
    all_looked = Barrier(6, timeout=30)

    def take(_number: int) -> bool:
        try:
            # All of them have seen the same row before one of them writes.
            seen = leases.due().get(pk=killed.pk)
            all_looked.wait()
            return leases._take(seen)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(take, range(6))) == 1
    assert row(killed).attempts == 2


@at_once
def test_a_lease_is_renewed_while_it_is_held(upload: Upload, short_leases: dt.timedelta) -> None:
    with leases.lease(upload.pk):
        first = row(upload).lease_until
        assert first is not None
        wait_for("a renewal", lambda: (row(upload).lease_until or first) > first)
        time.sleep(1.5 * short_leases.total_seconds())
        assert not leases.due().exists()


@at_once
def test_nobody_renews_what_is_not_held_any_more(upload: Upload, short_leases: dt.timedelta) -> None:
    with leases.lease(upload.pk):
        pass
    until = row(upload).lease_until
    time.sleep(short_leases.total_seconds() / 2)
    assert row(upload).lease_until == until


def test_the_lease_of_a_killed_worker_runs_out_by_itself(upload: Upload, short_leases: dt.timedelta) -> None:
    Upload.objects.update(state=State.PROCESSING, lease_until=timezone.now() + short_leases)
    assert not leases.due().exists()
    wait_for("the end of the lease", lambda: leases.due().exists())


def test_a_lease_that_ran_out_is_taken_again(killed: Upload) -> None:
    with leases.lease(killed.pk) as held:
        assert held is None
    run_out(killed)
    with leases.lease(killed.pk) as held:
        assert held == killed
    assert row(killed).attempts == 2


def test_work_that_raises_lets_go_of_the_renewal(upload: Upload) -> None:
    with pytest.raises(KeyError), leases.lease(upload.pk):
        raise KeyError
    assert row(upload).state == State.PROCESSING


def test_after_too_many_attempts_it_gives_up(upload: Upload) -> None:
    for _ in range(leases.ATTEMPTS):
        with leases.lease(upload.pk) as held:
            assert held is not None
        run_out(upload)
    with pytest.raises(GaveUp, match=r"Dawn\.mp4.*5 attempts.*cut off"), leases.lease(upload.pk):
        pytest.fail("it was held once more")


def test_giving_up_tells_the_last_reason(upload: Upload) -> None:
    Upload.objects.update(attempts=leases.ATTEMPTS, error="No space left on device")
    with pytest.raises(GaveUp, match="No space left on device"), leases.lease(upload.pk):
        pytest.fail("it was held once more")


def test_what_was_postponed_waits_a_little_longer_each_time(upload: Upload) -> None:
    waits = []
    for _ in range(3):
        run_out(upload)
        with leases.lease(upload.pk) as held:
            assert held is not None
            now = timezone.now()
            leases.postpone(held, "disk full")
        until = row(upload).lease_until
        assert until is not None
        waits.append((until - now).total_seconds())
        assert not leases.due().exists()
    assert waits == sorted(waits)
    assert waits[-1] > 2 * waits[0]
    assert row(upload).error == "disk full"


def test_what_is_completed_is_not_postponed(upload: Upload) -> None:
    with leases.lease(upload.pk) as held:
        assert held is not None
        leases.complete(held, storing.claim_blob(held, storing.place(held, "video")))
        leases.postpone(held, "too late")
    assert (row(upload).state, row(upload).error) == (State.COMPLETED, "")


def test_the_oldest_is_due_first(send: Send) -> None:
    uploads = [send(name=f"{number}.mp4") for number in range(3)]
    assert list(leases.due()) == uploads


@pytest.fixture(autouse=True)
def no_thread_stays_behind() -> Iterator[None]:
    """The thread that renews ends with the lease."""
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("lease of")] == []
