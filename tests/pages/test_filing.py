"""Background work: uploads become the files of contents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from pagecast.media import leases
from pagecast.media.models import Blob, Upload
from pagecast.media.receiving import receive
from pagecast.pages import editing, filing
from pagecast.pages.models import Audio, Content, Page, Video
from pagecast.pages.signals import content_filed
from tests.films import film, kept, sound
from tests.uploading import add, add_subtitles, bytes_of, file, fresh, left_in, text_of, upload_of

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

State = Upload.State


def file_together(*contents: Content) -> list[Blob]:
    """What an import does with a batch."""
    return filing.file(*(upload_of(content).pk for content in contents))


def shown(reader: APIClient, page: Page) -> list[tuple[str, str | None]]:
    contents = reader.get(f"/api/page/content/{page.pk}/").json()["contents"]
    return [(content["title"], content["video_path"]) for content in contents]


def test_it_works(folders: Path) -> None:
    content = add(film(1), "Рассвет.mp4")
    file(content)
    assert bytes_of(content) == film(1)
    upload = upload_of(content)
    assert (upload.state, upload.error, upload.blob) == (State.COMPLETED, "", fresh(content).blob)
    assert left_in(folders / "staging") == []
    assert left_in(folders / "media") == [f"{upload.created_at:%Y/%m/%d}/video/Рассвет.mp4"]


def test_filing_twice_changes_nothing() -> None:
    content = add(film(1))
    file(content, content)
    assert (upload_of(content).attempts, bytes_of(content)) == (1, film(1))


def test_a_batch_is_filed_together(folders: Path) -> None:
    contents = [add(film(1)), add(sound(2), "Rain.m4a", Audio), add(film(3))]
    blobs = file_together(*contents)
    assert [bytes_of(content) for content in contents] == [film(1), sound(2), film(3)]
    assert blobs == [fresh(content).blob for content in contents]
    assert left_in(folders / "staging") == []
    assert len(left_in(folders / "media")) == 3


def test_a_large_batch_takes_hardly_more_queries_than_a_small_one() -> None:
    def queries(numbers: range) -> int:
        contents = [add(film(number), f"{number}.mp4") for number in numbers]
        keys = [upload_of(content).pk for content in contents]
        with CaptureQueriesContext(connection) as asked:
            assert len(filing.file(*keys)) == len(numbers)
        return len(asked)

    assert queries(range(20)) <= queries(range(20, 22)) + 10


def test_what_was_never_sent_to_a_worker_is_due() -> None:
    contents = [add(film(number), f"{number}.mp4") for number in range(3)]
    assert [upload.pk for upload in filing.due()] == [upload_of(content).pk for content in contents]
    file(*contents)
    assert not filing.due().exists()


def test_an_upload_of_two_contents_is_due_once() -> None:
    first = add(film(1))
    second = editing.write_content(Video(title="Dusk"), {}, upload_of(first))
    assert filing.due().count() == 1
    file(first)
    assert bytes_of(first) == bytes_of(second) == film(1)


def test_an_upload_that_nobody_wants_is_not_due() -> None:
    receive([film()], "Dawn.mp4")
    assert not filing.due().exists()
    assert not filing.wanted().exists()


def test_a_part_of_an_upload_is_not_due() -> None:
    whole = Upload.objects.create(name="Dawn.mp4", size=len(film()))
    editing.write_content(Video(title="Dawn"), {}, whole)
    for number, data in enumerate([film()[:100], film()[100:]]):
        part = receive([data], str(number))
        Upload.objects.filter(pk=part.pk).update(is_part=True, part_of=whole, part_number=number)
    assert list(filing.due()) == [whole]


def test_an_upload_that_came_in_parts_is_filed_whole(folders: Path) -> None:
    whole = Upload.objects.create(name="Dawn.mp4", size=len(film(1)))
    content = editing.write_content(Video(title="Dawn"), {}, whole)
    for number, data in enumerate([film(1)[:100], film(1)[100:]]):
        part = receive([data], str(number))
        Upload.objects.filter(pk=part.pk).update(is_part=True, part_of=whole, part_number=number)
    file(content)
    assert bytes_of(content) == film(1)
    assert left_in(folders / "staging") == []
    assert list(Upload.objects.all()) == [whole]


def test_a_worker_does_one_thing_after_the_other_until_there_is_nothing() -> None:
    contents = [add(film(number)) for number in range(3)]
    done = 0
    while filing.work():
        done += 1
    assert done == 3
    assert [bytes_of(content) for content in contents] == [film(number) for number in range(3)]


def test_the_same_bytes_under_another_name_link_to_the_blob_that_is_there(folders: Path) -> None:
    first, second = add(film(1), "Dawn.mp4"), add(film(1), "Рассвет.avi")
    file(first, second)
    assert fresh(first).blob == fresh(second).blob
    assert len(left_in(folders / "media")) == Blob.objects.count() == 1
    assert left_in(folders / "staging") == []
    assert [upload_of(each).is_duplicate for each in (first, second)] == [False, True]


def test_the_same_bytes_twice_in_a_batch_are_kept_once(folders: Path) -> None:
    contents = [add(film(1)), add(film(2)), add(film(1), "Dusk.mp4")]
    file_together(*contents)
    assert fresh(contents[0]).blob == fresh(contents[2]).blob
    assert len(left_in(folders / "media")) == Blob.objects.count() == 2
    assert [upload_of(each).is_duplicate for each in contents] == [False, False, True]


def test_an_editor_is_told_that_the_bytes_were_here_already() -> None:
    contents = [add(film(1)), add(film(1), "Dusk.mp4")]
    file(*contents)
    (notice,) = upload_of(contents[1]).notices
    assert "/video/Dawn.mp4" in notice
    assert upload_of(contents[0]).notices == []


def test_one_changed_byte_keeps_both(folders: Path) -> None:
    first, second = add(film(1)), add(film(2))
    file(first, second)
    assert (bytes_of(first), bytes_of(second)) == (film(1), film(2))
    assert len(left_in(folders / "media")) == 2


def test_readers_see_a_content_once_its_file_is_filed(reader: APIClient) -> None:
    content = add()
    page = editing.create_page({"title": "Films"}, [content.pk])
    assert shown(reader, page) == []
    file(content)
    blob = fresh(content).blob
    assert blob is not None
    assert shown(reader, page) == [("Dawn.mp4", blob.url)]


def test_views_from_before_a_film_appeared_are_not_its_views(reader: APIClient) -> None:
    content = add()
    page = editing.create_page({"title": "Films"}, [content.pk])
    for _ in range(3):
        shown(reader, page)
    file(content)
    answer = reader.get(f"/api/page/content/{page.pk}/").json()
    assert [content["counter"] for content in answer["contents"]] == [1]


def test_the_old_file_is_shown_until_the_new_one_is_filed(reader: APIClient) -> None:
    content = add(film("old"))
    file(content)
    page = editing.create_page({"title": "Films"}, [content.pk])
    before = shown(reader, page)
    editing.write_content(fresh(content), {}, receive([film("new")], "Dawn.mp4"))
    assert shown(reader, page) == before
    file(content)
    assert shown(reader, page) != before
    assert bytes_of(content) == film("new")


def test_the_newest_of_two_replacements_wins_whatever_their_order() -> None:
    content = add(film(1))
    uploads = [upload_of(content)]
    for number in (2, 3):
        uploads.append(receive([film(number)], "Dawn.mp4"))
        editing.write_content(fresh(content), {}, uploads[-1])
    for upload in reversed(uploads):
        filing.file(upload.pk)
    assert bytes_of(content) == film(3)


def test_a_content_deleted_while_its_upload_waits_releases_it() -> None:
    content = add()
    upload = upload_of(content)
    content.delete()
    filing.file(upload.pk)
    upload.refresh_from_db()
    assert (upload.state, upload.attempts, upload.holder) == (State.PENDING, 0, None)
    assert upload.staged.read_bytes() == film()


def test_an_upload_that_was_released_can_be_wanted_again() -> None:
    content = add(film(1))
    upload = upload_of(content)
    content.delete()
    filing.file(upload.pk)
    another = editing.write_content(Video(title="Dusk"), {}, Upload.objects.get())
    file(another)
    assert bytes_of(another) == film(1)


def test_an_upload_that_is_filed_is_there_at_once_for_the_next_who_wants_it() -> None:
    content = add(film(1))
    file(content)
    another = editing.write_content(Video(title="Dusk"), {}, upload_of(content))
    assert bytes_of(another) == film(1)


def test_a_kind_whose_app_is_not_installed_any_more_stops_nobody() -> None:
    content, other = add(film(1)), add(film(2))
    gone = ContentType.objects.create(app_label="gone", model="poem")
    Content.objects.non_polymorphic().filter(pk=content.pk).update(polymorphic_ctype=gone)
    filing.file(*Upload.objects.values_list("pk", flat=True))
    assert bytes_of(other) == film(2)
    assert Content.objects.non_polymorphic().get(pk=content.pk).blob is not None


def test_a_blob_whose_file_was_lost_is_put_back_by_the_same_bytes(folders: Path) -> None:
    first = add(film(1))
    file(first)
    blob = fresh(first).blob
    kept(blob).unlink()
    second = add(film(1), "Dusk.mp4")
    file(second)
    assert (bytes_of(first), fresh(second).blob) == (film(1), blob)
    assert left_in(folders / "staging") == []


def test_the_name_of_a_lost_file_is_not_given_to_other_bytes() -> None:
    first = add(film(1))
    file(first)
    blob = fresh(first).blob
    kept(blob).unlink()
    second = add(film(2))
    file(second)
    assert bytes_of(second) == film(2)
    assert not kept(blob).exists()


def test_subtitles_are_filed_as_webvtt_below_a_folder_of_their_own(folders: Path) -> None:
    content = add(film(1))
    track = add_subtitles(content, "Рассвет", "ru")
    filing.file(upload_of(track).pk, upload_of(content).pk)
    assert "Рассвет" in (text_of(track) or "")
    day = f"{upload_of(track).created_at:%Y/%m/%d}"
    assert left_in(folders / "media") == [f"{day}/subtitles/Dawn.ru.vtt", f"{day}/video/Dawn.mp4"]
    assert left_in(folders / "staging") == []


def test_equal_subtitles_sent_in_two_ways_are_kept_once() -> None:
    first, second = add(film(1)), add(film(2))
    tracks = [add_subtitles(first, "Dawn"), add_subtitles(second, "Dawn\n\n")]
    filing.file(*(upload_of(track).pk for track in tracks))
    assert text_of(tracks[0]) == text_of(tracks[1])
    assert Blob.objects.count() == 1


@pytest.fixture
def told() -> Iterator[list[tuple[int, bool, bytes | None]]]:
    """What an extension hears: which content, whether in a transaction, and what it finds there."""
    heard = []

    def hear(content_id: int, **_kwargs: object) -> None:
        content = Content.objects.get(pk=content_id)
        heard.append((content_id, connection.in_atomic_block, bytes_of(content)))

    content_filed.connect(hear)
    yield heard
    content_filed.disconnect(hear)


@at_once
def test_whoever_extends_pagecast_is_told_after_commit(told: list[tuple[int, bool, bytes | None]]) -> None:
    content = add(film(1))
    file(content)
    assert told == [(content.pk, False, film(1))]


@at_once
def test_whoever_extends_pagecast_is_told_of_subtitles_and_refusals_too(
    told: list[tuple[int, bool, bytes | None]],
) -> None:
    content, refused = add(film(1)), add(b"no film")
    track = add_subtitles(content, "Dawn")
    filing.file(upload_of(track).pk, upload_of(refused).pk)
    assert told == [(content.pk, False, None), (refused.pk, False, None)]


def test_an_upload_tells_an_outsider_nothing(reader: APIClient, bob: User) -> None:
    content = add()
    file(content)
    page = editing.create_page({"title": "Films"}, [content.pk])
    answer = reader.get(f"/api/page/content/{page.pk}/").content.decode()
    assert upload_of(content).sha256 not in answer
    assert reader.get(f"/api/content/{content.pk}/").status_code == 401


def test_what_another_worker_has_in_hand_is_left_to_it() -> None:
    content = add()
    until = timezone.now() + leases.LEASE
    Upload.objects.update(state=State.PROCESSING, lease_until=until, holder=uuid4(), attempts=1)
    file(content)
    assert (upload_of(content).state, upload_of(content).attempts) == (State.PROCESSING, 1)
