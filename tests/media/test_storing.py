"""The blob store: a staged file gets its place in the media tree, once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from pagecast.media import storing
from pagecast.media.models import Blob, Upload

pytestmark = pytest.mark.django_db

Send = Callable[..., Upload]


def files(folder: Path) -> list[str]:
    """Everything that lies in a folder, hidden or not."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture(params=["one file system", "two file systems"])
def place(request: pytest.FixtureRequest, settings: Any) -> Iterator[Callable[..., PurePosixPath]]:
    """The verb, with the media beside the staging folder, and with it on another file system."""
    if request.param == "one file system":
        yield storing.place
        return
    elsewhere = Path(tempfile.mkdtemp(dir="/dev/shm"))
    assert elsewhere.stat().st_dev != Path(settings.PAGECAST_STAGING).parent.stat().st_dev
    settings.MEDIA_ROOT = elsewhere / "media"
    yield storing.place
    shutil.rmtree(elsewhere)


@pytest.fixture
def media(place: object, settings: Any) -> Path:
    """Where files are kept, on whichever file system."""
    return Path(settings.MEDIA_ROOT)


def test_it_works(send: Send, place: Callable[..., PurePosixPath], media: Path) -> None:
    upload = send(b"film", "Рассвет над рекой.mp4")
    path = place(upload, "video")
    assert str(path) == f"{upload.created_at:%Y/%m/%d}/video/Рассвет_над_рекой.mp4"
    assert (media / path).read_bytes() == b"film"


def test_the_staged_file_stays_until_it_is_cleared(
    send: Send, place: Callable[..., PurePosixPath], media: Path
) -> None:
    upload = send(b"film")
    path = place(upload, "video")
    assert upload.staged.read_bytes() == b"film"
    storing.clear(upload, path, storing.claim_blob(upload, path))
    assert not upload.staged.exists()
    assert files(media) == [str(path)]


def test_placing_again_finds_the_same_name(
    send: Send, place: Callable[..., PurePosixPath], media: Path
) -> None:
    upload = send()
    path = place(upload, "video")
    assert [place(upload, "video"), place(upload, "video")] == [path, path]
    storing.clear(upload, path, storing.claim_blob(upload, path))
    assert files(media) == [str(path)]


def test_names_that_collide_get_a_short_suffix(
    send: Send, place: Callable[..., PurePosixPath], media: Path
) -> None:
    paths = [place(send(data), "video") for data in (b"one", b"two", b"three")]
    assert [path.name for path in paths] == ["Dawn.mp4", "Dawn-2.mp4", "Dawn-3.mp4"]
    assert [(media / path).read_bytes() for path in paths] == [b"one", b"two", b"three"]


def test_a_copy_that_was_cut_off_is_made_anew(
    send: Send, place: Callable[..., PurePosixPath], media: Path
) -> None:
    upload = send(b"the whole film")
    media.mkdir(parents=True)
    # What a worker killed in the middle of copying leaves.
    (media / f".{upload.pk}.part").write_bytes(b"the who")
    (media / f".{upload.pk}.incoming").write_bytes(b"the who")
    assert (media / place(upload, "video")).read_bytes() == b"the whole film"


def test_clearing_leaves_nothing_of_a_worker_that_was_killed(
    send: Send, place: Callable[..., PurePosixPath], media: Path
) -> None:
    upload = send()
    media.mkdir(parents=True)
    for ending in ("part", "incoming", "link"):
        (media / f".{upload.pk}.{ending}").write_bytes(b"half")
    storing.clear(upload, None, None)
    assert files(media) == []


def test_the_bytes_are_on_disk_before_the_name_is_answered(
    send: Send, place: Callable[..., PurePosixPath], media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload, synced = send(), []

    def watch(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())

    monkeypatch.setattr(os, "fsync", watch)
    path = place(upload, "video")
    assert synced[-1] == (media / path).parent


def test_a_name_of_255_bytes_can_be_placed(
    send: Send, place: Callable[..., PurePosixPath], media: Path
) -> None:
    for data in (b"one", b"two"):
        assert (media / place(send(data, "Й" * 300 + ".mp4"), "video")).read_bytes() == data


def test_only_the_first_of_two_equal_uploads_becomes_a_blob(send: Send) -> None:
    first, second = send(), send()
    paths = [storing.place(upload, "video") for upload in (first, second)]
    blobs = [storing.claim_blob(upload, path) for upload, path in zip((first, second), paths, strict=True)]
    assert blobs[0] == blobs[1]
    assert (blobs[0].path, blobs[0].sha256, blobs[0].size) == (str(paths[0]), first.sha256, first.size)


def test_a_name_that_was_not_needed_is_removed(send: Send, tree: Path) -> None:
    first, second = send(), send()
    paths = [storing.place(upload, "video") for upload in (first, second)]
    blob = storing.claim_blob(first, paths[0])
    storing.clear(second, paths[1], storing.claim_blob(second, paths[1]))
    assert files(tree) == [blob.path]
    assert blob.file.read_bytes() == first.staged.read_bytes()


def test_bytes_that_are_here_are_known(send: Send) -> None:
    first = send(name="Dawn.mp4")
    assert not storing.is_known(first)
    blob = storing.claim_blob(first, storing.place(first, "video"))
    second = send(name="Dusk.mp4")
    assert storing.is_known(second)
    assert storing.claim_blob(second, None) == blob
    assert not storing.is_known(send(b"other bytes"))


def test_a_file_that_was_lost_comes_back_with_its_bytes(
    send: Send, place: Callable[..., PurePosixPath], media: Path
) -> None:
    first = send(b"film")
    path = place(first, "video")
    blob = storing.claim_blob(first, path)
    storing.clear(first, path, blob)
    shutil.rmtree(media)
    second = send(b"film", "Dusk.mp4")
    assert storing.is_known(second)
    assert blob.file.read_bytes() == b"film"
    storing.clear(second, None, blob)
    assert files(media) == [blob.path]


def test_the_name_of_a_file_that_was_lost_is_not_given_to_other_bytes(send: Send) -> None:
    first = send(b"film")
    blob = storing.claim_blob(first, storing.place(first, "video"))
    blob.file.unlink()
    other = send(b"another film")
    path = storing.place(other, "video")
    assert str(path) != blob.path
    assert storing.claim_blob(other, path) != blob


@pytest.mark.django_db(transaction=True)
def test_two_equal_uploads_claimed_at_once_become_one_blob(send: Send) -> None:
    uploads = [send(), send()]
    together = Barrier(2, timeout=30)

    def claim(upload: Upload) -> int:
        try:
            path = storing.place(upload, "video")
            together.wait()
            return storing.claim_blob(upload, path).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert len(set(pool.map(claim, uploads))) == 1
    assert Blob.objects.count() == 1


def test_many_threads_that_want_one_name_get_one_each(send: Send, tree: Path) -> None:
    uploads = [send(f"film {number}".encode()) for number in range(8)]

    def place(upload: Upload) -> PurePosixPath:
        try:
            return storing.place(upload, "video")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(place, uploads))
    assert len(set(paths)) == 8
    kept = [(tree / path).read_bytes() for path in paths]
    assert kept == [f"film {number}".encode() for number in range(8)]
