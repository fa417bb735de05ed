"""Background work: an upload becomes the file of its content, or is refused with the reason."""

from __future__ import annotations

import datetime as dt
import errno
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from pagecast.media import leases, probing, storing
from pagecast.media.errors import Refused
from pagecast.media.models import Blob, Upload
from pagecast.media.receiving import receive
from pagecast.pages import editing, filing
from pagecast.pages.models import Content, Page, Video
from pagecast.pages.signals import content_filed

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

FILM = b"the bytes of a film"
State = Upload.State
Add = Callable[..., Content]


@pytest.fixture
def add() -> Add:
    """An editor adds a film with a file: these bytes under this name."""

    def add(data: bytes = FILM, name: str = "Dawn.mp4", title: str = "Dawn") -> Content:
        return editing.write_content(Video(title=title), {}, receive([data], name))

    return add


def upload_of(content: Content) -> Upload:
    upload = fresh(content).upload
    assert upload is not None
    return upload


def fresh(content: Content) -> Content:
    found: Content = Content.objects.get(pk=content.pk)
    return found


def file(*contents: Content) -> None:
    """What a worker does, once."""
    for content in contents:
        filing.file(upload_of(content).pk)


def file_later(content: Content) -> None:
    """What the next worker does, after the wait is over."""
    past = timezone.now() - dt.timedelta(seconds=1)
    Upload.objects.filter(pk=upload_of(content).pk).update(lease_until=past)
    file(content)


def bytes_of(content: Content) -> bytes | None:
    blob = fresh(content).blob
    return blob.file.read_bytes() if blob else None


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def shown(reader: APIClient, page: Page) -> list[tuple[str, str | None]]:
    contents = reader.get(f"/api/page/content/{page.pk}/").json()["contents"]
    return [(content["title"], content["video_path"]) for content in contents]


def test_it_works(add: Add, folders: Path) -> None:
    content = add(FILM, "Рассвет.mp4")
    file(content)
    assert bytes_of(content) == FILM
    upload = upload_of(content)
    assert (upload.state, upload.error, upload.blob) == (State.COMPLETED, "", fresh(content).blob)
    assert left_in(folders / "staging") == []
    assert left_in(folders / "media") == [f"{upload.created_at:%Y/%m/%d}/video/Рассвет.mp4"]


def test_filing_twice_changes_nothing(add: Add) -> None:
    content = add()
    file(content, content)
    assert (upload_of(content).attempts, bytes_of(content)) == (1, FILM)


def test_what_was_never_sent_to_a_worker_is_due(add: Add) -> None:
    contents = [add(name=f"{number}.mp4") for number in range(3)]
    assert [upload.pk for upload in filing.due()] == [upload_of(content).pk for content in contents]
    file(*contents)
    assert not filing.due().exists()


def test_an_upload_of_two_contents_is_due_once(add: Add) -> None:
    first = add()
    second = editing.write_content(Video(title="Dusk"), {}, upload_of(first))
    assert filing.due().count() == 1
    file(first)
    assert bytes_of(first) == bytes_of(second) == FILM


def test_an_upload_that_nobody_wants_is_not_due(db: None) -> None:
    receive([FILM], "Dawn.mp4")
    assert not filing.due().exists()


def test_the_same_bytes_under_another_name_link_to_the_blob_that_is_there(add: Add, folders: Path) -> None:
    first, second = add(FILM, "Dawn.mp4"), add(FILM, "Рассвет.avi")
    file(first, second)
    assert fresh(first).blob == fresh(second).blob
    assert len(left_in(folders / "media")) == Blob.objects.count() == 1
    assert left_in(folders / "staging") == []


def test_one_changed_byte_keeps_both(add: Add, folders: Path) -> None:
    first, second = add(FILM), add(FILM[:-1] + b"!")
    file(first, second)
    assert (bytes_of(first), bytes_of(second)) == (FILM, FILM[:-1] + b"!")
    assert len(left_in(folders / "media")) == 2


