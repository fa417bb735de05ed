"""Uploads that are staged in a bucket: what comes in on one server is there for all, and nothing is left."""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from pagecast.media import housekeeping, leases, resuming, storing
from pagecast.media.appending import Gone, Mismatch, Moved, TooMuch, sums
from pagecast.media.assembling import complete_bytes
from pagecast.media.errors import Lost, Unreachable
from pagecast.media.models import Piece, Upload
from pagecast.media.preparing import prepare
from pagecast.media.receiving import Staging, keep_all, receive
from pagecast.media.staging import bucket, spooling
from pagecast.media.staging.chosen import place
from pagecast.media.stores.address import Bucket
from pagecast.media.stores.bucket import STAGED, BucketStore, bucket_store
from pagecast.media.stores.store import StoreAway
from tests.films import film
from tests.objects import new_bucket, objects
from tests.uploading import in_threads, left_in

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)
DATA = b"0123456789"
DAY = dt.timedelta(days=1)
STATES = Upload.State


@pytest.fixture(scope="module")
def object_store() -> Iterator[None]:
    """A real object store, in the environment of this process."""
    with objects() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(autouse=True)
def store(object_store: None, settings: Any) -> Iterator[BucketStore]:
    """This installation keeps its files in a bucket of its own."""
    settings.PAGECAST_BUCKET = Bucket(new_bucket(), "films", "path")
    yield bucket_store(settings.PAGECAST_BUCKET)
    on_another_machine()


@pytest.fixture
def staging(folders: Path) -> Path:
    """What lies on this machine."""
    return folders / "staging"


@pytest.fixture
def upload(db: None) -> Upload:
    """Ten bytes that are waited for."""
    return begin()


