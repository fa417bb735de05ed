"""After a file is kept: a still picture of it, and what was not known when it came."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone
from rest_framework.test import APIClient

from pagecast.counting.models import Tally
from pagecast.media import studying
from pagecast.media.models import Blob
from pagecast.media.stores.folder import FolderStore
from pagecast.media.stores.store import StoreAway
from pagecast.pages import editing, filing
from pagecast.pages.models import Audio, Content, Page
from tests.films import film, kept, sound
from tests.uploading import add, add_subtitles, file, fresh, in_processes, left_in

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dawn(db: None) -> Content:
    """A film that is kept, and that nobody has looked at yet."""
    content = add(film(1))
    file(content)
    return fresh(content)


@pytest.fixture
def page(dawn: Content) -> Page:
    """The page that shows it."""
    return editing.create_page({"title": "Films"}, [dawn.pk])


def blob_of(content: Content) -> Blob:
    blob = fresh(content).blob
    assert blob is not None
    return blob


def edition(page: Page) -> int:
    return Tally.objects.get(pk=page.pk).edition


def study(content: Content) -> None:
    filing.study(blob_of(content).pk)


def is_jpeg(path: Path) -> bool:
    return path.read_bytes()[:3] == b"\xff\xd8\xff"


def poster(content: Content) -> Path:
    return Path(settings.MEDIA_ROOT) / blob_of(content).poster_path


def test_it_works(dawn: Content, folders: Path) -> None:
    assert blob_of(dawn).poster_url is None
    study(dawn)
    assert is_jpeg(poster(dawn))
    assert blob_of(dawn).poster_path == blob_of(dawn).path.replace("video/", "video/posters/") + ".jpg"
    assert fresh(dawn).poster == blob_of(dawn).poster_url
    assert left_in(folders / "staging") == []
    assert not studying.due().exists()


def test_readers_of_the_page_get_the_picture(dawn: Content, page: Page, reader: APIClient) -> None:
    def shown() -> str | None:
        (content,) = reader.get(f"/api/page/content/{page.pk}/").json()["contents"]
        found: str | None = content["poster"]
        return found

    assert shown() is None
    study(dawn)
    assert shown() == blob_of(dawn).poster_url is not None


def test_every_page_that_shows_the_file_gets_a_new_edition(dawn: Content, page: Page) -> None:
    twin = add(film(1), "Dusk.mp4")
    file(twin)
    beside = editing.create_page({"title": "Beside"}, [twin.pk])
    elsewhere = editing.create_page({"title": "Elsewhere"}, [])
    before = [edition(each) for each in (page, beside, elsewhere)]
    study(dawn)
    after = [edition(each) for each in (page, beside, elsewhere)]
    assert [now > then for then, now in zip(before, after, strict=True)] == [True, True, False]


def test_a_sound_without_a_cover_gets_the_shape_of_its_waves(folders: Path) -> None:
    content = add(sound(), "Rain.m4a", Audio)
    file(content)
    study(content)
    assert blob_of(content).study_due is None
    assert is_jpeg(poster(content))


def test_subtitles_are_not_drawn(dawn: Content) -> None:
    track = add_subtitles(dawn, "Dawn")
    file(track)
    assert list(studying.due()) == [blob_of(dawn)]


def test_a_second_study_does_nothing(dawn: Content, page: Page) -> None:
    study(dawn)
    before = (edition(page), Blob.objects.values().get())
    study(dawn)
    assert before == (edition(page), Blob.objects.values().get())


def test_of_which_no_picture_can_be_had_there_is_none(dawn: Content, folders: Path) -> None:
    # Its bytes went bad after it was kept.
    kept(blob_of(dawn)).write_bytes(b"no film")
    study(dawn)
    assert (blob_of(dawn).poster_path, blob_of(dawn).study_due) == ("", None)
    assert left_in(folders / "media") == [blob_of(dawn).path]


def test_a_file_from_before_files_were_looked_at_is_looked_at_now(dawn: Content, folders: Path) -> None:
    Blob.objects.update(
        medium="", what="", media_type="", codecs="", playable=None, duration=None, width=None
    )
    study(dawn)
    blob = blob_of(dawn)
    assert (blob.medium, blob.media_type, blob.duration, blob.width) == ("video", "video/mp4", 1.0, 32)
    assert is_jpeg(poster(dawn))


def test_a_file_from_before_that_nobody_can_read_stays(dawn: Content) -> None:
    Blob.objects.update(medium="")
    kept(blob_of(dawn)).write_bytes(b"\0" * 100)
    study(dawn)
    assert blob_of(dawn).study_due is None
    assert kept(blob_of(dawn)).exists()


@pytest.mark.parametrize("verb", ["put", "remove"])
def test_a_store_that_is_away_is_tried_again_later(
    verb: str, dawn: Content, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_options: object) -> None:
        raise StoreAway("The object store does not answer.")

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, verb, fail)
        study(dawn)
    assert not studying.due().exists()  # for a little while
    let_turns_run_out()
    study(dawn)
    assert is_jpeg(poster(dawn))


def let_turns_run_out() -> None:
    Blob.objects.exclude(study_due=None).update(study_due=timezone.now() - dt.timedelta(seconds=1))


def test_a_file_that_was_lost_does_not_stop_the_worker(dawn: Content) -> None:
    kept(blob_of(dawn)).unlink()
    study(dawn)
    assert blob_of(dawn).poster_path == ""
    assert not studying.due().exists()


def test_a_picture_that_a_killed_worker_left_is_replaced(dawn: Content, folders: Path) -> None:
    place = folders / "media" / studying.poster_of(blob_of(dawn).path)
    place.parent.mkdir()
    place.write_bytes(b"half a picture")
    study(dawn)
    assert is_jpeg(place)


def test_whoever_takes_his_turn_is_alone_with_it(dawn: Content) -> None:
    key = blob_of(dawn).pk
    assert studying.take(key) is not None
    assert studying.take(key) is None
    let_turns_run_out()
    assert studying.take(key) is not None


def test_a_blob_that_was_swept_meanwhile_gets_no_picture(dawn: Content) -> None:
    blob = studying.take(blob_of(dawn).pk)
    assert blob is not None
    findings = studying.study(blob)
    dawn.delete()
    Blob.objects.all().delete()
    assert not studying.keep(blob, findings)
    filing.study(blob.pk)


@at_once
def test_several_workers_at_once_draw_one_picture(folders: Path) -> None:
    content = add(film(1))
    file(content)
    page = editing.create_page({"title": "Films"}, [content.pk])
    before, key = edition(page), blob_of(content).pk
    in_processes(3, lambda _number: filing.study(key))
    assert is_jpeg(poster(content))
    assert len(left_in(folders / "media")) == 2
    assert edition(page) > before


def test_filing_comes_before_pictures(dawn: Content) -> None:
    newest = add(film(2))
    assert filing.work()
    assert blob_of(newest).poster_path
    assert not blob_of(dawn).poster_path
    assert filing.work()
    assert blob_of(dawn).poster_path
    assert not filing.work()
