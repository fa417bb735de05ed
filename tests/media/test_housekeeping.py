"""What nobody needs is taken away, and nothing else, also while uploads arrive."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from pagecast.media import housekeeping, leases
from pagecast.media.housekeeping import UNUSED, YOUNG, Waste, sweep, tidy, tidy_all
from pagecast.media.models import Blob, Upload
from pagecast.media.receiving import Staging, receive
from pagecast.media.staging.scratch import scratch
from pagecast.media.stores.address import Bucket
from pagecast.media.stores.folder import HALF_DONE, FolderStore
from pagecast.media.stores.store import Stored
from tests.films import film, kept
from tests.media.waste import DAY, stray, swept, unused_film
from tests.postcards.models import Postcard
from tests.uploading import (
    add,
    bytes_of,
    file,
    fresh,
    left_in,
    make_older,
    upload_of,
)

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

HOUR = dt.timedelta(hours=1)
State = Upload.State


@pytest.fixture
def unused(db: None) -> Blob:
    """A film and its picture, and a day later nothing that refers to it."""
    return unused_film()


def test_it_works(unused: Blob, folders: Path) -> None:
    needed = add(film("needed"))
    file(needed)
    assert ("UNUSED", unused.path) in swept()
    assert bytes_of(needed) == film("needed")
    assert list(Blob.objects.all()) == [fresh(needed).blob]
    assert len(left_in(folders / "media")) == 1


def test_a_second_sweep_finds_nothing(unused: Blob) -> None:
    assert swept()
    assert swept() == []


@pytest.mark.parametrize("is_spool", [True, False])
def test_a_folder_that_somebody_works_in_stays_however_long_that_takes(
    is_spool: bool, folders: Path, settings: Any
) -> None:
    """A film of many gigabytes that comes out of a bucket, say."""
    settings.PAGECAST_BUCKET = Bucket("films") if is_spool else None
    left = folders / "staging" / "picture-left"
    left.mkdir(parents=True)
    with scratch("picture") as folder:
        (folder / "copy").write_bytes(b"some of it")
        for each in (folder, left):
            os.utime(each, (0, 0))
        assert [found.name for found in housekeeping.tidy_here()] == [left.name]
        assert (folder / "copy").exists()
    assert left_in(folders / "staging") == []


def test_a_picture_goes_with_its_file(unused: Blob, folders: Path) -> None:
    assert len(left_in(folders / "media")) == 2
    swept()
    assert left_in(folders) == []


def test_looking_removes_nothing(unused: Blob, folders: Path) -> None:
    stray(folders)
    expired = receive([film(1)], "Dawn.mp4")
    Upload.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - DAY)
    (folders / "staging" / "left").write_bytes(b"left")
    make_older(YOUNG)
    before = (left_in(folders), list(Upload.objects.values()), list(Blob.objects.values()))
    looked = swept(dry=True)
    assert {waste for waste, _name in looked} == {waste.name for waste in Waste}
    assert (left_in(folders), list(Upload.objects.values()), list(Blob.objects.values())) == before
    # What was announced is what goes; the staged file of an upload goes with it.
    assert swept() == looked
    assert left_in(folders) == []


def test_what_is_younger_than_was_said_stays(unused: Blob) -> None:
    assert swept(DAY + HOUR) == []
    assert {waste for waste, _name in swept(DAY - HOUR)} == {"HISTORY", "UNUSED"}


def test_the_size_of_what_goes_is_told(unused: Blob) -> None:
    (size,) = [each.size for each in sweep(dt.timedelta(0), dry=True) if each.waste is Waste.UNUSED]
    assert size == len(film("unused"))


def test_an_upload_that_another_app_refers_to_stays() -> None:
    upload = receive([film()], "Dawn.mp4")
    Postcard._base_manager.create(draft=upload)
    make_older(DAY)
    assert swept() == []
    assert upload.staged.exists()


def test_an_upload_whose_time_is_over_goes_with_its_bytes_and_parts(staging: Path) -> None:
    whole = Upload.objects.create(name="Dawn.mp4", size=4, expires_at=timezone.now() + HOUR)
    part = receive([b"film"], "part")
    Upload.objects.filter(pk=part.pk).update(is_part=True, part_of=whole)
    assert swept() == []
    Upload.objects.filter(pk=whole.pk).update(expires_at=timezone.now() - HOUR)
    assert swept() == [("EXPIRED", "Dawn.mp4")]
    assert (left_in(staging), Upload.objects.count()) == ([], 0)


@pytest.mark.parametrize("state", [State.RECEIVING, State.PENDING])
def test_an_upload_that_is_heard_of_after_the_look_stays(state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    upload = receive([film()], "Dawn.mp4")
    Upload.objects.update(state=state, expires_at=timezone.now() - HOUR)
    remove = housekeeping._remove_upload

    def hear_then_remove(*arguments: Any, **options: Any) -> Any:
        Upload.objects.update(expires_at=timezone.now() + DAY)
        return remove(*arguments, **options)

    monkeypatch.setattr(housekeeping, "_remove_upload", hear_then_remove)
    assert swept() == []
    assert upload.staged.exists()


def test_an_upload_that_a_content_waits_for_never_goes() -> None:
    content = add(film(1))
    Upload.objects.update(expires_at=timezone.now() - DAY)
    make_older(365 * DAY)
    assert swept() == []
    file(content)
    assert bytes_of(content) == film(1)


def test_an_upload_whose_content_was_deleted_goes_after_a_while(staging: Path) -> None:
    add(film(1)).delete()
    assert swept() == []  # it is younger than an hour
    make_older(YOUNG)
    assert swept() == [("EXPIRED", "Dawn.mp4")]
    assert left_in(staging) == []


def test_so_does_one_whose_worker_was_killed_before(folders: Path) -> None:
    content = add(film(1))
    with leases.lease([upload_of(content).pk]) as (upload,):
        path = "2026/11/23/video/Dawn.mp4"
        FolderStore(Path(settings.MEDIA_ROOT)).put(upload.staged, path)
        Upload.objects.update(path=path)
        content.delete()
        make_older(DAY)
        assert swept() == []  # the worker lives
    Upload.objects.update(lease_until=timezone.now() - HOUR)
    assert swept() == [("EXPIRED", "Dawn.mp4")]
    assert left_in(folders) == []


def test_what_was_refused_goes_after_a_while_and_not_as_long_as_an_editor_can_read_it() -> None:
    content = add(b"no film")
    file(content)
    make_older(DAY)
    assert swept() == []
    content.delete()
    assert swept(DAY + HOUR) == []
    assert swept() == [("HISTORY", "Dawn.mp4")]


def test_staged_files_without_an_upload_go_when_they_are_old(staging: Path) -> None:
    staging.mkdir()
    (staging / "left").write_bytes(b"left")
    (staging / "folder").mkdir()
    (staging / "folder" / "inside").write_bytes(b"left")
    assert swept() == []
    make_older(YOUNG)
    assert swept() == [("STAGED", "folder"), ("STAGED", "left")]
    assert list(staging.iterdir()) == []


def test_what_goes_with_an_upload_stays_as_long_as_it_waits(staging: Path) -> None:
    content = add(film(1))
    staged = upload_of(content).staged
    staged.with_name(f"{staged.name}.vtt").write_bytes(b"WEBVTT")
    make_older(DAY)
    assert swept() == []
    file(content)
    assert swept() == [("STAGED", f"{staged.name}.vtt")]


def test_a_file_that_comes_in_however_slowly_stays(staging: Path) -> None:
    with Staging("Dawn.mp4") as coming:
        coming.write(film(1))
        coming.sync()
        make_older(DAY)
        assert swept() == []
        upload = coming.keep()
    assert upload.staged.read_bytes() == film(1)


def test_files_in_the_tree_that_nobody_knows_go_when_they_are_old(folders: Path) -> None:
    path = stray(folders)
    path.with_name(f"{HALF_DONE}0").write_bytes(b"half")
    assert swept() == []
    make_older(YOUNG)
    assert {name for _waste, name in swept(YOUNG + HOUR)} == set()
    assert [waste for waste, _name in swept()] == ["STRAY", "STRAY"]
    assert left_in(folders) == []


def test_a_place_that_is_reserved_is_not_a_stray_one(folders: Path) -> None:
    path = stray(folders)
    picture = path.parent / "posters" / "Stray.mp4.jpg"
    picture.parent.mkdir()
    picture.write_bytes(b"picture")
    add(film(1))
    Upload.objects.update(path=str(path.relative_to(folders / "media")))
    make_older(DAY)
    assert swept() == []
    assert path.exists()


def test_a_name_that_became_free_and_was_given_away_meanwhile_stays(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stray(folders)
    make_older(DAY)
    find = FolderStore.find

    def find_late(store: FolderStore, name: str) -> Stored | None:
        path.unlink()
        path.write_bytes(b"new")
        return find(store, name)

    monkeypatch.setattr(FolderStore, "find", find_late)
    assert swept() == []
    assert path.read_bytes() == b"new"


def test_the_name_of_a_swept_file_that_was_given_away_meanwhile_stays(
    unused: Blob, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = housekeeping._known

    def known_late(paths: Any) -> set[str]:
        # Another sweep removed the file as a stray one, and somebody has its name now.
        if not Blob.objects.exists():
            Blob.objects.create(sha256="0", size=1, path=unused.path)
        return known(paths)

    monkeypatch.setattr(housekeeping, "_known", known_late)
    swept()
    assert kept(unused).exists()


def test_many_stray_files_go_in_batches(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 3)
    path = stray(folders)
    for number in range(7):
        path.with_name(f"{number}.mp4").write_bytes(b"stray")
    make_older(DAY)
    assert len(swept()) == 8
    assert left_in(folders) == []


def test_links_that_lead_out_of_the_tree_are_not_followed(folders: Path) -> None:
    outside = folders / "outside"
    outside.mkdir()
    (outside / "precious.mp4").write_bytes(b"precious")
    media = folders / "media"
    media.mkdir()
    (media / "linked").symlink_to(outside)
    (media / "link.mp4").symlink_to(outside / "precious.mp4")
    make_older(DAY)
    os.utime(outside / "precious.mp4", (0, 0))
    swept()
    assert (outside / "precious.mp4").read_bytes() == b"precious"


def test_workers_tidy_by_themselves_what_came_to_nothing(unused: Blob, staging: Path) -> None:
    receive([film(1)], "Dawn.mp4")
    make_older(UNUSED - DAY)
    assert tidy_all() == 0
    make_older(DAY)
    assert tidy_all() == 1
    assert left_in(staging) == []
    # What was filed is not theirs to remove.
    assert kept(unused).exists()


def test_tidying_can_be_looked_at_first() -> None:
    upload = receive([film(1)], "Dawn.mp4")
    make_older(UNUSED)
    assert [each.name for each in tidy(UNUSED, dry=True)] == ["Dawn.mp4"]
    assert upload.staged.exists()
