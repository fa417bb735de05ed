"""The way in: bytes to the staging folder, then a row."""

from __future__ import annotations

import hashlib
import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from pagecast.media.errors import Empty, Lost, NotComplete, TooLarge
from pagecast.media.models import NAME_LENGTH, Upload
from pagecast.media.receiving import Staging, keep_all, printable, receive, receive_path, take_up
from pagecast.media.staging.place import CHUNK

pytestmark = pytest.mark.django_db


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


def test_it_works() -> None:
    upload = receive([b"one ", b"two"], "Dawn.mp4")
    assert upload.staged.read_bytes() == b"one two"
    assert (upload.name, upload.size, upload.state) == ("Dawn.mp4", 7, Upload.State.PENDING)
    assert upload.sha256 == hashlib.sha256(b"one two").hexdigest()


def test_the_limit_itself_is_allowed(small_limit: int) -> None:
    assert receive([b"12345", b"67890"], "Dawn.mp4").size == small_limit


@pytest.mark.parametrize("chunks", [[b"12345678901"], [b"12345", b"67890", b"1"], [b"1"] * 11])
def test_a_byte_past_the_limit_is_refused_and_nothing_is_left(
    chunks: list[bytes], small_limit: int, staging: Path
) -> None:
    with pytest.raises(TooLarge, match=r"Dawn\.mp4.*10.bytes"):
        receive(chunks, "Dawn.mp4")
    assert names(staging) == []
    assert not Upload.objects.exists()


def test_no_byte_is_read_after_the_limit_was_passed(small_limit: int) -> None:
    asked = []

    def endless() -> Iterator[bytes]:
        while True:
            asked.append(1)
            yield b"123456"

    with pytest.raises(TooLarge):
        receive(endless(), "Dawn.mp4")
    assert len(asked) == 2


def test_bytes_past_the_limit_are_never_written(small_limit: int) -> None:
    staging = Staging("Dawn.mp4")
    staging.write(b"1234567890")
    with pytest.raises(TooLarge):
        staging.write(b"1")
    assert not staging.path.exists()


@pytest.mark.parametrize("chunks", [[], [b""], [b"", b""]])
def test_a_file_without_bytes_is_refused_and_nothing_is_left(chunks: list[bytes], staging: Path) -> None:
    with pytest.raises(Empty, match="Dawn"):
        receive(chunks, "Dawn.mp4")
    assert names(staging) == []
    assert not Upload.objects.exists()


def test_a_source_that_breaks_leaves_nothing(staging: Path) -> None:
    def cut_off() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        receive(cut_off(), "Dawn.mp4")
    assert names(staging) == []


def test_a_database_that_is_gone_leaves_nothing(staging: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_uploads: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(Upload.objects, "bulk_create", gone)
    with pytest.raises(DatabaseError):
        receive([b"film"], "Dawn.mp4")
    assert names(staging) == []


def test_the_bytes_are_on_disk_before_there_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[Path, int, bool]] = []

    def watch(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        synced.append((path, path.stat().st_size, Upload.objects.exists()))

    monkeypatch.setattr(os, "fsync", watch)
    upload = receive([b"one ", b"two"], "Dawn.mp4")
    assert [(path, row) for path, _size, row in synced] == [
        (upload.staged, False),
        (upload.staged.parent, False),
    ]
    assert synced[0][1] == 7  # nothing was waiting in a buffer of ours


def test_a_large_file_is_never_whole_in_memory() -> None:
    tracemalloc.start()
    try:
        upload = receive((bytes(CHUNK) for _ in range(32)), "Dawn.mp4")
        assert tracemalloc.get_traced_memory()[1] < 4 * CHUNK
    finally:
        tracemalloc.stop()
    assert upload.staged.stat().st_size == 32 * CHUNK


def test_keeping_twice_makes_one_upload() -> None:
    with Staging("Dawn.mp4") as staging:
        staging.write(b"film")
        assert staging.keep() == staging.keep()
    assert Upload.objects.count() == 1


def test_closing_twice_does_no_harm() -> None:
    staging = Staging("Dawn.mp4")
    staging.write(b"film")
    staging.close()
    staging.close()
    assert not staging.path.exists()


def test_of_a_long_name_its_end_is_kept() -> None:
    upload = receive([b"film"], "x" * 1000 + ".mp4")
    assert len(upload.name) == NAME_LENGTH
    assert upload.name.endswith(".mp4")


def test_a_file_of_this_machine_is_copied(tmp_path: Path) -> None:
    source = tmp_path / "Рассвет.mp4"
    source.write_bytes(b"film")
    upload = receive_path(source)
    assert upload.name == "Рассвет.mp4"
    source.write_bytes(b"another")
    assert upload.staged.read_bytes() == b"film"


def test_a_name_that_is_no_text_becomes_visible(tmp_path: Path) -> None:
    source = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    source.write_bytes(b"film")
    assert receive_path(source).name == "caf\\xe9.mp4"


def test_a_printable_name_stays_as_it_is() -> None:
    assert printable("Рассвет – ☀.mp4") == "Рассвет – ☀.mp4"


def test_many_files_are_kept_at_once() -> None:
    stagings = [staged(b"one"), staged(b"two")]
    uploads = keep_all(stagings)
    assert [upload.staged.read_bytes() for upload in uploads] == [b"one", b"two"]
    assert [staging.upload for staging in stagings] == uploads
    close(*stagings)
    assert all(upload.staged.exists() for upload in uploads)


def test_of_many_files_all_are_kept_or_none(staging: Path) -> None:
    stagings = [staged(b"one"), staged(b"")]
    with pytest.raises(Empty):
        keep_all(stagings)
    close(*stagings)
    assert (names(staging), Upload.objects.count()) == ([], 0)


def staged(data: bytes) -> Staging:
    staging = Staging("Dawn.mp4")
    staging.write(data)
    return staging


def close(*stagings: Staging) -> None:
    for staging in stagings:
        staging.close()


def test_whoever_takes_an_upload_up_keeps_it_from_expiring() -> None:
    upload = receive([b"film"], "Dawn.mp4")
    Upload.objects.update(expires_at=timezone.now())
    with transaction.atomic():
        assert take_up(upload.pk) == upload
    assert Upload.objects.get().expires_at is None


@pytest.mark.parametrize("fields", [{"state": Upload.State.RECEIVING}, {"is_part": True}])
def test_what_has_not_come_in_whole_cannot_be_taken_up(fields: dict[str, object]) -> None:
    upload = receive([b"film"], "Dawn.mp4")
    Upload.objects.update(**fields)
    with transaction.atomic(), pytest.raises(NotComplete, match="Dawn"):
        take_up(upload.pk)


def test_what_was_swept_after_nobody_wanted_it_cannot_be_taken_up() -> None:
    upload = receive([b"film"], "Dawn.mp4")
    Upload.objects.update(state=Upload.State.COMPLETED, blob=None)
    with transaction.atomic(), pytest.raises(Lost, match="Dawn"):
        take_up(upload.pk)
