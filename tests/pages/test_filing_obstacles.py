"""What is not filed: what no one could show, and what a full disk or a store that is away stands before."""

from __future__ import annotations

import datetime as dt
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import DatabaseError
from django.utils import timezone, translation
from rest_framework.test import APIClient

from pagecast.media import leases, storing
from pagecast.media.errors import Empty, Refused
from pagecast.media.models import Blob, Upload
from pagecast.media.receiving import receive
from pagecast.media.stores.folder import FolderStore
from pagecast.media.stores.store import StoreAway
from pagecast.pages import editing, filing
from pagecast.pages.models import Audio, Content, Video
from tests.films import film, sound
from tests.gallery.models import Image
from tests.uploading import (
    SUBRIP,
    add,
    add_subtitles,
    bytes_of,
    file,
    fresh,
    in_hand,
    left_in,
    let_leases_run_out,
    next_worker,
    text_of,
    upload_of,
)

pytestmark = pytest.mark.django_db

State = Upload.State
FULL = "It waits, and is tried again by itself. The disk of the server is full."
AWAY = "It waits, and is tried again by itself. The object store does not answer."


def file_together(*contents: Content) -> None:
    filing.file(*(upload_of(content).pk for content in contents))


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, verb: str, error: OSError) -> Iterator[None]:
    """The store fails at one of its verbs."""

    def fail(*_arguments: object, **_options: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, verb, fail)
        yield


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with failing(monkeypatch, "put", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))):
        yield


def test_a_refused_file_says_why_and_is_not_kept(folders: Path) -> None:
    content = add(b"no film at all", "Dawn.mp4")
    file(content)
    assert upload_of(content).state == State.FAILED
    assert "Dawn.mp4" in upload_of(content).error
    assert left_in(folders) == []
    assert bytes_of(content) is None


def test_an_editor_reads_why_in_his_own_language(editor: APIClient) -> None:
    content = add(sound(), "Dawn.mp4")
    file(content)
    Upload.objects.update(reason=Empty("Dawn.mp4").words.to_json())
    english = editor.get(f"/api/content/{content.pk}/").json()
    russian = editor.get(f"/api/content/{content.pk}/", headers={"Accept-Language": "ru"}).json()
    assert english["upload_status"] == russian["upload_status"] == "failed"
    assert "“Dawn.mp4” is empty" in english["upload_error"]
    assert "«Dawn.mp4»" in russian["upload_error"]


def test_a_reason_is_kept_in_no_language() -> None:
    with translation.override("ru"):
        content = add(sound(), "Dawn.mp4")
        file(content)
    assert "not a video" in upload_of(content).error


@pytest.mark.parametrize(
    ("data", "kind", "word"),
    [
        (sound(), Video, "a sound (M4A), not a video"),
        (film(), Audio, "a film (MP4), not a sound"),
        (film(), Image, ""),
    ],
)
def test_a_file_of_the_wrong_kind_is_refused(data: bytes, kind: type[Content], word: str) -> None:
    content = add(data, "Dawn", kind)
    file(content)
    is_refused = kind.medium is not None
    assert (upload_of(content).state == State.FAILED) is is_refused
    assert word in upload_of(content).error


def test_one_broken_file_of_a_batch_is_refused_alone(folders: Path) -> None:
    contents = [add(film(1)), add(b"broken"), add(film(2))]
    file_together(*contents)
    states = [upload_of(content).state for content in contents]
    assert states == [State.COMPLETED, State.FAILED, State.COMPLETED]
    assert [bytes_of(content) for content in contents] == [film(1), None, film(2)]
    assert left_in(folders / "staging") == []
    assert len(left_in(folders / "media")) == 2