@at_once
def test_equal_files_filed_at_once_become_one_blob(
    add: Add, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [add(name=f"{number}.mp4") for number in range(4)]
    uploads = [upload_of(content).pk for content in contents]
    placed, place = Barrier(4, timeout=30), storing.place

    def place_together(upload: Upload, kind: str) -> object:
        try:
            return place(upload, kind)
        finally:
            placed.wait()  # none of them knows the others' bytes

    monkeypatch.setattr(storing, "place", place_together)

    def work(upload: UUID) -> None:
        try:
            filing.file(upload)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, uploads))
    assert {upload_of(content).state for content in contents} == {State.COMPLETED}
    assert [bytes_of(content) for content in contents] == [FILM] * 4
    assert left_in(folders / "media") == [Blob.objects.get().path]
    assert left_in(folders / "staging") == []


def test_readers_see_a_content_once_its_file_is_filed(add: Add, reader: APIClient) -> None:
    content = add()
    page = editing.create_page({"title": "Films"}, [content.pk])
    assert shown(reader, page) == []
    file(content)
    blob = fresh(content).blob
    assert blob is not None
    assert shown(reader, page) == [("Dawn", blob.url)]


def test_views_from_before_a_film_appeared_are_not_its_views(add: Add, reader: APIClient) -> None:
    content = add()
    page = editing.create_page({"title": "Films"}, [content.pk])
    for _ in range(3):
        shown(reader, page)
    file(content)
    answer = reader.get(f"/api/page/content/{page.pk}/").json()
    assert [content["counter"] for content in answer["contents"]] == [1]


def test_the_old_file_is_shown_until_the_new_one_is_filed(add: Add, reader: APIClient) -> None:
    content = add(b"old")
    file(content)
    page = editing.create_page({"title": "Films"}, [content.pk])
    before = shown(reader, page)
    editing.write_content(fresh(content), {}, receive([b"new"], "Dawn.mp4"))
    assert shown(reader, page) == before
    file(content)
    assert shown(reader, page) != before
    assert bytes_of(content) == b"new"


