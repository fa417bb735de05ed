"""Bytes that came in pieces become one staged file, whose SHA-256 is known."""

from __future__ import annotations

import errno
import hashlib
import os
import tracemalloc
from pathlib import Path

import pytest

from pagecast.media import assembling, leases
from pagecast.media.assembling import complete_bytes, sha256_of
from pagecast.media.errors import Lost
from pagecast.media.models import Upload
from pagecast.media.receiving import receive
from pagecast.media.staging.place import CHUNK
from tests.acceptance.killing import killed_at_each_line
from tests.uploading import in_threads, left_in

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

PIECES = [b"the first piece, ", b"the second piece, ", b"the last piece"]
WHOLE = b"".join(PIECES)
State = Upload.State


@pytest.fixture
def whole(db: None) -> Upload:
    """An upload in three parts."""
    return of_parts(*PIECES)


def of_parts(*pieces: bytes) -> Upload:
    whole = Upload.objects.create(name="Dawn.mp4", size=sum(map(len, pieces)))
    # They came in another order than they belong in.
    for number, piece in reversed(list(enumerate(pieces))):
        part = receive([piece], f"Dawn.mp4 {number}")
        Upload.objects.filter(pk=part.pk).update(is_part=True, part_of=whole, part_number=number, sha256="")
    return whole


@pytest.fixture
def single(db: None) -> Upload:
    """One that came in one piece after another, into one file."""
    upload = receive([WHOLE], "Dawn.mp4")
    Upload.objects.update(sha256="")
    upload.refresh_from_db()
    return upload


def row(upload: Upload) -> Upload:
    return Upload.objects.get(pk=upload.pk)


def is_whole(upload: Upload, staging: Path) -> bool:
    """One file and one row, of the right bytes."""
    return (
        upload.staged.read_bytes() == WHOLE
        and row(upload).sha256 == hashlib.sha256(WHOLE).hexdigest()
        and left_in(staging) == [str(upload.pk)]
        and Upload.objects.count() == 1
    )


def test_it_works(whole: Upload, staging: Path) -> None:
    complete_bytes(whole)
    assert is_whole(whole, staging)
    assert whole.sha256 == hashlib.sha256(WHOLE).hexdigest()


def test_twice_is_as_good_as_once(whole: Upload, staging: Path) -> None:
    complete_bytes(whole)
    complete_bytes(whole)
    complete_bytes(row(whole))
    assert is_whole(whole, staging)


def test_bytes_in_one_file_are_only_read(single: Upload, staging: Path) -> None:
    before = single.staged.stat()
    complete_bytes(single)
    assert is_whole(single, staging)
    assert single.staged.stat().st_ino == before.st_ino


def test_bytes_whose_sum_is_known_are_not_even_read(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = receive([WHOLE], "Dawn.mp4")
    monkeypatch.setattr(assembling, "sha256_of", lambda _path: pytest.fail("it was read"))
    complete_bytes(upload)


def test_bytes_that_were_just_put_together_are_not_read_again(
    whole: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assembling, "sha256_of", lambda _path: pytest.fail("it was read again"))
    complete_bytes(whole)


@pytest.mark.parametrize("size", [0, 1, len(WHOLE) - 1, len(WHOLE) + 1])
def test_bytes_of_another_number_than_came_are_lost(size: int, single: Upload) -> None:
    single.staged.write_bytes((WHOLE + b"!")[:size])
    with pytest.raises(Lost, match="Dawn"):
        complete_bytes(single)
    assert row(single).sha256 == ""


def test_bytes_that_are_gone_are_lost(single: Upload) -> None:
    single.staged.unlink()
    with pytest.raises(Lost, match="Dawn"):
        complete_bytes(single)


@pytest.mark.parametrize("number", range(3))
def test_without_one_of_its_parts_an_upload_is_lost(number: int, whole: Upload, staging: Path) -> None:
    whole.parts.get(part_number=number).staged.unlink()
    with pytest.raises(Lost, match="Dawn"):
        complete_bytes(whole)
    # The others are still there, and nothing half done.
    assert len(left_in(staging)) == 2


def test_large_parts_are_never_whole_in_memory(db: None) -> None:
    whole = of_parts(*[bytes(16 * CHUNK)] * 2)
    tracemalloc.start()
    try:
        complete_bytes(whole)
        assert tracemalloc.get_traced_memory()[1] < 4 * CHUNK
    finally:
        tracemalloc.stop()
    assert whole.staged.stat().st_size == 32 * CHUNK


def test_a_disk_that_is_full_meanwhile_is_not_kept_full(
    whole: Upload, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = left_in(staging)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            complete_bytes(whole)
    assert left_in(staging) == before
    complete_bytes(whole)
    assert is_whole(whole, staging)


@at_once
def test_a_worker_killed_at_any_line_leaves_what_the_next_one_finishes(staging: Path) -> None:
    whole, deaths = of_parts(*PIECES), 0

    def work() -> None:
        complete_bytes(row(whole))

    for deaths in killed_at_each_line(work, "media/assembling.py", "media/staging/folder.py"):  # noqa: B007 - told at the end
        complete_bytes(row(whole))
        assert is_whole(whole, staging)
        whole.staged.unlink()
        whole.delete()
        whole = of_parts(*PIECES)
    assert deaths > 25
    assert is_whole(whole, staging)


@at_once
def test_two_workers_at_once_do_not_harm_each_other(staging: Path) -> None:
    # One of them has stood still for longer than its lease, and does not know it.
    for _round in range(20):
        whole = of_parts(*PIECES)
        rows = [row(whole), row(whole)]
        in_threads(2, lambda number: complete_bytes(rows[number]))  # noqa: B023 - it ends within the round
        assert is_whole(whole, staging)
        whole.staged.unlink()
        whole.delete()


def test_a_worker_that_comes_back_late_finds_what_the_other_has_made(
    whole: Upload, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late, open_part = row(whole), Path.open
    parts = {part.staged for part in whole.parts.all()}

    def open_late(path: Path, *arguments: object, **options: object) -> object:
        if path in parts:
            monkeypatch.setattr(Path, "open", open_part)
            complete_bytes(whole)  # all of it, before it reads the first part
        return open_part(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", open_late)
    complete_bytes(late)
    assert is_whole(whole, staging)


@pytest.mark.parametrize("data", [b"a", bytes(3 * CHUNK)])
def test_the_sum_of_a_file_is_that_of_its_bytes(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    assert sha256_of(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_parts_that_nobody_put_together_are_never_due(whole: Upload) -> None:
    assert list(leases.due()) == [whole]
