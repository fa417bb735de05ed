"""Uploads that come in pieces: what is kept of them, and when they are handed on."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import resource
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError

from pagecast.media import resuming
from pagecast.media.appending import (
    Appending,
    Checked,
    Gone,
    Mismatch,
    Moved,
    NoSpace,
    Sums,
    TooMuch,
)
from pagecast.media.assembling import complete_bytes
from pagecast.media.errors import Empty, NoRoom, NotComplete, TooLarge
from pagecast.media.models import NAME_LENGTH, Upload
from pagecast.media.staging.place import CHUNK

pytestmark = pytest.mark.django_db
STATES = Upload.State


@pytest.fixture
def upload(db: None) -> Upload:
    """Ten bytes that are waited for."""
    return begin()


def begin(size: int = 10, name: str = "Dawn.mp4", **fields: Any) -> Upload:
    return resuming.begin(name, size, **{"sender": "alice"} | fields)


def put(upload: Upload, offset: int, *pieces: bytes) -> None:
    with Appending(upload, offset) as end:
        for piece in pieces:
            end.write(piece)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


@contextmanager
def longest_file(size: int) -> Iterator[None]:
    """Files can be made so long, and no longer: a fault that is not that of a full disk.

    No longer than needed: what this process writes elsewhere is bound by it, too.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)


def test_it_works(upload: Upload) -> None:
    put(upload, 0, b"012", b"34")
    assert not resuming.finish(upload)
    put(upload, 5, b"56789")
    assert resuming.finish(upload)
    assert upload.staged.read_bytes() == b"0123456789"
    assert (upload.state, upload.sha256) == (STATES.PENDING, sha256(b"0123456789"))


def test_nothing_is_here_at_the_beginning(upload: Upload) -> None:
    assert resuming.arrived(upload) == 0
    assert (upload.state, upload.sha256, upload.sender) == (STATES.RECEIVING, "", "alice")


def test_a_file_without_bytes_is_refused(staging: Path) -> None:
    with pytest.raises(Empty, match="Dawn"):
        begin(0)
    assert names(staging) == []


def test_a_file_past_the_limit_is_refused(small_limit: int, staging: Path) -> None:
    assert begin(small_limit).size == small_limit
    with pytest.raises(TooLarge, match=r"Dawn.*10.bytes"):
        begin(small_limit + 1)
    assert len(names(staging)) == 1


def test_what_the_disk_has_no_room_for_is_refused(monkeypatch: pytest.MonkeyPatch, staging: Path) -> None:
    full = shutil.disk_usage("/")._replace(free=9)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with pytest.raises(NoRoom, match="Dawn"):
        begin(10)
    assert begin(9)


