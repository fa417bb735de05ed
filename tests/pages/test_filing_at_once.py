"""Filing while others do something at the same moment: other workers, editors, and who was too slow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Barrier

import pytest
from django.test import Client
from rest_framework.test import APIClient

from pagecast.media import leases, storing
from pagecast.media.models import Blob, Upload
from pagecast.media.preparing import Prepared
from pagecast.media.stores.folder import FolderStore
from pagecast.pages import editing, filing
from pagecast.pages.models import Content
from tests.films import film, kept
from tests.uploading import (
    add,
    add_subtitles,
    bytes_of,
    file,
    fresh,
    in_processes,
    in_threads,
    left_in,
    let_leases_run_out,
    next_worker,
    text_of,
    upload_of,
)

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

State = Upload.State
Files = Sequence[tuple[Prepared, str]]


@pytest.fixture
def before_placing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something happen after a worker has looked at its uploads, and before it places the first ones."""

    def happen(what: Callable[[], object]) -> None:
        place = storing.place

        def place_late(files: Files) -> object:
            monkeypatch.setattr(storing, "place", place)
            what()
            return place(files)

        monkeypatch.setattr(storing, "place", place_late)

    return happen


Before = Callable[[Callable[[], object]], None]


def only_one_is_kept(folders: Path, *contents: Content) -> bool:
    """All of them have the same blob, which lies there once; all but one are duplicates."""
    uploads = [upload_of(content) for content in contents]
    assert {upload.state for upload in uploads} == {State.COMPLETED}
    blob = Blob.objects.get()
    assert {upload.blob for upload in uploads} == {blob}
    assert left_in(folders / "media") == [blob.path]
    assert left_in(folders / "staging") == []
    return sorted(upload.is_duplicate for upload in uploads) == [False] + [True] * (len(contents) - 1)


