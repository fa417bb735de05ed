"""Uploads that are staged in a bucket are in an archive as well, and come out of it into any place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from pagecast.cli.archive import exporting
from pagecast.media import housekeeping, resuming
from pagecast.media.assembling import complete_bytes
from pagecast.media.models import Hold, Piece, Upload
from pagecast.media.staging import pieces
from pagecast.media.staging.chosen import place
from pagecast.media.stores.address import Bucket
from pagecast.media.stores.bucket import STAGED, BucketStore, bucket_store
from pagecast.media.stores.store import StoreAway
from tests.acceptance.killing import killed_at_each_line
from tests.cli import archives
from tests.films import film
from tests.objects import new_bucket, objects
from tests.uploading import SUBRIP, add, add_subtitles, file, next_worker, upload_of

pytestmark = pytest.mark.django_db(transaction=True)

STATES = Upload.State
DATA = b"0123456789"


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
    here: Any = place()
    if settings.PAGECAST_BUCKET:
        here.put_down(list(here._fetched))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where an archive is to be."""
    return tmp_path / "archive.tar"


def in_archive(target: Path) -> dict[str, bytes]:
    return {info.name.removeprefix("staged/"): data for info, data in archives.members(target)}


def objects_in(store: BucketStore) -> list[str]:
    return sorted(stored.path.removeprefix(STAGED) for stored in store.walk(STAGED))


def named() -> list[str]:
    return sorted(Piece.objects.values_list("name", flat=True))


def begin(*requests: bytes, size: int = len(DATA), **fields: Any) -> Upload:
    upload = resuming.begin("Half.mp4", size, sender="7", **fields)
    for data in requests:
        with resuming.append(upload, resuming.arrived(upload)) as writer:
            writer.write(data)
            writer.settle()
    return upload


def while_rows_are_written(target: Path, work: Callable[[], object]) -> exporting.Exported:
    """Export, and meanwhile somebody else does this."""
    done: list[bool] = []

    def elsewhere() -> None:
        try:
            work()
        finally:
            connection.close()

    def tell(what: str, _number: int) -> None:
        if what == "rows" and not done:
            done.append(True)
            other = threading.Thread(target=elsewhere)
            other.start()
            other.join(60)
            assert not other.is_alive()

    with target.open("wb") as archive:
        exported = exporting.export(archive, tell)
    assert done
    return exported