def test_a_database_that_is_gone_leaves_nothing(staging: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_arguments: object, **_options: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(Upload, "save", gone)
    with pytest.raises(DatabaseError):
        begin()
    assert names(staging) == []


def test_of_a_long_name_its_end_is_kept() -> None:
    name = begin(name="x" * 1000 + ".mp4").name
    assert len(name) == NAME_LENGTH
    assert name.endswith(".mp4")


# --- Appending --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0, 2, 4, 10])
def test_only_behind_what_is_there_is_written(upload: Upload, offset: int) -> None:
    put(upload, 0, b"012")
    with pytest.raises(Moved, match=r"Dawn.*3 bytes"):
        Appending(upload, offset)
    assert upload.staged.read_bytes() == b"012"


def test_of_two_connections_the_one_that_was_overtaken_stops(upload: Upload) -> None:
    with Appending(upload, 0) as hanging, Appending(upload, 0) as new:
        new.write(b"012")
        with pytest.raises(Moved):
            hanging.write(b"abc")
        new.write(b"3456789")
    assert upload.staged.read_bytes() == b"0123456789"
    resuming.finish(upload)
    assert upload.sha256 in ("", sha256(b"0123456789"))


def test_many_at_once_never_mix_their_bytes() -> None:
    size = 400
    upload = begin(size)
    stopped = []

    def send(letter: bytes) -> None:
        while (offset := upload.staged.stat().st_size) < size:
            try:
                with Appending(upload, offset) as end:
                    while end.offset < size:
                        end.write(letter * min(10, size - end.offset))
            except Moved:
                stopped.append(letter)

    threads = [threading.Thread(target=send, args=(letter,)) for letter in (b"a", b"b", b"c", b"d")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    data = upload.staged.read_bytes()
    assert len(data) == size
    assert all(data[at : at + 10] == data[at : at + 1] * 10 for at in range(0, size, 10))


def test_a_piece_waits_for_one_that_is_just_written(upload: Upload) -> None:
    with Appending(upload, 0) as end, upload.staged.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        writer = threading.Thread(target=end.write, args=(b"012",))
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()
        assert resuming.arrived(upload) == 0
        fcntl.flock(other, fcntl.LOCK_UN)
        writer.join()
    assert resuming.arrived(upload) == 3


def test_nothing_is_written_past_the_announced_size(upload: Upload) -> None:
    with Appending(upload, 0) as end:
        end.write(b"012345")
        with pytest.raises(TooMuch, match=r"Dawn.*10 bytes"):
            end.write(b"67890")
    assert upload.staged.read_bytes() == b"012345"


def test_what_is_abandoned_meanwhile_takes_nothing_more(upload: Upload, staging: Path) -> None:
    with Appending(upload, 0) as end:
        end.write(b"012")
        resuming.abandon(upload)
        with pytest.raises(Gone):
            end.write(b"345")
    assert names(staging) == []
    with pytest.raises(Upload.DoesNotExist):
        upload.refresh_from_db()


def test_a_file_that_is_gone_is_not_made_again(upload: Upload, staging: Path) -> None:
    upload.staged.unlink()
    with pytest.raises(Gone):
        Appending(upload, 0)
    with pytest.raises(Gone):
        resuming.arrived(upload)
    assert names(staging) == []


def test_what_fits_on_a_full_disk_is_kept_and_gone_on_from(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def crowded(file: int, data: Any) -> int:
        room = 7 - os.fstat(file).st_size
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data[:room])

    monkeypatch.setattr(os, "write", crowded)
    with Appending(upload, 0) as end:
        end.write(b"012")
        with pytest.raises(NoSpace, match=r"Dawn.*3.bytes"):
            end.write(b"345678")
        assert end.offset == resuming.arrived(upload) == 7
    monkeypatch.undo()
    put(upload, 7, b"789")
    resuming.finish(upload)
    assert upload.staged.read_bytes() == b"0123456789"
    assert upload.sha256 == sha256(b"0123456789")


def test_another_fault_of_the_disk_is_not_taken_for_a_full_one(
    upload: Upload,
) -> None:
    with Appending(upload, 0) as end, longest_file(5), pytest.raises(OSError, match="too large"):
        end.write(b"0123456789")
    assert resuming.arrived(upload) == 5


def test_closing_twice_does_no_harm(upload: Upload) -> None:
    end = Appending(upload, 0)
    end.write(b"012")
    end.close()
    end.close()
    assert resuming.arrived(upload) == 3


# --- SHA-256 ----------------------------------------------------------------------------------------------


def test_the_sum_is_left_to_the_worker_when_not_all_pieces_came_here(upload: Upload) -> None:
    upload.staged.write_bytes(b"012")
    put(upload, 3, b"3456789")
    resuming.finish(upload)
    assert upload.sha256 == ""
    complete_bytes(upload)
    assert upload.sha256 == sha256(b"0123456789")


def test_the_sum_is_left_to_the_worker_when_another_process_wrote_between(upload: Upload) -> None:
    put(upload, 0, b"012")
    with upload.staged.open("ab") as file:
        file.write(b"345")
    put(upload, 6, b"6789")
    resuming.finish(upload)
    assert upload.sha256 == ""


def test_only_so_many_sums_are_kept() -> None:
    sums, keys = Sums(2), [uuid4() for _ in range(3)]
    for key in keys:
        known = sums.take(key, 0)
        known.update(b"012")
        sums.put(key, 3, known)
    assert [sums.of(key, 3) for key in keys] == ["", sha256(b"012"), sha256(b"012")]


def test_a_sum_is_in_one_hand_at_a_time() -> None:
    sums, key = Sums(2), uuid4()
    sums.put(key, 3, sums.take(key, 0))
    assert sums.take(key, 3) is not None
    assert sums.take(key, 3) is None


def test_a_sum_of_other_bytes_is_not_used() -> None:
    sums, key = Sums(2), uuid4()
    sums.put(key, 3, sums.take(key, 0))
    assert sums.of(key, 4) == ""
    assert sums.take(key, 4) is None


def test_nothing_is_read_to_finish(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    put(upload, 0, b"0123456789")
    monkeypatch.setattr(os, "read", None)
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert resuming.finish(upload)


# --- Checked ----------------------------------------------------------------------------------------------


def checked(upload: Upload, offset: int, data: bytes, algorithm: str = "sha1") -> Checked:
    return Checked(Appending(upload, offset), algorithm, hashlib.new(algorithm, data).digest())


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_a_checked_piece_is_there_when_all_of_it_is(upload: Upload, algorithm: str) -> None:
    put(upload, 0, b"012")
    with checked(upload, 3, b"3456789", algorithm) as end:
        end.write(b"345")
        end.write(b"6789")
        assert resuming.arrived(upload) == 3
        end.settle()
    assert resuming.finish(upload)
    assert upload.staged.read_bytes() == b"0123456789"
    assert upload.sha256 == sha256(b"0123456789")


def test_a_checked_piece_that_is_damaged_leaves_nothing(upload: Upload, staging: Path) -> None:
    with checked(upload, 0, b"0123") as end:
        end.write(b"0124")
        with pytest.raises(Mismatch, match=r"Dawn.*sha1"):
            end.settle()
    assert names(staging) == [str(upload.pk)]
    assert resuming.arrived(upload) == 0


def test_a_checked_piece_that_breaks_off_leaves_nothing(upload: Upload, staging: Path) -> None:
    with checked(upload, 0, b"0123") as end:
        end.write(b"012")
    assert names(staging) == [str(upload.pk)]
    assert resuming.arrived(upload) == 0


def test_what_waits_to_be_checked_has_no_name(upload: Upload, staging: Path) -> None:
    with checked(upload, 0, b"0123") as end:
        end.write(b"012")
        assert names(staging) == [str(upload.pk)]


def test_no_more_is_put_aside_than_was_announced(upload: Upload) -> None:
    with checked(upload, 0, b"") as end:
        end.write(b"012345")
        with pytest.raises(TooMuch):
            end.write(b"67890")


def test_a_checked_piece_that_was_overtaken_leaves_nothing(upload: Upload) -> None:
    with checked(upload, 0, b"abc") as end:
        end.write(b"abc")
        put(upload, 0, b"012")
        with pytest.raises(Moved):
            end.settle()
    assert upload.staged.read_bytes() == b"012"


def test_a_large_checked_piece_is_never_whole_in_memory() -> None:
    upload = begin(4 * CHUNK)
    sizes = []
    with Checked(Appending(upload, 0), "sha1", hashlib.sha1(bytes(4 * CHUNK)).digest()) as end:  # noqa: S324 - a checksum
        for _ in range(4):
            end.write(bytes(CHUNK))
        original, Appending.write = Appending.write, lambda self, piece: sizes.append(len(piece))  # type: ignore[method-assign]
        try:
            end.settle()
        finally:
            Appending.write = original  # type: ignore[method-assign]
    assert sizes == [CHUNK] * 4


# --- Finishing --------------------------------------------------------------------------------------------


def test_the_bytes_are_on_disk_before_the_row_says_so(
    upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(upload, 0, b"0123456789")
    synced: list[tuple[Path, str]] = []

    def watch(handle: int) -> None:
        state = Upload.objects.get(pk=upload.pk).state
        synced.append((Path(f"/proc/self/fd/{handle}").readlink(), state))

    monkeypatch.setattr(os, "fsync", watch)
    resuming.finish(upload)
    assert synced == [(upload.staged, "receiving"), (upload.staged.parent, "receiving")]


def test_finishing_twice_makes_no_difference(upload: Upload) -> None:
    put(upload, 0, b"0123456789")
    twin = Upload.objects.get(pk=upload.pk)
    resuming.finish(upload)
    Upload.objects.update(state=STATES.COMPLETED)
    assert resuming.finish(twin)
    assert Upload.objects.get().state == STATES.COMPLETED


def test_what_was_abandoned_is_not_finished(upload: Upload) -> None:
    put(upload, 0, b"0123456789")
    twin = Upload.objects.get(pk=upload.pk)
    resuming.abandon(upload)
    with pytest.raises(Gone):
        resuming.finish(twin)


# --- Joining ----------------------------------------------------------------------------------------------


def part(data: bytes, **fields: Any) -> Upload:
    upload = begin(len(data), **{"is_part": True} | fields)
    put(upload, 0, data)
    assert resuming.finish(upload)
    return upload


def join(*parts: Upload) -> Upload:
    return resuming.join([part.pk for part in parts], "Dawn.mp4", sender="alice")


def test_a_worker_puts_the_parts_together_in_their_order() -> None:
    whole = join(part(b"012"), part(b"3456"), part(b"789"))
    assert (whole.state, whole.sha256, whole.size, whole.is_part) == (STATES.PENDING, "", 10, False)
    complete_bytes(whole)
    assert whole.staged.read_bytes() == b"0123456789"
    assert whole.sha256 == sha256(b"0123456789")


def test_parts_of_another_order_are_not_the_same_whole() -> None:
    first, second, third = part(b"012"), part(b"345"), part(b"678")
    whole = join(first, second)
    assert join(first, second) == whole
    for others in ([second, first], [first], [first, second, third], [third, first]):
        with pytest.raises(resuming.Taken):
            join(*others)
    assert list(whole.parts.order_by("part_number")) == [first, second]


def test_what_is_no_part_of_the_sender_is_not_put_together() -> None:
    mine = part(b"012")
    for others in ([], [mine, mine], [mine, part(b"3", sender="bob")], [mine, part(b"3", is_part=False)]):
        with pytest.raises(resuming.NotParts, match="Dawn"):
            join(*others)
    assert not Upload.objects.exclude(part_of=None).exists()


def test_a_part_that_has_not_arrived_is_not_put_together() -> None:
    with pytest.raises(NotComplete):
        join(part(b"012"), begin(5, is_part=True))


def test_a_whole_past_the_limit_is_not_put_together(small_limit: int) -> None:
    with pytest.raises(TooLarge):
        join(part(b"012345"), part(b"67890"))
    assert Upload.objects.count() == 2


def test_a_part_of_a_whole_is_not_abandoned_alone(staging: Path) -> None:
    first, second = part(b"012"), part(b"345")
    whole = join(first, second)
    with pytest.raises(resuming.Taken):
        resuming.abandon(first)
    resuming.abandon(whole)
    assert names(staging) == []
    assert not Upload.objects.exists()


def test_what_is_being_filed_is_not_abandoned(upload: Upload) -> None:
    Upload.objects.update(state=STATES.PROCESSING)
    with pytest.raises(resuming.Busy):
        resuming.abandon(upload)
    assert upload.staged.exists()
