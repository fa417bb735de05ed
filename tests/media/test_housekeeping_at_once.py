"""What anything needs stays, also what is wanted, sent or referred to while a sweep runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from pagecast.media import housekeeping
from pagecast.media.models import Blob
from pagecast.media.receiving import receive
from pagecast.pages import filing
from pagecast.pages.models import Content, SubtitleTrack, Video
from tests.acceptance.killing import killed_at_each_line
from tests.films import film, kept
from tests.media.waste import DAY, keep, stray, swept, unused_film
from tests.postcards.models import Postcard
from tests.uploading import (
    add,
    add_subtitles,
    bytes_of,
    file,
    fresh,
    in_threads,
    left_in,
    make_older,
    next_worker,
    text_of,
    upload_of,
)

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unused(db: None) -> Blob:
    """A film and its picture, and a day later nothing that refers to it."""
    return unused_film()


def refer_by_content(blob: Blob) -> None:
    Video.objects.create(title="Dawn", blob=blob)


def refer_by_subtitles(blob: Blob) -> None:
    SubtitleTrack.objects.create(content=Video.objects.create(title="Dawn"), blob=blob)


def refer_by_another_app(blob: Blob) -> None:
    Postcard._base_manager.create(picture=blob)


def refer_by_another_column(blob: Blob) -> None:
    Postcard._base_manager.create(stamp=blob)


def refer_by_many_to_many(blob: Blob) -> None:
    Postcard._base_manager.create().others.add(blob)


REFERENCES = [
    refer_by_content,
    refer_by_subtitles,
    refer_by_another_app,
    refer_by_another_column,
    refer_by_many_to_many,
]


@pytest.mark.parametrize("refer", REFERENCES)
def test_a_file_that_anything_refers_to_stays(refer: Callable[[Blob], None], unused: Blob) -> None:
    refer(unused)
    assert ("UNUSED", unused.path) not in swept()
    assert kept(unused).read_bytes() == film("unused")
    assert Postcard._base_manager.count() + Content.objects.count() == 1


@pytest.mark.parametrize("refer", REFERENCES)
def test_a_file_that_is_referred_to_after_the_look_stays(
    refer: Callable[[Blob], None], unused: Blob, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[list[Blob]] = []
    unreferred = housekeeping._unreferred

    def look_then_refer(rows: Any) -> Any:
        found = unreferred(rows)
        if rows.model is Blob and not looked:
            looked.append(list(found))  # seen as unused, and then referred to
            refer(unused)
            return Blob.objects.filter(pk__in=[blob.pk for blob in looked[0]])
        return found

    monkeypatch.setattr(housekeeping, "_unreferred", look_then_refer)
    swept()
    assert looked == [[unused]]
    assert kept(unused).read_bytes() == film("unused")


@at_once
@pytest.mark.parametrize("refer", REFERENCES)
def test_a_file_that_an_open_transaction_refers_to_stays(refer: Callable[[Blob], None], unused: Blob) -> None:
    referred, looked = threading.Event(), threading.Event()

    def work(number: int) -> None:
        if number == 0:
            with transaction.atomic():
                refer(unused)
                # What every edit of ours does at its end: from now on the row that is referred to is held.
                connection.check_constraints()
                referred.set()
                # The sweep is under way, and has to wait for our commit.
                looked.wait(0.5)
        else:
            referred.wait(30)
            swept()
            looked.set()

    in_threads(2, work)
    assert kept(unused).read_bytes() == film("unused")
    assert Blob.objects.get() == unused


@at_once
def test_whoever_refers_to_a_file_while_it_is_swept_is_told_that_it_is_gone(unused: Blob) -> None:
    def work(number: int) -> str:
        if number == 0:
            swept()
            return ""
        try:
            with transaction.atomic():
                refer_by_another_app(unused)
        except Exception as error:  # noqa: BLE001 - which one is the database's matter
            return type(error).__name__
        return "kept"

    _nothing, answer = in_threads(2, work)
    if answer == "kept":
        assert kept(unused).read_bytes() == film("unused")
    else:
        assert answer == "IntegrityError"
        assert not Blob.objects.exists()


@at_once
def test_uploads_that_arrive_while_a_sweep_runs_are_safe(folders: Path) -> None:
    done, contents = threading.Event(), []

    def work(number: int) -> None:
        if number == 0:
            while not done.is_set():
                swept()
            return
        try:
            for mark in range(8):
                # The same bytes come and go, so that blobs fall out of use and are wanted again.
                content = add(film(mark % 3), f"{mark}.mp4")
                track = add_subtitles(content, f"Dawn {mark % 2}")
                filing.file(upload_of(content).pk, upload_of(track).pk)
                contents.append((content, track, film(mark % 3)))
                if mark % 2:
                    content.delete()
                    contents.pop()
        finally:
            done.set()

    in_threads(2, work)
    next_worker()
    assert len(contents) == 4
    for content, track, data in contents:
        assert bytes_of(content) == data
        assert text_of(track)
    for blob in Blob.objects.all():
        assert kept(blob).exists()


@at_once
def test_two_sweeps_at_once_do_no_harm(folders: Path) -> None:
    for number in range(6):
        keep(film(number))
    needed = add(film("needed"))
    file(needed)
    stray(folders)
    Blob.objects.update(created_at=timezone.now() - DAY)
    in_threads(3, lambda _number: swept())
    assert list(Blob.objects.all()) == [fresh(needed).blob]
    assert bytes_of(needed) == film("needed")


@at_once
def test_a_sweep_killed_at_any_line_is_finished_by_the_next_one(folders: Path) -> None:
    needed, deaths = add(film("needed")), 0
    file(needed)

    def make_waste() -> None:
        keep(film(deaths))
        receive([film(deaths)], "Dawn.mp4")
        (folders / "staging" / "left").write_bytes(b"left")
        stray(folders)
        make_older(DAY)

    make_waste()
    for deaths in killed_at_each_line(swept, "media/housekeeping.py"):
        for blob in Blob.objects.all():
            assert kept(blob).exists()
        swept()
        # What was to go by its row and lost it is a stray file: it goes once it is old.
        assert left_in(folders / "staging") == []
        assert list(Blob.objects.all()) == [fresh(needed).blob]
        assert bytes_of(needed) == film("needed")
        if deaths % 10 == 0:
            make_waste()
    assert deaths > 30
    make_older(DAY)
    swept()
    assert len([name for name in left_in(folders / "media") if "posters" not in name]) == 1