def everything_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a day passes for what is staged: no client can make an object older."""
    monkeypatch.setattr(housekeeping, "SLOW", -housekeeping.SLOW)


# --- Out of a bucket --------------------------------------------------------------------------------------


def test_what_is_staged_there_is_in_it_in_one_piece(target: Path) -> None:
    waiting, half, new = upload_of(add(film("waiting"))), begin(b"012", b"34"), begin()
    call_command("export", str(target))
    found = in_archive(target)
    assert found[str(waiting.pk)] == film("waiting")
    assert (found[str(half.pk)], found[str(new.pk)]) == (b"01234", b"")
    assert not [name for name in found if "media.piece" in name or "media.hold" in name]
    assert not Hold.objects.exists()


def test_what_is_filed_meanwhile_is_in_it_as_it_was(target: Path, store: BucketStore) -> None:
    content = add(film("meanwhile"))
    track = add_subtitles(content, "Good morning")
    uploads = [upload_of(content), upload_of(track)]
    exported = while_rows_are_written(target, lambda: file(content, track))
    assert [upload_of(each).state for each in (content, track)] == [STATES.COMPLETED, STATES.COMPLETED]
    found = in_archive(target)
    assert (exported.faults, exported.notices) == ([], [])
    assert found[str(uploads[0].pk)] == film("meanwhile")
    assert found[str(uploads[1].pk)] == SUBRIP.format("Good morning").encode()
    # What was held for it is nobody's now.
    assert (named(), len(objects_in(store))) == ([], 2)


def test_what_was_held_is_swept_when_it_is_old(
    target: Path, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = add(film("meanwhile"))
    while_rows_are_written(target, lambda: file(content))
    assert list(housekeeping.tidy(housekeeping.UNUSED)) == []
    everything_is_old(monkeypatch)
    assert len(list(housekeeping.tidy(housekeeping.UNUSED))) == 1
    assert objects_in(store) == []


def test_a_sweep_meanwhile_takes_nothing_that_is_read(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = begin(b"01234")
    everything_is_old(monkeypatch)

    def give_up_and_sweep() -> None:
        resuming.abandon(half)
        assert list(housekeeping.tidy(housekeeping.UNUSED)) == []

    exported = while_rows_are_written(target, give_up_and_sweep)
    assert not Upload.objects.exists()
    assert exported.faults == []
    assert in_archive(target)[str(half.pk)] == b"01234"


def test_what_comes_after_the_rows_is_not_in_it(target: Path) -> None:
    add(film("first"))
    later = while_rows_are_written(target, lambda: file(add(film("later"))))
    assert later.faults == []
    assert [name for name in in_archive(target) if name.startswith("media/")] == []


def test_after_an_export_that_was_killed_objects_are_removed_again(
    target: Path, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = add(film("a"))
    for _death in killed_at_each_line(
        lambda: call_command("export", str(target)), "media/staging/holding.py"
    ):
        if Hold.objects.exists():
            break
    file(content)
    assert len(objects_in(store)) == 1
    # A day passes.
    Hold.objects.update(until=upload_of(content).created_at - housekeeping.SLOW)
    everything_is_old(monkeypatch)
    list(housekeeping.tidy(housekeeping.UNUSED))
    assert objects_in(store) == []


def test_an_object_that_is_missing_is_named(
    target: Path, store: BucketStore, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = upload_of(add(film("waiting")))
    (name,) = named()
    store.remove(f"{STAGED}{name}")
    with pytest.raises(CommandError, match="1 files are damaged or missing"):
        call_command("export", str(target))
    assert f"staging/{waiting.pk} is missing." in capsys.readouterr().err


def test_without_the_store_nothing_is_exported(
    target: Path, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(film("waiting"))

    def away(*_arguments: object) -> None:
        message = "The object store failed: it does not answer."
        raise StoreAway(message)

    monkeypatch.setattr(store, "open", away)
    with pytest.raises(CommandError, match=r"Nothing was exported: .*does not answer"):
        call_command("export", str(target))
    assert not target.exists()
    assert not Hold.objects.exists()


# --- Into a bucket, and into a folder ---------------------------------------------------------------------


def everything_goes_on() -> None:
    """What waits is filed, what is half here is sent to its end, what failed is tried again."""
    next_worker()
    assert Upload.objects.get(name="Waiting.mp4").state == STATES.COMPLETED
    half = Upload.objects.get(name="Half.mp4")
    assert resuming.arrived(half) == 321
    with resuming.append(half, 321) as writer:
        writer.write(b"y" * 679)
        writer.settle()
    assert resuming.finish(half)
    place().fetch(half)
    assert half.staged.read_bytes() == b"x" * 321 + b"y" * 679
    tired = Upload.objects.get(name="Tired.mp4")
    place().fetch(tired)
    assert tired.staged.read_bytes() == film("tired")
    whole = Upload.objects.get(name="Whole.mp4")
    complete_bytes(whole)
    assert whole.staged.read_bytes() == b"1234512345"


@pytest.mark.parametrize("into_a_bucket", [True, False])
@pytest.mark.parametrize("out_of_a_bucket", [True, False])
def test_uploads_go_on_where_they_were(
    target: Path, settings: Any, tmp_path: Path, *, out_of_a_bucket: bool, into_a_bucket: bool
) -> None:
    if not out_of_a_bucket:
        settings.PAGECAST_BUCKET = None
    archives.fill()
    before = archives.everything()
    call_command("export", str(target))
    settings.PAGECAST_BUCKET = Bucket(new_bucket(), "other", "path") if into_a_bucket else None
    settings.PAGECAST_STAGING, settings.MEDIA_ROOT = (
        tmp_path / "other" / "staging",
        tmp_path / "other" / "media",
    )
    call_command("restore", "--replace", str(target))
    assert archives.everything() == before
    assert Piece.objects.exists() == into_a_bucket
    everything_goes_on()


def test_what_has_not_begun_to_come_in_begins(target: Path, settings: Any) -> None:
    new = begin()
    call_command("export", str(target))
    call_command("restore", "--replace", str(target))
    assert (resuming.arrived(new), named()) == (0, [])
    settings.PAGECAST_BUCKET = None
    call_command("restore", "--replace", str(target))
    assert resuming.arrived(new) == 0


def test_pieces_that_are_replaced_leave_objects_that_are_swept(
    target: Path, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = begin(b"012")
    call_command("export", str(target))
    with resuming.append(half, 3) as writer:
        writer.write(b"345")
        writer.settle()
        before = named()
    call_command("restore", "--replace", str(target))
    assert resuming.arrived(half) == 3
    assert not set(before) & set(named())
    assert set(before) < set(objects_in(store))
    everything_is_old(monkeypatch)
    list(housekeeping.tidy(housekeeping.UNUSED))
    assert objects_in(store) == named()


def test_a_store_that_takes_nothing_changes_nothing(
    target: Path, store: BucketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(b"012")
    call_command("export", str(target))
    add(film("later"))
    before = archives.everything(), named()

    def away(*_arguments: object) -> None:
        message = "The object store failed: it does not answer."
        raise StoreAway(message)

    monkeypatch.setattr(store, "send", away)
    with pytest.raises(CommandError, match=r"Nothing was restored: .*does not answer"):
        call_command("restore", "--replace", str(target))
    assert (archives.everything(), named()) == before


def test_killed_at_any_point_a_restore_leaves_every_upload_its_bytes(target: Path) -> None:
    half = begin(b"012")
    call_command("export", str(target))
    with resuming.append(half, 3) as writer:
        writer.write(b"345")
        writer.settle()
    before, deaths = named(), []

    def work() -> None:
        call_command("restore", "--replace", str(target))

    for death in killed_at_each_line(work, "media/staging/bucket.py", "media/staging/pieces.py"):
        assert named() == before
        deaths.append(death)
    assert len(deaths) > 5
    assert resuming.arrived(half) == 3


def test_a_whole_that_comes_with_its_parts_is_no_longer_than_it_is() -> None:
    parts = [begin(data, size=5, is_part=True) for data in (b"01234", b"56789")]
    for part in parts:
        resuming.finish(part)
    whole = resuming.join([part.pk for part in parts], "Whole.mp4", sender="7")
    Piece.objects.create(upload=whole, start=0, size=10, name="whole")
    pieces.join(whole)
    assert (named(), list(Upload.objects.all())) == (["whole"], [whole])