def test_a_refused_replacement_leaves_the_old_file_shown(add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    content = add(b"old")
    file(content)
    editing.write_content(fresh(content), {}, receive([b"new"], "Dawn.mp4"))
    refuse_all(monkeypatch)
    file(content)
    assert (upload_of(content).state, bytes_of(content)) == (State.FAILED, b"old")


def test_the_newest_of_two_replacements_wins_whatever_their_order(add: Add) -> None:
    content = add(b"first")
    uploads = [upload_of(content)]
    for data in (b"second", b"third"):
        uploads.append(receive([data], "Dawn.mp4"))
        editing.write_content(fresh(content), {}, uploads[-1])
    for upload in reversed(uploads):
        filing.file(upload.pk)
    assert bytes_of(content) == b"third"


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", fail)
        yield


def test_a_full_disk_is_waited_for(add: Add, monkeypatch: pytest.MonkeyPatch) -> None:
    content = add()
    with full_disk(monkeypatch):
        file(content)
    upload = upload_of(content)
    assert (upload.state, upload.error) == (State.PROCESSING, "No space left on device")
    assert not filing.due().exists()  # for a little while
    file_later(content)
    assert (upload_of(content).state, upload_of(content).error) == (State.COMPLETED, "")
    assert bytes_of(content) == FILM


def test_a_disk_that_stays_full_is_given_up_with_the_reason(
    add: Add, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = add()
    with full_disk(monkeypatch):
        for _ in range(leases.ATTEMPTS + 1):
            file_later(content)
    upload = upload_of(content)
    assert upload.state == State.FAILED
    assert "No space left on device" in upload.error
    assert left_in(folders / "staging") == []


def refuse_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(upload: Upload) -> None:
        message = f"“{upload.name}” is no film."
        raise Refused(message)

    monkeypatch.setattr(probing, "probe", refuse)


def test_a_refused_file_says_why_and_is_not_kept(
    add: Add, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_all(monkeypatch)
    content = add()
    file(content)
    assert (upload_of(content).state, upload_of(content).error) == (State.FAILED, "“Dawn.mp4” is no film.")
    assert left_in(folders) == []
    assert bytes_of(content) is None


def test_a_file_that_lost_its_bytes_is_refused(add: Add) -> None:
    content = add()
    upload_of(content).staged.write_bytes(b"")
    file(content)
    assert upload_of(content).state == State.FAILED
    assert "empty" in upload_of(content).error


def test_an_editor_reads_why_a_file_was_refused(
    add: Add, editor: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_all(monkeypatch)
    content = add()
    file(content)
    answer = editor.get(f"/api/content/{content.pk}/").json()
    assert (answer["upload_status"], answer["upload_error"]) == ("failed", "“Dawn.mp4” is no film.")


def test_a_worker_that_died_too_often_is_the_files_fault(add: Add, folders: Path) -> None:
    content = add()
    Upload.objects.update(state=State.PROCESSING, attempts=leases.ATTEMPTS)
    file(content)
    assert upload_of(content).state == State.FAILED
    assert left_in(folders / "staging") == []


def test_a_file_that_is_given_up_leaves_no_name_where_readers_could_find_it(add: Add, folders: Path) -> None:
    content = add()
    storing.place(upload_of(content), "video")  # so far came the worker that was killed last
    Upload.objects.update(state=State.PROCESSING, attempts=leases.ATTEMPTS)
    file(content)
    assert upload_of(content).state == State.FAILED
    assert left_in(folders) == []


def test_filing_does_not_overwrite_what_an_editor_wrote_meanwhile(
    add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, place = add(), storing.place

    def place_slowly(upload: Upload, kind: str) -> object:
        editing.write_content(fresh(content), {"title": "Daybreak", "is_active": False})
        return place(upload, kind)

    monkeypatch.setattr(storing, "place", place_slowly)
    file(content)
    kept = fresh(content)
    assert (kept.title, kept.title_key, kept.is_active) == ("Daybreak", "daybreak", False)
    assert bytes_of(content) == FILM


def test_an_editor_does_not_overwrite_the_file_given_meanwhile(add: Add) -> None:
    content = add()
    opened = fresh(content)
    file(content)
    editing.write_content(opened, {"title": "Daybreak"})
    assert (fresh(content).title, bytes_of(content)) == ("Daybreak", FILM)


def test_the_admin_does_not_overwrite_the_file_given_meanwhile(
    add: Add, admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, write = add(), editing.write_content

    def write_late(opened: Content, *rest: object) -> Content:
        file(content)  # between the moment the form read the content and the one that writes it
        return write(opened, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(editing, "write_content", write_late)
    admin_client.post(f"/admin/pages/video/{content.pk}/change/", {"title": "Daybreak", "is_active": "on"})
    assert (fresh(content).title, bytes_of(content)) == ("Daybreak", FILM)


def test_an_editor_at_the_api_does_not_overwrite_the_file_given_meanwhile(
    add: Add, editor: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, write = add(), editing.write_content

    def write_late(opened: Content, *rest: object) -> Content:
        file(content)
        return write(opened, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(editing, "write_content", write_late)
    answer = editor.patch(f"/api/content/{content.pk}/", {"title": "Daybreak"})
    assert (answer.status_code, answer.json()["title"]) == (200, "Daybreak")
    assert bytes_of(content) == FILM


def test_a_content_deleted_meanwhile_does_not_stop_the_worker(
    add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, place = add(), storing.place
    upload = upload_of(content)

    def place_slowly(upload: Upload, kind: str) -> object:
        fresh(content).delete()
        return place(upload, kind)

    monkeypatch.setattr(storing, "place", place_slowly)
    filing.file(upload.pk)
    upload.refresh_from_db()
    assert upload.state == State.COMPLETED


def test_the_name_of_a_lost_file_is_not_given_to_other_bytes(add: Add) -> None:
    first = add(b"first")
    file(first)
    blob = fresh(first).blob
    assert blob is not None
    blob.file.unlink()
    second = add(b"second")
    file(second)
    assert bytes_of(second) == b"second"
    assert not blob.file.exists()


@at_once
def test_whoever_extends_pagecast_is_told_after_commit(add: Add) -> None:
    told = []

    def hear(content_id: int, **_kwargs: object) -> None:
        told.append((content_id, connection.in_atomic_block, bytes_of(content)))

    content = add()
    content_filed.connect(hear)
    try:
        file(content)
    finally:
        content_filed.disconnect(hear)
    assert told == [(content.pk, False, FILM)]


def test_an_upload_tells_an_outsider_nothing(add: Add, reader: APIClient, bob: User) -> None:
    content = add()
    file(content)
    page = editing.create_page({"title": "Films"}, [content.pk])
    answer = reader.get(f"/api/page/content/{page.pk}/").content.decode()
    assert upload_of(content).sha256 not in answer
    assert reader.get(f"/api/content/{content.pk}/").status_code == 401