def test_one_file_of_a_batch_that_the_database_does_not_take_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, folders: Path
) -> None:
    contents = [add(film(1)), add(film(2)), add(film(3)), add(b"broken")]
    poisoned, complete = upload_of(contents[1]), leases.complete

    def complete_others(blobs: dict[object, Blob]) -> None:
        complete(blobs)  # type: ignore[arg-type]  # as it is called
        if poisoned in {file.upload for file in blobs}:  # type: ignore[attr-defined]
            raise DatabaseError

    monkeypatch.setattr(leases, "complete", complete_others)
    with pytest.raises(DatabaseError):
        file_together(*contents)
    # One by one, those before it; the others are for the next attempt.
    assert bytes_of(contents[0]) == film(1)
    monkeypatch.undo()
    next_worker()
    assert [bytes_of(content) for content in contents] == [film(1), film(2), film(3), None]
    assert len(left_in(folders / "media")) == 2 * 3  # with their pictures


def test_a_duplicate_of_the_wrong_kind_is_refused_although_its_bytes_are_here(folders: Path) -> None:
    first, second = add(film(1)), add(film(1), "Rain.m4a", Audio)
    file(first, second)
    assert "a film (MP4), not a sound" in upload_of(second).error
    assert (bytes_of(first), bytes_of(second)) == (film(1), None)
    assert left_in(folders / "staging") == []


def test_of_equal_bytes_in_one_batch_those_of_the_wrong_kind_are_refused() -> None:
    contents = [add(film(1), "Rain.m4a", Audio), add(film(1)), add(film(1), "Dusk.mp4")]
    file_together(*contents)
    assert [upload_of(each).state for each in contents] == [State.FAILED, State.COMPLETED, State.COMPLETED]
    assert [upload_of(each).is_duplicate for each in contents] == [False, False, True]


def test_an_upload_that_is_known_to_be_of_the_wrong_kind_is_refused_at_once() -> None:
    content = add(film(1))
    file(content)
    with pytest.raises(Refused, match="not a sound"):
        editing.write_content(Audio(title="Rain"), {}, upload_of(content))
    assert not Audio.objects.exists()


def test_an_upload_that_two_kinds_want_must_suit_both() -> None:
    content = add(film(1))
    editing.write_content(Audio(title="Rain"), {}, upload_of(content))
    file(content)
    assert upload_of(content).state == State.FAILED


def test_a_refused_replacement_leaves_the_old_file_shown() -> None:
    content = add(film("old"))
    file(content)
    editing.write_content(fresh(content), {}, receive([b"no film"], "Dawn.mp4"))
    file(content)
    assert (upload_of(content).state, bytes_of(content)) == (State.FAILED, film("old"))


def test_refused_subtitles_say_why_and_leave_the_old_ones_shown(folders: Path) -> None:
    content = add(film(1))
    track = add_subtitles(content, "Dawn")
    file(track)
    before = text_of(track)
    add_subtitles(content, b"no subtitles")
    file(track)
    assert upload_of(track).state == State.FAILED
    assert "Dawn.en.srt" in upload_of(track).error
    assert text_of(track) == before
    assert left_in(folders / "staging") == [str(upload_of(content).pk)]


def test_subtitles_are_not_the_film_of_a_content_that_wants_the_same_upload() -> None:
    content = add(film(1))
    track = add_subtitles(content, "Dawn")
    editing.write_content(fresh(content), {}, upload_of(track))
    file(track)
    assert upload_of(track).state == State.FAILED
    assert (bytes_of(content), text_of(track)) == (None, None)


@pytest.mark.parametrize("left", [None, b"", b"half"])
def test_a_file_that_lost_bytes_is_refused(left: bytes | None) -> None:
    content = add()
    staged = upload_of(content).staged
    if left is None:
        staged.unlink()
    else:
        staged.write_bytes(left)
    file(content)
    assert upload_of(content).state == State.FAILED
    assert "lost" in upload_of(content).error


