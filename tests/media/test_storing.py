"""The blob store: a staged file gets its place in the media tree, once."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from pagecast.media import leases, preparing, storing
from pagecast.media.models import Blob, Upload
from pagecast.media.preparing import Prepared
from pagecast.media.stores.folder import FolderStore
from pagecast.media.stores.store import StoreAway
from tests.films import film, kept
from tests.uploading import in_hand, left_in, let_leases_run_out

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

Send = Callable[..., Upload]


@pytest.fixture(params=["one file system", "two file systems"])
def media(request: pytest.FixtureRequest, settings: Any) -> Iterator[Path]:
    """Where files are kept: beside the staging folder, and on another file system."""
    if request.param == "one file system":
        yield Path(settings.MEDIA_ROOT)
        return
    elsewhere = Path(tempfile.mkdtemp(dir="/dev/shm"))
    assert elsewhere.stat().st_dev != Path(settings.PAGECAST_STAGING).parent.stat().st_dev
    settings.MEDIA_ROOT = elsewhere / "media"
    yield settings.MEDIA_ROOT
    shutil.rmtree(elsewhere)


@pytest.fixture
def send_films(send: Send) -> Callable[..., list[Upload]]:
    """Sends a film for each mark, all of them under one name."""
    return lambda *marks, name="Dawn.mp4": [send(film(mark), name) for mark in marks]


Films = Callable[..., list[Upload]]


def place(*files: Prepared, folder: str = "video") -> list[str]:
    """Place them; answers with their paths."""
    assert storing.place([(file, folder) for file in files]) == {}
    return [str(file.upload.path) for file in files]


def claim(*files: Prepared) -> list[Blob]:
    """The blobs of these, in an edit of their own."""
    with transaction.atomic():
        blobs = storing.claim(files)
    return [blobs[file] for file in files]


def keep(*uploads: Upload) -> list[Blob]:
    """All that is done with them until they are blobs."""
    with in_hand(*uploads) as files:
        place(*(file for file in files if file.blob is None))
        blobs = claim(*files)
        with transaction.atomic():
            leases.complete(dict(zip(files, blobs, strict=True)))
        for file, blob in zip(files, blobs, strict=True):
            storing.clear(file, blob)
    return blobs


def rows(*uploads: Upload) -> list[Upload]:
    return [Upload.objects.get(pk=upload.pk) for upload in uploads]


def test_it_works(send: Send, media: Path) -> None:
    upload = send(film(1), "Рассвет над рекой.mp4")
    with in_hand(upload) as (file,):
        (path,) = place(file)
    assert path == f"{upload.created_at:%Y/%m/%d}/video/Рассвет_над_рекой.mp4"
    assert (media / path).read_bytes() == film(1)


def test_a_name_tells_the_truth_about_the_bytes(send: Send, media: Path) -> None:
    with in_hand(send(film(), "Dawn.mp3")) as (file,):
        assert place(file)[0].endswith("/Dawn.mp4")


def test_the_staged_file_stays_until_it_is_cleared(send_films: Films, media: Path) -> None:
    (upload,) = send_films(1)
    with in_hand(upload) as (file,):
        (path,) = place(file)
        assert upload.staged.read_bytes() == film(1)
        storing.clear(file, *claim(file))
    assert not upload.staged.exists()
    assert left_in(media) == [path]


def test_the_place_is_in_the_row_before_the_bytes_are_there(
    send_films: Films, monkeypatch: pytest.MonkeyPatch
) -> None:
    (upload,) = send_films(1)
    put, seen = FolderStore.put, []

    def watch(store: FolderStore, source: Path, path: str, *, sync: bool = True) -> None:
        seen.append((rows(upload)[0].path, path, store.find(path)))
        put(store, source, path, sync=sync)

    monkeypatch.setattr(FolderStore, "put", watch)
    with in_hand(upload) as (file,):
        (path,) = place(file)
    assert seen == [(path, path, None)]


def test_placing_again_finds_the_same_place(send_films: Films, media: Path) -> None:
    (upload,) = send_films(1)
    paths = []
    for _attempt in range(3):
        let_leases_run_out()
        with in_hand(upload) as files:
            paths += place(*files)
    assert paths == [paths[0]] * 3
    assert left_in(media) == [paths[0]]


def test_names_that_collide_get_a_short_suffix(send_films: Films, media: Path) -> None:
    first, second, third = send_films(1, 2, 3)
    paths = []
    for batch in ([first], [second, third]):
        with in_hand(*batch) as files:
            paths += place(*files)
    assert [Path(path).name for path in paths] == ["Dawn.mp4", "Dawn-2.mp4", "Dawn-3.mp4"]
    assert [(media / path).read_bytes() for path in paths] == [film(1), film(2), film(3)]


def test_many_files_of_one_name_all_get_a_short_suffix(send_films: Films, tree: Path) -> None:
    with in_hand(*send_films(*range(15))) as files:
        names = [Path(path).name for path in place(*files)]
    assert names[:9] == ["Dawn.mp4", *(f"Dawn-{number}.mp4" for number in range(2, 10))]
    assert len(set(names)) == 15
    assert all(len(name) < 20 for name in names)


def test_each_folder_has_names_of_its_own(send_films: Films, tree: Path) -> None:
    with in_hand(*send_films(1, 2)) as (first, second):
        paths = [*place(first), *place(second, folder="image")]
    assert [Path(path).name for path in paths] == ["Dawn.mp4"] * 2


def test_a_name_of_255_bytes_can_be_placed(send_films: Films, media: Path) -> None:
    with in_hand(*send_films(1, 2, name="Й" * 300 + ".mp4")) as files:
        paths = place(*files)
    assert [(media / path).read_bytes() for path in paths] == [film(1), film(2)]


def test_the_bytes_are_on_disk_before_anything_is_answered(
    send_films: Films, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = []

    def watch(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())

    with in_hand(*send_films(1)) as files:
        monkeypatch.setattr(os, "fsync", watch)
        (path,) = place(*files)
    assert (media / path).parent in synced


def test_a_file_that_somebody_put_there_by_hand_is_not_overwritten(send_films: Films, media: Path) -> None:
    (upload,) = send_films(1)
    by_hand = media / f"{upload.created_at:%Y/%m/%d}/video/Dawn.mp4"
    by_hand.parent.mkdir(parents=True)
    by_hand.write_bytes(b"by hand")
    (blob,) = keep(upload)
    assert (by_hand.read_bytes(), kept(blob).name) == (b"by hand", "Dawn-2.mp4")
    assert kept(blob).read_bytes() == film(1)


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Somebody puts these bytes by hand where an upload is to go, after it was seen that nothing is there."""

    def prepare(data: bytes) -> None:
        put = FolderStore.put

        def put_late(store: FolderStore, source: Path, path: str, *, sync: bool = True) -> None:
            (store.root / path).parent.mkdir(parents=True, exist_ok=True)
            (store.root / path).write_bytes(data)
            monkeypatch.setattr(FolderStore, "put", put)
            put(store, source, path, sync=sync)

        monkeypatch.setattr(FolderStore, "put", put_late)

    return prepare


