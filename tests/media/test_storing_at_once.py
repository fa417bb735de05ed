"""The blob store while several workers want something of it at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import transaction

from pagecast.media import leases, storing
from pagecast.media.models import Blob, Upload
from pagecast.media.preparing import Prepared
from pagecast.media.stores.folder import FolderStore
from pagecast.media.stores.store import Stored
from tests.acceptance.killing import killed_at_each_line
from tests.films import film, kept
from tests.uploading import in_hand, in_threads, let_leases_run_out

pytestmark = pytest.mark.django_db(transaction=True)

Send = Callable[..., Upload]


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


def test_two_equal_uploads_claimed_at_once_become_one_blob(send_films: Films, tree: Path) -> None:
    with in_hand(*send_films(1, 1)) as files:
        place(*files)
        assert (
            len({blob.pk for blobs in in_threads(2, lambda number: claim(files[number])) for blob in blobs})
            == 1
        )
    assert Blob.objects.count() == 1


def test_many_threads_that_want_one_name_get_one_each(send_films: Films, tree: Path) -> None:
    with in_hand(*send_films(*range(8))) as files:
        paths = [path for paths in in_threads(8, lambda number: place(files[number])) for path in paths]
    assert len(set(paths)) == 8
    assert [(tree / path).read_bytes() for path in paths] == [film(number) for number in range(8)]


def test_a_path_that_another_worker_has_just_turned_into_a_blob_is_not_reserved(
    send_films: Films, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, slow = send_films(1, 2)
    find = FolderStore.find

    def find_late(store: FolderStore, path: str) -> Stored | None:
        monkeypatch.setattr(FolderStore, "find", find)
        found = find(store, path)
        keep(quick)  # between the look and the reservation, all of it
        return found

    monkeypatch.setattr(FolderStore, "find", find_late)
    with in_hand(slow) as (file,):
        (path,) = place(file)
    assert Path(path).name == "Dawn-2.mp4"
    assert {blob.path for blob in Blob.objects.all()}.isdisjoint({path})
    assert kept(Blob.objects.get()).read_bytes() == film(1)


def test_a_worker_killed_at_any_line_of_reserving_never_has_the_path_of_a_blob(
    send_films: Films, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (waiting,), find, deaths = send_films(1, name="0.mp4"), FolderStore.find, 0

    def find_late(store: FolderStore, path: str) -> Stored | None:
        found = find(store, path)
        if found is None and not path.endswith("-2.mp4"):
            # What another worker does between the look and the reservation.
            Blob.objects.create(sha256=str(deaths), size=1, path=path)
        return found

    def place_it() -> None:
        with leases.lease([waiting.pk]) as (ours,):
            storing.place([(replace(file, upload=ours, name=ours.name), "video")])

    with in_hand(waiting) as (file,):
        monkeypatch.setattr(FolderStore, "find", find_late)
    let_leases_run_out()
    for deaths in killed_at_each_line(place_it, "media/storing.py"):
        paths = {upload.path for upload in Upload.objects.exclude(path=None)}
        assert paths.isdisjoint({blob.path for blob in Blob.objects.all()})
        waiting.path, waiting.lease_until, waiting.name = None, None, f"{deaths}.mp4"
        waiting.save()
    assert deaths > 30
    assert str(Upload.objects.get().path).endswith("-2.mp4")