@at_once
def test_equal_files_filed_at_once_in_threads_become_one_blob(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [add(film(1), f"{number}.mp4") for number in range(3)]
    uploads = [upload_of(content).pk for content in contents]
    placed, place = Barrier(3, timeout=30), storing.place
    # Each has got its lease before it could see that of another.
    due = Upload.objects.filter(leases.UNFINISHED)
    monkeypatch.setattr(leases, "due", due.all)

    def place_together(files: Files) -> object:
        try:
            return place(files)
        finally:
            placed.wait()  # none of them knows the others' bytes

    monkeypatch.setattr(storing, "place", place_together)
    in_threads(3, lambda number: filing.file(uploads[number]))
    assert [bytes_of(content) for content in contents] == [film(1)] * 3
    assert only_one_is_kept(folders, *contents)


@at_once
def test_equal_files_filed_at_once_in_processes_become_one_blob(folders: Path) -> None:
    contents = [add(film(1), f"{number}.mp4") for number in range(3)]
    uploads = [upload_of(content).pk for content in contents]
    in_processes(3, lambda number: filing.file(uploads[number]))
    # Whoever saw that a twin was in hand has left its own to the next one.
    next_worker()
    assert only_one_is_kept_with_its_picture(folders, *contents)


def only_one_is_kept_with_its_picture(folders: Path, *contents: Content) -> bool:
    pictures = list((folders / "media").rglob("posters/*"))
    assert len(pictures) == 1
    pictures[0].unlink()
    pictures[0].parent.rmdir()
    return only_one_is_kept(folders, *contents)


@at_once
def test_batches_that_overlap_filed_at_once_in_processes_keep_each_file_once(folders: Path) -> None:
    contents = [add(film(number % 5), f"{number}.mp4") for number in range(15)]
    uploads = [upload_of(content).pk for content in contents]
    in_processes(2, lambda number: filing.file(*uploads[number * 5 : number * 5 + 10]))
    next_worker()
    assert [bytes_of(content) for content in contents] == [film(number % 5) for number in range(15)]
    assert Blob.objects.count() == len(list((folders / "media").rglob("*.mp4"))) == 5
    assert left_in(folders / "staging") == []
    assert sum(upload_of(content).is_duplicate for content in contents) == 10


@at_once
def test_equal_subtitles_filed_at_once_become_one_blob(folders: Path) -> None:
    contents = [add(film(number)) for number in range(3)]
    # Equal once they are converted, so that no lease tells of a twin.
    tracks = [add_subtitles(content, "Dawn" + "\n" * number) for number, content in enumerate(contents)]
    uploads = [upload_of(track).pk for track in tracks]
    in_processes(3, lambda number: filing.file(uploads[number]))
    assert len({text_of(track) for track in tracks}) == 1
    assert left_in(folders / "media") == [Blob.objects.get().path]


def test_a_twin_waits_for_a_living_worker_and_then_finds_the_blob_without_copying(
    before_placing: Before, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, twin = add(film(1)), add(film(1), "Dusk.mp4")

    def try_twin() -> None:
        assert not filing.due().exists()
        file(twin)
        assert upload_of(twin).state == State.PENDING

    before_placing(try_twin)
    file(first)
    assert list(filing.due()) == [upload_of(twin)]
    monkeypatch.setattr(FolderStore, "put", lambda *_arguments, **_options: pytest.fail("it was copied"))
    file(twin)
    assert only_one_is_kept(folders, first, twin)


def test_a_worker_that_lost_its_lease_to_another_writes_nothing_any_more(
    before_placing: Before, folders: Path
) -> None:
    content = add(film(1))
    others: list[object] = []

    def another_files_it() -> None:
        let_leases_run_out()
        file(content)
        others.append((Upload.objects.values().get(), Blob.objects.values().get(), left_in(folders)))

    before_placing(another_files_it)
    assert filing.file(upload_of(content).pk) == []
    assert others == [(Upload.objects.values().get(), Blob.objects.values().get(), left_in(folders))]
    assert bytes_of(content) == film(1)


def test_a_worker_that_lost_its_lease_to_one_that_works_leaves_it_alone(
    before_placing: Before, folders: Path
) -> None:
    content = add(film(1))
    with_another: list[Upload] = []

    def take() -> None:
        let_leases_run_out()
        with_another.extend(leases._take([upload_of(content).pk]))

    before_placing(take)
    assert filing.file(upload_of(content).pk) == []
    row = upload_of(content)
    assert (row.state, row.holder, row.path) == (State.PROCESSING, with_another[0].holder, None)
    assert row.staged.read_bytes() == film(1)
    assert left_in(folders / "media") == []


def test_a_worker_that_lost_its_lease_refuses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    content = add(b"no film")
    held = leases.held

    def held_late(uploads: Sequence[Upload]) -> list[Upload]:
        monkeypatch.setattr(leases, "held", held)
        let_leases_run_out()
        leases._take([uploads[0].pk])
        return held(uploads)

    monkeypatch.setattr(leases, "held", held_late)
    file(content)
    row = upload_of(content)
    assert (row.state, row.error) == (State.PROCESSING, "")
    assert row.staged.read_bytes() == b"no film"


def test_of_a_batch_only_what_was_taken_over_is_left_alone(before_placing: Before) -> None:
    lost, ours = add(film(1)), add(film(2))

    def take() -> None:
        Upload.objects.filter(pk=upload_of(lost).pk).update(lease_until=None)
        leases._take([upload_of(lost).pk])

    before_placing(take)
    filing.file(upload_of(lost).pk, upload_of(ours).pk)
    assert (bytes_of(lost), bytes_of(ours)) == (None, film(2))
    next_worker()
    assert bytes_of(lost) == film(1)


def test_a_blob_that_is_swept_before_it_is_wanted_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    first = add(film(1))
    file(first)
    first.delete()
    second = add(film(1), "Dusk.mp4")
    put_back = storing.put_back

    def put_back_late(blob: Blob, prepared: Prepared) -> None:
        put_back(blob, prepared)
        blob.delete()  # what a sweep does
        kept(blob).unlink()

    monkeypatch.setattr(storing, "put_back", put_back_late)
    file(second)
    monkeypatch.undo()
    next_worker()
    assert bytes_of(second) == film(1)


def test_filing_does_not_overwrite_what_an_editor_wrote_meanwhile(before_placing: Before) -> None:
    content = add(film(1))
    before_placing(lambda: editing.write_content(fresh(content), {"title": "Daybreak", "is_active": False}))
    file(content)
    now = fresh(content)
    assert (now.title, now.title_key, now.is_active) == ("Daybreak", "daybreak", False)
    assert bytes_of(content) == film(1)


def test_an_editor_does_not_overwrite_the_file_given_meanwhile() -> None:
    content = add(film(1))
    opened = fresh(content)
    file(content)
    editing.write_content(opened, {"title": "Daybreak"})
    assert (fresh(content).title, bytes_of(content)) == ("Daybreak", film(1))


@pytest.fixture
def file_before_writing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Content], None]:
    """File it between the moment that a form reads the content and the one that writes it."""

    def happen(content: Content) -> None:
        write = editing.write_content

        def write_late(opened: Content, *rest: object) -> Content:
            file(content)
            return write(opened, *rest)  # type: ignore[arg-type]  # as they came

        monkeypatch.setattr(editing, "write_content", write_late)

    return happen


def test_the_admin_does_not_overwrite_the_file_given_meanwhile(
    admin_client: Client, file_before_writing: Callable[[Content], None]
) -> None:
    content = add(film(1))
    file_before_writing(content)
    form = {
        "title": "Daybreak",
        "is_active": "on",
        "tracks-TOTAL_FORMS": "0",
        "tracks-INITIAL_FORMS": "0",
    }
    admin_client.post(f"/admin/pages/video/{content.pk}/change/", form)
    assert (fresh(content).title, bytes_of(content)) == ("Daybreak", film(1))


def test_an_editor_at_the_api_does_not_overwrite_the_file_given_meanwhile(
    editor: APIClient, file_before_writing: Callable[[Content], None]
) -> None:
    content = add(film(1))
    file_before_writing(content)
    answer = editor.patch(f"/api/content/{content.pk}/", {"title": "Daybreak"})
    assert (answer.status_code, answer.json()["title"]) == (200, "Daybreak")
    assert bytes_of(content) == film(1)


def test_a_content_deleted_meanwhile_does_not_stop_the_worker(before_placing: Before) -> None:
    content = add()
    upload = upload_of(content)
    before_placing(lambda: fresh(content).delete())
    filing.file(upload.pk)
    upload.refresh_from_db()
    assert upload.state == State.COMPLETED


def test_subtitles_deleted_meanwhile_do_not_stop_the_worker(before_placing: Before) -> None:
    content = add()
    track = add_subtitles(content, "Dawn")
    upload = upload_of(track)
    before_placing(track.delete)
    filing.file(upload.pk)
    upload.refresh_from_db()
    assert upload.state == State.COMPLETED