@pytest.mark.parametrize("verb", ["put", "find", "sync"])
def test_a_store_that_fails_for_a_while_is_waited_for(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = add(film(1))
    with failing(monkeypatch, verb, StoreAway("The object store does not answer.")):
        for _ in range(2 * leases.ATTEMPTS):
            file(content)
            upload = upload_of(content)
            assert (upload.state, upload.error) == (State.PROCESSING, AWAY)
            assert not filing.due().exists()  # for a little while
            let_leases_run_out()
    next_worker()
    upload = upload_of(content)
    assert (upload.state, upload.error, upload.attempts) == (State.COMPLETED, "", 1)
    assert bytes_of(content) == film(1)


def test_a_disk_that_is_full_for_a_while_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    content = add(film(1))
    with full_disk(monkeypatch):
        file(content)
    assert (upload_of(content).state, upload_of(content).error) == (State.PROCESSING, FULL)
    next_worker()
    assert (upload_of(content).state, upload_of(content).error) == (State.COMPLETED, "")
    assert bytes_of(content) == film(1)


def test_a_disk_that_is_full_for_a_day_is_given_up_with_the_reason(
    folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = add()
    with full_disk(monkeypatch):
        file(content)
        Upload.objects.update(waiting_since=timezone.now() - leases.PATIENCE - dt.timedelta(minutes=1))
        next_worker()
    upload = upload_of(content)
    assert upload.state == State.FAILED
    assert upload.error == (
        "“Dawn.mp4” waited for a day and was given up. The disk of the server is full. "
        "When that is over, send it again."
    )
    # What was sent can be tried again.
    assert left_in(folders) == [f"staging/{upload.pk}"]


def test_a_disk_that_is_full_for_one_file_of_a_batch_does_not_hold_up_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contents = [add(film(number)) for number in range(3)]
    large, put = upload_of(contents[1]).staged, FolderStore.put

    def put_small_ones(store: FolderStore, source: Path, path: str, *, sync: bool = True) -> None:
        if source == large:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        put(store, source, path, sync=sync)

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "put", put_small_ones)
        file_together(*contents)
    assert [bytes_of(content) for content in contents] == [film(0), None, film(2)]
    next_worker()
    assert bytes_of(contents[1]) == film(1)


def test_a_store_that_is_away_for_a_lost_file_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    first = add(film(1))
    file(first)
    second = add(film(1))
    with failing(monkeypatch, "find", StoreAway("The object store does not answer.")):
        file(second)
    assert upload_of(second).state == State.PROCESSING
    next_worker()
    assert bytes_of(second) == film(1)


def test_a_worker_that_died_too_often_is_the_files_fault(folders: Path) -> None:
    content = add()
    Upload.objects.update(state=State.PROCESSING, attempts=leases.ATTEMPTS)
    file(content)
    assert upload_of(content).state == State.FAILED
    assert "tried 5 times" in upload_of(content).error
    assert left_in(folders / "staging") == [str(upload_of(content).pk)]


def test_subtitles_that_are_given_up_leave_nothing_behind_but_what_was_sent(folders: Path) -> None:
    content = add(film(1))
    file(content)
    track = add_subtitles(content, "Dawn")
    staged = upload_of(track).staged
    # So far came the worker that was killed last.
    staged.with_name(f"{staged.name}.vtt").write_text("WEBVTT")
    Upload.objects.filter(pk=upload_of(track).pk).update(attempts=leases.ATTEMPTS)
    file(track)
    assert upload_of(track).state == State.FAILED
    assert left_in(folders / "staging") == [staged.name]


def test_a_file_that_is_given_up_leaves_no_name_where_readers_could_find_it(folders: Path) -> None:
    content = add()
    with in_hand(upload_of(content)) as (prepared,):
        storing.place([(prepared, "video")])  # so far came the worker that was killed last
    Upload.objects.update(attempts=leases.ATTEMPTS)
    let_leases_run_out()
    file(content)
    assert upload_of(content).state == State.FAILED
    assert left_in(folders / "media") == []


def test_text_as_a_film_is_refused_in_words() -> None:
    content = add(SUBRIP.format("Dawn").encode(), "Dawn.mp4")
    file(content)
    assert "not a video" in upload_of(content).error


def test_what_a_killed_worker_had_in_hand_is_let_go_when_nobody_wants_it_any_more(folders: Path) -> None:
    content = add(film(1))
    upload = upload_of(content)
    with in_hand(upload) as (ours,):  # so far came the worker that was killed
        storing.place([(ours, "video")])
    content.delete()
    next_worker()
    upload.refresh_from_db()
    assert (upload.state, upload.holder, upload.path, upload.attempts) == (State.PENDING, None, None, 1)
    assert left_in(folders / "media") == []
    assert upload.staged.exists()
    assert not filing.due().exists()