def test_nor_is_one_that_comes_at_the_same_moment(
    send_films: Films, media: Path, by_hand: Callable[[bytes], None]
) -> None:
    (upload,) = send_films(1)
    by_hand(b"by hand")
    with in_hand(upload) as (file,):
        (obstacle,) = storing.place([(file, "video")]).values()
        assert isinstance(obstacle, FileExistsError)
        storing.drop(file.upload)  # were this the last attempt
        (path,) = left_in(media)
    assert (media / path).read_bytes() == b"by hand"
    assert rows(upload)[0].path is None


def test_after_that_another_name_is_found(
    send_films: Films, media: Path, by_hand: Callable[[bytes], None]
) -> None:
    (upload,) = send_films(1)
    by_hand(b"by hand")
    with in_hand(upload) as (file,):
        storing.place([(file, "video")])
    let_leases_run_out()
    (blob,) = keep(upload)
    assert kept(blob).name == "Dawn-2.mp4"
    assert kept(blob).with_name("Dawn.mp4").read_bytes() == b"by hand"


def test_only_the_first_of_two_equal_uploads_becomes_a_blob(send_films: Films) -> None:
    first, second = send_films(1, 1)
    with in_hand(first, second) as files:
        paths, blobs = place(*files), claim(*files)
    assert blobs[0] == blobs[1]
    assert (blobs[0].path, blobs[0].sha256, blobs[0].size) == (paths[0], first.sha256, first.size)


def test_a_place_that_was_not_needed_is_removed(send_films: Films, tree: Path) -> None:
    first, second = send_films(1, 1)
    blob, _same = keep(first, second)
    assert left_in(tree) == [blob.path]
    assert kept(blob).read_bytes() == film(1)
    assert [upload.is_duplicate for upload in rows(first, second)] == [False, True]


