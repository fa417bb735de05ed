"""The row is the job: who holds its lease files it, and a lease that runs out is free again."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable, Iterator
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from pagecast.media import leases
from pagecast.media.models import Upload
from pagecast.media.words import Words
from tests.acceptance.server import wait_for
from tests.uploading import in_threads, let_leases_run_out

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

Send = Callable[..., Upload]
State = Upload.State
FULL = Words("%(reason)s", {"reason": "disk full"})


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
    take_by_another(upload)
    return upload


def take_by_another(upload: Upload) -> None:
    Upload.objects.filter(pk=upload.pk).update(
        state=State.PROCESSING, lease_until=timezone.now() + leases.LEASE, holder=uuid4(), attempts=1
    )


def row(upload: Upload) -> Upload:
    return Upload.objects.get(pk=upload.pk)


def taken(*uploads: Upload) -> list[Upload]:
    """What a worker gets that asks for these, and lets go of them."""
    with leases.lease([upload.pk for upload in uploads]) as ours:
        return ours


def test_it_works(upload: Upload) -> None:
    with leases.lease([upload.pk]) as ours:
        assert ours == [upload]
        assert row(upload).state == State.PROCESSING
        assert row(upload).attempts == 1


def test_while_it_is_held_nobody_else_gets_it(upload: Upload) -> None:
    with leases.lease([upload.pk]):
        assert taken(upload) == []
        assert not leases.due().exists()


def test_of_a_batch_those_that_are_free_are_taken(send: Send) -> None:
    free, held, decided = send(b"free"), send(b"held"), send(b"decided")
    Upload.objects.filter(pk=decided.pk).update(state=State.COMPLETED)
    with leases.lease([held.pk]):
        assert taken(free, held, decided) == [free]


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.RECEIVING])
def test_what_is_decided_or_still_coming_in_is_not_taken(state: str, upload: Upload) -> None:
    Upload.objects.update(state=state)
    assert taken(upload) == []


def test_a_part_of_another_upload_is_not_taken(upload: Upload) -> None:
    Upload.objects.update(is_part=True)
    assert taken(upload) == []


def test_an_upload_that_does_not_exist_is_not_taken() -> None:
    with leases.lease([UUID(int=0)]) as ours:
        assert ours == []


@at_once
def test_of_many_workers_at_once_one_wins(upload: Upload) -> None:
    all_tried = Barrier(8, timeout=30)

    def work(_number: int) -> int:
        with leases.lease([upload.pk]) as ours:
            all_tried.wait()
            return len(ours)

    assert sum(in_threads(8, work)) == 1
    assert row(upload).attempts == 1


@at_once
def test_of_many_workers_at_a_lease_that_ran_out_one_wins(killed: Upload) -> None:
    let_leases_run_out()
    all_tried = Barrier(6, timeout=30)

    def work(_number: int) -> int:
        with leases.lease([killed.pk]) as ours:
            all_tried.wait()
            return len(ours)

    assert sum(in_threads(6, work)) == 1
    assert row(killed).attempts == 2


@at_once
def test_of_batches_that_overlap_each_upload_is_taken_once(send: Send) -> None:
    uploads = [send(b"film %d" % number) for number in range(12)]
    all_tried = Barrier(4, timeout=30)

    def work(number: int) -> list[Upload]:
        with leases.lease([upload.pk for upload in uploads[number : number + 9]]) as ours:
            all_tried.wait()
            return ours

    won = [upload for ours in in_threads(4, work) for upload in ours]
    assert sorted(upload.pk for upload in won) == sorted(upload.pk for upload in uploads)


@at_once
def test_a_lease_is_renewed_while_it_is_held(send: Send, short_leases: dt.timedelta) -> None:
    uploads = [send(b"one"), send(b"two")]
    with leases.lease([upload.pk for upload in uploads]):
        first = row(uploads[1]).lease_until
        assert first is not None
        wait_for("a renewal", lambda: (row(uploads[1]).lease_until or first) > first)
        time.sleep(1.5 * short_leases.total_seconds())
        assert not leases.due().exists()


@at_once
def test_nobody_renews_what_is_not_held_any_more(upload: Upload, short_leases: dt.timedelta) -> None:
    assert taken(upload) == [upload]
    until = row(upload).lease_until
    time.sleep(short_leases.total_seconds() / 2)
    assert row(upload).lease_until == until


@at_once
def test_nobody_renews_the_lease_of_another_worker(upload: Upload, short_leases: dt.timedelta) -> None:
    with leases.lease([upload.pk]):
        let_leases_run_out()
        take_by_another(upload)
        until = row(upload).lease_until
        time.sleep(short_leases.total_seconds() / 2)
        assert row(upload).lease_until == until


def test_the_lease_of_a_killed_worker_runs_out_by_itself(killed: Upload, short_leases: dt.timedelta) -> None:
    Upload.objects.update(lease_until=timezone.now() + short_leases)
    assert not leases.due().exists()
    wait_for("the end of the lease", lambda: leases.due().exists())


def test_a_lease_that_ran_out_is_taken_again(killed: Upload) -> None:
    assert taken(killed) == []
    let_leases_run_out()
    assert taken(killed) == [killed]
    assert row(killed).attempts == 2


def test_what_is_held_is_known_to_be_ours(send: Send) -> None:
    uploads = [send(b"one"), send(b"two")]
    with leases.lease([upload.pk for upload in uploads]) as ours, transaction.atomic():
        assert leases.held(ours) == uploads


def test_a_lease_that_ran_out_is_still_ours_until_somebody_takes_it(upload: Upload) -> None:
    with leases.lease([upload.pk]) as ours, transaction.atomic():
        let_leases_run_out()
        assert leases.held(ours) == [upload]


def test_what_another_worker_took_over_is_not_ours_any_more(send: Send) -> None:
    lost, ours = send(b"one"), send(b"two")
    with leases.lease([lost.pk, ours.pk]) as slow:
        take_by_another(lost)
        with transaction.atomic():
            assert leases.held(slow) == [ours]


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED])
def test_what_was_decided_meanwhile_is_not_ours_any_more(state: str, upload: Upload) -> None:
    with leases.lease([upload.pk]) as ours:
        Upload.objects.update(state=state)
        with transaction.atomic():
            assert leases.held(ours) == []


def test_what_has_the_bytes_of_one_that_is_being_filed_waits(send: Send) -> None:
    first, twin, other = send(b"film"), send(b"film", "Dusk.mp4"), send(b"another film")
    with leases.lease([first.pk]):
        assert list(leases.due()) == [other]
        assert taken(twin) == []


def test_a_twin_waits_no_longer_than_the_worker_lives(send: Send) -> None:
    first, twin = send(b"film"), send(b"film")
    with leases.lease([first.pk]):
        let_leases_run_out()
        assert list(leases.due()) == [first, twin]


def test_a_twin_does_not_wait_for_one_that_is_itself_put_off(send: Send) -> None:
    first, twin = send(b"film"), send(b"film")
    with leases.lease([first.pk]) as (ours,):
        leases.postpone(ours, FULL)
    assert list(leases.due()) == [twin]


def test_bytes_whose_sum_is_not_known_yet_have_no_twins(send: Send) -> None:
    first, second = send(b"one"), send(b"two")
    Upload.objects.update(sha256="")
    with leases.lease([first.pk]):
        assert list(leases.due()) == [second]


def test_equal_bytes_in_one_batch_are_taken_together(send: Send) -> None:
    uploads = [send(b"film"), send(b"film")]
    assert taken(*uploads) == uploads


def test_work_that_raises_lets_go_of_the_renewal(upload: Upload) -> None:
    with pytest.raises(KeyError), leases.lease([upload.pk]):
        raise KeyError
    assert row(upload).state == State.PROCESSING


def test_after_too_many_attempts_there_is_no_hope(upload: Upload) -> None:
    found = []
    for _ in range(leases.ATTEMPTS + 1):
        found += [leases.is_hopeless(each) for each in taken(upload)]
        let_leases_run_out()
    assert found == [False] * leases.ATTEMPTS + [True]


def test_what_was_postponed_waits_a_little_longer_each_time(upload: Upload) -> None:
    waits: list[float] = []
    for _ in range(3):
        let_leases_run_out()
        with leases.lease([upload.pk]) as (ours,):
            now = timezone.now()
            # Time passes: it is older each time.
            if ours.waiting_since is not None:
                ours.waiting_since -= dt.timedelta(seconds=20 * len(waits))
            assert leases.postpone(ours, FULL)
        until = row(upload).lease_until
        assert until is not None
        waits.append((until - now).total_seconds())
        assert not leases.due().exists()
    assert waits[-1] > 2 * waits[0]
    assert row(upload).error == "It waits, and is tried again by itself. disk full"


def test_what_stands_in_the_way_from_outside_counts_as_no_attempt(upload: Upload) -> None:
    for _ in range(2 * leases.ATTEMPTS):
        with leases.lease([upload.pk]) as (ours,):
            leases.postpone(ours, FULL)
        let_leases_run_out()
    assert row(upload).attempts == 0


def test_nothing_is_postponed_for_longer_than_a_day(upload: Upload) -> None:
    Upload.objects.update(waiting_since=timezone.now() - leases.PATIENCE)
    with leases.lease([upload.pk]) as (ours,):
        assert not leases.postpone(ours, FULL)


def test_the_day_begins_when_something_stands_in_the_way(upload: Upload) -> None:
    Upload.objects.update(created_at=timezone.now() - 3 * leases.PATIENCE)
    with leases.lease([upload.pk]) as (ours,):
        assert leases.postpone(ours, FULL)


def test_a_database_that_is_away_for_a_moment_ends_no_lease(
    upload: Upload, short_leases: dt.timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewals, update = [], QuerySet.update

    def stumble(rows: QuerySet[Upload], **columns: object) -> int:
        if threading.current_thread().name == "keeper of leases":
            renewals.append(1)
            if len(renewals) == 1:
                raise OperationalError
        return update(rows, **columns)

    monkeypatch.setattr(QuerySet, "update", stumble)
    with leases.lease([upload.pk]):
        wait_for("three renewals", lambda: len(renewals) > 2)


def test_nobody_waits_longer_than_a_minute_for_the_next_attempt(upload: Upload) -> None:
    Upload.objects.update(waiting_since=timezone.now() - leases.PATIENCE + dt.timedelta(minutes=5))
    with leases.lease([upload.pk]) as (ours,):
        leases.postpone(ours, FULL)
    until = row(upload).lease_until
    assert until is not None
    assert until < timezone.now() + dt.timedelta(seconds=61)


def test_what_is_released_is_free_at_once_and_was_no_attempt(upload: Upload) -> None:
    with leases.lease([upload.pk]) as (ours,):
        leases.release(ours)
        assert list(leases.due()) == [upload]
    assert (row(upload).state, row(upload).attempts) == (State.PENDING, 0)


@pytest.mark.parametrize("verb", [leases.release, lambda upload: leases.postpone(upload, FULL)])
def test_whoever_lost_his_lease_changes_nothing(verb: Callable[[Upload], object], upload: Upload) -> None:
    with leases.lease([upload.pk]) as (slow,):
        take_by_another(upload)
        before = Upload.objects.values().get()
        verb(slow)
    assert Upload.objects.values().get() == before


def test_what_is_refused_keeps_its_reason_and_no_place(upload: Upload) -> None:
    with leases.lease([upload.pk]) as (ours,):
        Upload.objects.update(path="2026/11/23/video/Dawn.mp4")
        leases.refuse({ours: FULL})
        leases.postpone(ours, Words("too late"))
    refused = row(upload)
    assert (refused.state, refused.error, refused.path) == (State.FAILED, "disk full", None)
    assert refused.holder is None


def test_the_oldest_is_due_first(send: Send) -> None:
    uploads = [send(name=f"{number}.mp4") for number in range(3)]
    assert list(leases.due()) == uploads


@pytest.fixture(autouse=True)
def no_thread_stays_behind() -> Iterator[None]:
    """The thread that renews ends with the lease."""
    yield
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("keeper of")] == []