@pytest.fixture
def away(store: BucketStore, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The store is away until it is undone; that it looks like this is the matter of other tests."""
    for verb in ("send", "put", "open", "remove"):
        monkeypatch.setattr(store, verb, out_of_reach)
    return monkeypatch


def out_of_reach(*_arguments: object, **_options: object) -> None:
    message = "The object store failed: it does not answer."
    raise StoreAway(message)


def begin(size: int = len(DATA), **fields: Any) -> Upload:
    return resuming.begin("Dawn.mp4", size, **{"sender": "alice"} | fields)


def put(upload: Upload, offset: int, *requests: bytes) -> None:
    for data in requests:
        with resuming.append(upload, offset) as writer:
            writer.write(data)
            writer.settle()
        offset += len(data)


def staged(store: BucketStore) -> list[str]:
    return [stored.path.removeprefix(STAGED) for stored in store.walk(STAGED)]


def named() -> list[str]:
    return sorted(Piece.objects.values_list("name", flat=True))


def on_another_machine() -> None:
    """Nothing of what is here is there, on disk or in memory."""
    here: Any = place()
    here.put_down(list(here._fetched))
    shutil.rmtree(settings.PAGECAST_STAGING, ignore_errors=True)
    sums._kept.clear()


def fetched(upload: Upload) -> bytes:
    place().fetch(upload)
    return upload.staged.read_bytes()


def old(store: BucketStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a day passes for what is staged: no client can make an object older."""
    monkeypatch.setattr(housekeeping, "SLOW", -DAY)


# --- In pieces --------------------------------------------------------------------------------------------


def test_it_works(upload: Upload, store: BucketStore, staging: Path) -> None:
    put(upload, 0, b"012", b"34")
    assert not resuming.finish(upload)
    on_another_machine()
    put(Upload.objects.get(), 5, b"56789")
    row = Upload.objects.get()
    assert resuming.finish(row)
    assert (row.state, len(staged(store))) == (STATES.PENDING, 3)
    on_another_machine()
    complete_bytes(row)
    assert row.sha256 == hashlib.sha256(DATA).hexdigest()
    assert row.staged.read_bytes() == DATA
    assert list(store.walk()) == []


def test_only_what_is_in_the_bucket_is_told(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "ENOUGH", 4)
    with resuming.append(upload, 0) as writer:
        writer.write(b"012")
        assert (writer.offset, resuming.arrived(upload)) == (0, 0)
        writer.write(b"34")
        assert (writer.offset, resuming.arrived(upload)) == (5, 5)
        writer.write(b"567")
    # The request broke off: what came is kept.
    assert resuming.arrived(upload) == 8


def test_of_a_slow_sender_little_is_lost(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooling, "LATEST", -1.0)
    with resuming.append(upload, 0) as writer:
        writer.write(b"0")
        assert resuming.arrived(upload) == 1


def test_the_sum_is_known_when_all_came_here_in_order(upload: Upload) -> None:
    put(upload, 0, b"012", b"3456789")
    resuming.finish(upload)
    assert upload.sha256 == hashlib.sha256(DATA).hexdigest()


def test_the_sum_is_left_to_the_worker_when_another_server_took_some_of_it(
    upload: Upload,
) -> None:
    put(upload, 0, b"012")
    known = dict(sums._kept)
    on_another_machine()
    put(upload, 3, b"345")
    sums._kept.clear()
    sums._kept.update(known)
    put(upload, 6, b"6789")
    resuming.finish(upload)
    assert upload.sha256 == ""
    complete_bytes(upload)
    assert upload.sha256 == hashlib.sha256(DATA).hexdigest()


@pytest.mark.parametrize("offset", [0, 2, 4, 10])
def test_only_behind_what_is_there_is_written(upload: Upload, offset: int) -> None:
    put(upload, 0, b"012")
    with pytest.raises(Moved, match=r"Dawn.*3 bytes"):
        resuming.append(upload, offset)


def test_of_two_servers_the_one_that_was_overtaken_keeps_nothing(upload: Upload, store: BucketStore) -> None:
    with resuming.append(upload, 0) as hanging:
        hanging.write(b"abcdef")
        put(upload, 0, b"012", b"3456789")
        with pytest.raises(Moved):
            hanging.settle()
    assert staged(store) == named()
    assert resuming.finish(upload)
    assert fetched(upload) == DATA


@at_once
def test_many_at_once_never_mix_their_bytes(monkeypatch: pytest.MonkeyPatch, store: BucketStore) -> None:
    monkeypatch.setattr(spooling, "ENOUGH", 20)
    size = 200
    upload = begin(size)

    def send(number: int) -> None:
        letter = b"abcd"[number : number + 1]
        while (offset := resuming.arrived(upload)) < size:
            try:
                with resuming.append(upload, offset) as writer:
                    for _ in range(5):
                        writer.write(letter * min(10, size - offset))
            except (Moved, TooMuch):
                """Another one was quicker."""

    in_threads(4, send)
    assert resuming.finish(upload)
    assert staged(store) == named()
    data = fetched(upload)
    assert len(data) == size
    assert all(data[at : at + 10] == data[at : at + 1] * 10 for at in range(0, size, 10))


def test_nothing_is_taken_past_the_announced_size(upload: Upload) -> None:
    with resuming.append(upload, 0) as writer:
        writer.write(b"012345")
        with pytest.raises(TooMuch, match=r"Dawn.*10 bytes"):
            writer.write(b"67890")
    assert resuming.arrived(upload) == 6


def test_of_a_piece_with_a_checksum_all_is_kept_or_nothing(upload: Upload, store: BucketStore) -> None:
    good, bad = (hashlib.sha1(data).digest() for data in (DATA, b"other"))  # noqa: S324 - a checksum
    with resuming.append(upload, 0, ("sha1", bad)) as writer:
        writer.write(DATA)
        with pytest.raises(Mismatch):
            writer.settle()
    with resuming.append(upload, 0, ("sha1", good)) as writer:
        writer.write(DATA[:5])
    assert (resuming.arrived(upload), staged(store)) == (0, [])
    with resuming.append(upload, 0, ("sha1", good)) as writer:
        writer.write(DATA)
        writer.settle()
    assert resuming.finish(upload)
    assert fetched(upload) == DATA


def test_what_is_abandoned_takes_its_bytes_along_and_nothing_more(
    upload: Upload, store: BucketStore, staging: Path
) -> None:
    put(upload, 0, b"012")
    with resuming.append(upload, 3) as writer:
        writer.write(b"345")
        resuming.abandon(upload)
        with pytest.raises(Gone):
            writer.settle()
    assert (staged(store), left_in(staging)) == ([], [])


def test_parts_become_one_without_a_byte_being_moved(store: BucketStore, staging: Path) -> None:
    parts = [begin(len(data), is_part=True) for data in (b"012", b"3456", b"789")]
    for part, requests in zip(parts, ([b"01", b"2"], [b"3456"], [b"7", b"8", b"9"]), strict=True):
        put(part, 0, *requests)
        resuming.finish(part)
    whole = resuming.join([part.pk for part in parts], "Dawn.mp4", sender="alice")
    names = staged(store)
    complete_bytes(whole)
    assert whole.staged.read_bytes() == DATA
    assert (staged(store), list(Upload.objects.all())) == (names, [whole])
    # Done again after a kill, it comes to the same.
    on_another_machine()
    Upload.objects.update(sha256="")
    complete_bytes(Upload.objects.get())
    resuming.abandon(whole)
    assert staged(store) == []


# --- In one go --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("enough", [3, 100], ids=["large", "small"])
def test_a_whole_file_leaves_nothing_on_this_machine(
    enough: int, store: BucketStore, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "ENOUGH", enough)
    upload = receive([b"01234", b"56789"], "Dawn.mp4")
    assert (left_in(staging), staged(store)) == ([], named())
    assert fetched(upload) == DATA


def test_what_nobody_keeps_is_not_kept(store: BucketStore, staging: Path) -> None:
    with Staging("Dawn.mp4") as coming:
        coming.write(DATA)
        coming.settle()
        assert len(staged(store)) == 1
    assert (staged(store), left_in(staging)) == ([], [])


def test_who_files_at_once_what_he_keeps_fetches_nothing(away: pytest.MonkeyPatch) -> None:
    away.undo()
    with Staging("Dawn.mp4") as coming:
        coming.write(DATA)
        (upload,) = keep_all([coming])
        away.setattr(BucketStore, "open", lambda *_arguments: pytest.fail("it was fetched"))
        assert fetched(upload) == DATA


def test_without_the_store_a_form_is_refused_in_words(away: pytest.MonkeyPatch, staging: Path) -> None:
    with pytest.raises(Unreachable, match=r"Dawn.*does not answer.*again"):
        receive([DATA], "Dawn.mp4")
    assert (left_in(staging), Upload.objects.count()) == ([], 0)


def test_without_the_store_nothing_is_acknowledged(
    upload: Upload, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(upload, 0, b"012")
    with monkeypatch.context() as away:
        away.setattr(store, "send", out_of_reach)
        with resuming.append(upload, 3) as writer:
            writer.write(DATA[3:])
            with pytest.raises(Unreachable, match="does not answer"):
                writer.settle()
    assert (resuming.arrived(upload), resuming.finish(upload)) == (3, False)
    put(upload, 3, DATA[3:])
    assert resuming.finish(upload)
    # The sum of what was not kept is not taken for that of what was.
    assert upload.sha256 in {"", hashlib.sha256(DATA).hexdigest()}
    assert fetched(upload) == DATA


# --- Filing -----------------------------------------------------------------------------------------------


def test_bytes_that_are_not_all_there_are_lost(upload: Upload, store: BucketStore, staging: Path) -> None:
    put(upload, 0, b"012", b"3456789")
    resuming.finish(upload)
    store.remove(f"{STAGED}{staged(store)[0]}")
    with pytest.raises(Lost):
        place().fetch(upload)
    Piece.objects.filter(start=0).delete()
    with pytest.raises(Lost):
        place().fetch(upload)
    assert left_in(staging) == []


def test_other_bytes_than_came_are_not_taken_for_them(
    upload: Upload, store: BucketStore, staging: Path
) -> None:
    put(upload, 0, DATA)
    resuming.finish(upload)
    other = staging / "other"
    other.write_bytes(b"9876543210")
    store.remove(f"{STAGED}{named()[0]}")
    store.put(other, f"{STAGED}{named()[0]}")
    with pytest.raises(Lost):
        place().fetch(upload)


def test_without_the_store_an_upload_waits(away: pytest.MonkeyPatch, upload: Upload) -> None:
    away.undo()
    put(upload, 0, DATA)
    resuming.finish(upload)
    away.setattr(BucketStore, "open", out_of_reach)
    with leases.lease([upload.pk]) as (held,), pytest.raises(StoreAway), storing.fetching([held]):
        prepare(held, [])


def test_a_full_disk_is_told_before_anything_is_fetched(
    upload: Upload, monkeypatch: pytest.MonkeyPatch, staging: Path
) -> None:
    put(upload, 0, DATA)
    resuming.finish(upload)
    full = shutil.disk_usage("/")._replace(free=9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with pytest.raises(OSError, match="No space left"):
        place().fetch(upload)
    assert left_in(staging) == []


def test_a_copy_lasts_as_long_as_it_is_used(staging: Path) -> None:
    upload = receive([film()], "Dawn.mp4")
    with storing.fetching([upload]):
        prepare(upload, [])
        assert left_in(staging) == [str(upload.pk)]
    assert left_in(staging) == []


# --- Tidying ----------------------------------------------------------------------------------------------


def test_what_has_no_row_goes_when_it_is_old_and_no_live_upload_loses_a_byte(
    upload: Upload, store: BucketStore, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "BATCH", 2)
    put(upload, 0, b"012", b"34", b"5", b"6")
    # Killed between the object and its row.
    Piece.objects.filter(start=6).delete()
    assert list(housekeeping.tidy(DAY)) == []
    old(store, monkeypatch)
    assert [(each.name, each.size) for each in housekeeping.tidy(DAY, dry=True)] == [
        (name, 1) for name in staged(store) if name not in named()
    ]
    assert len(staged(store)) == 4
    assert len(list(housekeeping.tidy(DAY))) == 1
    assert (staged(store), resuming.arrived(upload)) == (named(), 6)


@pytest.mark.parametrize("state", [STATES.COMPLETED, STATES.FAILED])
def test_what_a_killed_worker_left_of_a_decided_upload_goes(
    state: str, upload: Upload, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(upload, 0, DATA)
    Upload.objects.update(state=state, expires_at=None)
    old(store, monkeypatch)
    assert len(list(housekeeping.tidy(DAY))) == 1
    assert (staged(store), named()) == ([], [])


def test_what_can_be_tried_again_is_kept_until_then(
    upload: Upload, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(upload, 0, DATA)
    Upload.objects.update(state=STATES.FAILED, expires_at=timezone.now() + DAY)
    old(store, monkeypatch)
    assert list(housekeeping.tidy(DAY)) == []
    storing.set_aside(upload)
    assert fetched(upload) == DATA
    Upload.objects.update(expires_at=timezone.now() - DAY)
    assert [each.waste.name for each in housekeeping.tidy(DAY)] == ["EXPIRED"]
    assert staged(store) == []


def test_an_upload_whose_time_is_over_goes_with_its_bytes(upload: Upload, store: BucketStore) -> None:
    part = begin(3, is_part=True)
    for each in (upload, part):
        put(each, 0, b"012")
    Upload.objects.update(expires_at=timezone.now() - DAY)
    assert {each.waste.name for each in housekeeping.tidy(DAY)} == {"EXPIRED"}
    assert (staged(store), Upload.objects.count()) == ([], 0)


def test_a_sweep_of_the_media_takes_nothing_that_is_staged(
    upload: Upload, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(upload, 0, b"012")
    monkeypatch.setattr(housekeeping, "YOUNG", -DAY)
    assert list(housekeeping.sweep(-DAY)) == []
    assert staged(store) == named() != []


def test_what_dead_processes_left_here_goes_and_what_is_in_use_stays(
    staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = receive([film()], "Dawn.mp4")
    monkeypatch.setattr(housekeeping, "JUST_NOW", -DAY)
    with storing.fetching([upload]):
        prepare(upload, [])
        (staging / f"{upload.pk}.left.whole").write_bytes(b"half of it")
        assert [each.name for each in housekeeping.tidy_here(dry=True)] == [f"{upload.pk}.left.whole"]
        housekeeping.clear_spool()
        assert left_in(staging) == [str(upload.pk)]