def test_a_blob_has_the_path_that_was_its_uploads(send_films: Films, tree: Path) -> None:
    (upload,) = send_films(1)
    (blob,) = keep(upload)
    assert left_in(tree) == [blob.path]
    assert rows(upload)[0].path is None


def test_what_was_found_in_a_file_is_kept_with_it(send: Send, tree: Path) -> None:
    (blob,) = keep(send(film()))
    assert (blob.medium, blob.media_type, blob.codecs) == ("video", "video/mp4", "h264")
    assert (blob.duration, blob.width, blob.height, blob.playable) == (1.0, 32, 32, True)


def test_bytes_that_are_here_are_known(send_films: Films, tree: Path) -> None:
    first, same, other = send_films(1, 1, 2)
    assert storing.known([first, same]) == {}
    (blob,) = keep(first)
    assert storing.known([same, other]) == {same.sha256: blob}


def test_a_file_that_was_lost_comes_back_with_its_bytes(send_films: Films, media: Path) -> None:
    first, second = send_films(1, 1)
    (blob,) = keep(first)
    shutil.rmtree(media)
    storing.put_back(blob, preparing.prepare(second, [], blob))
    assert left_in(media) == [blob.path]
    assert (media / blob.path).read_bytes() == film(1)


def test_a_file_that_was_not_lost_is_not_written_again(send_films: Films, media: Path) -> None:
    first, second = send_films(1, 1)
    (blob,) = keep(first)
    before = (media / blob.path).stat()
    storing.put_back(blob, preparing.prepare(second, [], blob))
    assert (media / blob.path).stat() == before


def test_the_name_of_a_file_that_was_lost_is_not_given_to_other_bytes(send_films: Films, tree: Path) -> None:
    first, other = send_films(1, 2)
    (blob,) = keep(first)
    kept(blob).unlink()
    (another,) = keep(other)
    assert another.path != blob.path


@pytest.mark.parametrize("verb", ["find", "put", "sync"])
def test_a_store_that_is_away_is_an_obstacle_for_each_file(
    verb: str, send_films: Films, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise StoreAway("The object store does not answer.")

    uploads = send_films(1, 2)
    with in_hand(*uploads) as files:
        monkeypatch.setattr(FolderStore, verb, fail)
        failed = storing.place([(file, "video") for file in files])
    assert [type(failed[file]) for file in files] == [StoreAway] * 2


def test_a_file_that_cannot_be_put_does_not_hinder_the_others(
    send_films: Films, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = FolderStore.put

    def put_small_ones(store: FolderStore, source: Path, path: str, *, sync: bool = True) -> None:
        if source == uploads[0].staged:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        put(store, source, path, sync=sync)

    monkeypatch.setattr(FolderStore, "put", put_small_ones)
    uploads = send_films(1, 2)
    with in_hand(*uploads) as files:
        failed = storing.place([(file, "video") for file in files])
        assert list(failed) == files[:1]
        assert left_in(tree) == [files[1].upload.path]


def test_a_store_that_is_away_after_the_commit_keeps_a_file_that_a_sweep_finds(
    send_films: Films, staging: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise StoreAway("The object store does not answer.")

    with in_hand(*send_films(1, 1)) as files:
        place(*files)
        blobs = claim(*files)
        monkeypatch.setattr(FolderStore, "remove", fail)
        for file, blob in zip(files, blobs, strict=True):
            storing.clear(file, blob)
    assert left_in(staging) == []


def test_a_worker_that_lost_its_lease_reserves_nothing(send_films: Films, tree: Path) -> None:
    (upload,) = send_films(1)
    with in_hand(upload) as (slow,):
        let_leases_run_out()
        (blob,) = keep(upload)
        before = Upload.objects.values().get()
        (obstacle,) = storing.place([(slow, "video")]).values()
        assert isinstance(obstacle, TimeoutError)
        assert Upload.objects.values().get() == before
    assert left_in(tree) == [blob.path]


def test_a_blob_that_was_swept_meanwhile_is_not_claimed(send_films: Films, tree: Path) -> None:
    first, second = send_films(1, 1)
    (blob,) = keep(first)
    with in_hand(second) as (file,):
        assert file.blob == blob
        blob.delete()
        with transaction.atomic():
            assert storing.claim([file]) == {}


def test_facts_that_a_blob_lacks_are_found_when_its_bytes_come_again(send_films: Films, tree: Path) -> None:
    first, second = send_films(1, 1)
    keep(first)
    # It came before files were looked at.
    Blob.objects.update(medium="")
    assert preparing.prepare(second, [], Blob.objects.get()).facts.medium == "video"
