"""What failed for no fault of its file can be tried again for a while, and is not kept for longer."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from pagecast.media import housekeeping, leases, storing
from pagecast.media.models import Upload
from pagecast.media.probing import checker
from pagecast.media.receiving import receive
from pagecast.media.retrying import KEPT, can_retry, retry, retryable
from pagecast.media.stores.folder import FolderStore
from pagecast.pages import editing, filing
from pagecast.pages.models import Content, Video
from tests.acceptance.killing import killed_at_each_line
from tests.films import film
from tests.media.waste import swept
from tests.uploading import (
    add,
    add_subtitles,
    bytes_of,
    file,
    in_hand,
    in_threads,
    left_in,
    let_leases_run_out,
    make_older,
    next_worker,
    text_of,
    upload_of,
)

pytestmark = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)

State = Upload.State


@pytest.fixture
def worn_out(db: None) -> Content:
    """A film whose workers were killed again and again, until it was given up."""
    content = add(film("worn out"))
    give_up(content)
    return content


def give_up(content: Any) -> None:
    """What becomes of it when the workers have died too often."""
    Upload.objects.filter(pk=upload_of(content).pk).update(attempts=leases.ATTEMPTS)
    file(content)
    assert upload_of(content).state == State.FAILED


def a_week_passes() -> None:
    past = timezone.now() - dt.timedelta(seconds=1)
    Upload.objects.exclude(expires_at=None).update(expires_at=past)


def test_it_works(worn_out: Content) -> None:
    assert can_retry(upload_of(worn_out))
    assert retry(upload_of(worn_out).pk)
    upload = upload_of(worn_out)
    assert (upload.state, upload.attempts, upload.error, upload.expires_at) == (State.PENDING, 0, "", None)
    next_worker()
    assert upload_of(worn_out).state == State.COMPLETED
    assert bytes_of(worn_out) == film("worn out")
    assert left_in(settings.PAGECAST_STAGING) == []


def test_what_was_filed_or_waits_is_not_tried_again(worn_out: Content) -> None:
    waiting, filed = add(film("waiting")), add(film("filed"))
    file(filed)
    for content in (waiting, filed):
        assert not can_retry(upload_of(content))
        assert not retry(upload_of(content).pk)
    assert [upload.pk for upload in retryable(Upload.objects.all())] == [upload_of(worn_out).pk]


def test_a_file_that_was_refused_for_what_it_is_is_not_tried_again(folders: Path) -> None:
    content = add(b"no film at all")
    file(content)
    assert not can_retry(upload_of(content))
    assert not retry(upload_of(content).pk)
    assert left_in(folders) == []


@pytest.mark.parametrize("trouble", [checker.Late, checker.Gone, "memory"])
def test_a_file_over_which_the_checker_failed_can_be_tried_again(
    trouble: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_question: object) -> dict[str, str]:
        if trouble == "memory":
            return {"refused": trouble}
        raise trouble

    content = add(film(1))
    with monkeypatch.context() as patch:
        patch.setattr(checker, "ask", fail)
        file(content)
    assert can_retry(upload_of(content))
    assert filing.retry(upload_of(content).pk)
    next_worker()
    assert bytes_of(content) == film(1)


def test_what_waited_in_vain_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    content = add(film(1))

    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patch:
        patch.setattr(FolderStore, "put", fail)
        file(content)
        Upload.objects.update(waiting_since=timezone.now() - leases.PATIENCE - dt.timedelta(minutes=1))
        next_worker()
    assert can_retry(upload_of(content))
    assert filing.retry(upload_of(content).pk)
    assert upload_of(content).waiting_since is None
    next_worker()
    assert bytes_of(content) == film(1)


def test_subtitles_can_be_tried_again() -> None:
    content = add(film(1))
    file(content)
    track = add_subtitles(content, "Dawn")
    give_up(track)
    assert filing.retry(upload_of(track).pk)
    next_worker()
    assert "Dawn" in (text_of(track) or "")


def test_what_came_in_parts_can_be_tried_again() -> None:
    data = film("parts")
    whole = Upload.objects.create(name="Dawn.mp4", size=len(data))
    for number, piece in enumerate((data[:100], data[100:])):
        part = receive([piece], "part")
        Upload.objects.filter(pk=part.pk).update(is_part=True, part_of=whole, part_number=number)
    content = editing.write_content(Video(title="Dawn"), {}, whole)
    give_up(content)
    make_older(housekeeping.YOUNG)
    assert swept(KEPT) == []
    assert filing.retry(whole.pk)
    next_worker()
    assert bytes_of(content) == data


def test_one_that_is_given_up_a_second_time_can_be_tried_a_third_time(worn_out: Content) -> None:
    assert filing.retry(upload_of(worn_out).pk)
    give_up(worn_out)
    assert filing.retry(upload_of(worn_out).pk)
    next_worker()
    assert bytes_of(worn_out) == film("worn out")


@at_once
def test_of_many_who_try_again_at_once_one_does(worn_out: Content) -> None:
    upload_id = upload_of(worn_out).pk
    assert sorted(in_threads(6, lambda _number: filing.retry(upload_id))) == [False] * 5 + [True]


def test_the_staged_bytes_are_no_strays_for_a_week(worn_out: Content) -> None:
    staged = upload_of(worn_out).staged
    staged.with_name(f"{staged.name}.whole").write_bytes(b"companion")
    make_older(KEPT)
    assert swept() == []
    assert staged.read_bytes() == film("worn out")


def test_after_that_week_they_go_and_the_reason_stays(worn_out: Content, folders: Path) -> None:
    a_week_passes()
    upload = upload_of(worn_out)
    assert not can_retry(upload)
    assert swept(dry=True) == swept() == [("EXPIRED", "Dawn.mp4")]
    assert swept() == []
    assert left_in(folders) == []
    assert "tried 5 times" in upload_of(worn_out).error
    assert not retry(upload.pk)


def test_workers_remove_them_by_themselves(worn_out: Content, folders: Path) -> None:
    assert housekeeping.tidy_all() == 0
    a_week_passes()
    assert housekeeping.tidy_all() == 1
    assert left_in(folders) == []


def test_parts_that_nobody_tried_again_go_too(folders: Path) -> None:
    whole = Upload.objects.create(name="Dawn.mp4", size=4)
    part = receive([b"film"], "part")
    Upload.objects.filter(pk=part.pk).update(is_part=True, part_of=whole)
    give_up(editing.write_content(Video(title="Dawn"), {}, whole))
    a_week_passes()
    swept()
    assert left_in(folders) == []
    assert list(Upload.objects.all()) == [whole]


def test_a_sweep_that_is_killed_on_the_way_leaves_strays_for_the_next(
    worn_out: Content, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_arguments: object) -> None:
        raise Killed

    a_week_passes()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(storing, "drop", die)
        swept()
    assert not retry(upload_of(worn_out).pk)
    make_older(housekeeping.YOUNG)
    assert [waste for waste, _name in swept()] == ["STAGED"]
    assert left_in(folders) == []


def test_one_that_is_tried_again_after_the_look_of_a_sweep_is_left_alone(
    worn_out: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload_id, forget = upload_of(worn_out).pk, housekeeping._forget_bytes

    def try_again_then_forget(upload: Upload, *, dry: bool) -> Any:
        Upload.objects.update(expires_at=timezone.now() + KEPT)
        assert retry(upload_id)
        return forget(upload, dry=dry)

    a_week_passes()
    monkeypatch.setattr(housekeeping, "_forget_bytes", try_again_then_forget)
    assert swept() == []
    next_worker()
    assert bytes_of(worn_out) == film("worn out")


def test_a_name_that_somebody_was_given_since_stays(folders: Path) -> None:
    content = add(film(1))
    with in_hand(upload_of(content)) as (prepared,):
        storing.place([(prepared, "video")])
        upload = prepared.upload
    give_up_late = Upload.objects.get(pk=upload.pk)
    let_leases_run_out()
    next_worker()
    # A worker that stood still since it had given it up.
    give_up_late.path = upload.path
    storing.set_aside(give_up_late)
    assert bytes_of(content) == film(1)


def file_due() -> None:
    """What a worker finds to file."""
    for key in list(filing.due().values_list("pk", flat=True)):
        filing.file(key)


def add_worn_out(number: int) -> Content:
    content = add(film(number), f"{number}.mp4")
    Upload.objects.filter(pk=upload_of(content).pk).update(attempts=leases.ATTEMPTS)
    return content


@at_once
def test_a_worker_killed_at_any_line_of_giving_up_leaves_what_can_be_tried_again() -> None:
    content, death = add_worn_out(0), 0
    for death in killed_at_each_line(file_due, "pages/filing.py", "media/storing.py", "media/leases.py"):
        let_leases_run_out()
        file_due()
        assert can_retry(upload_of(content))
        assert filing.retry(upload_of(content).pk)
        file_due()
        assert bytes_of(content) == film(death - 1)
        content = add_worn_out(death)
    assert death > 50


@at_once
def test_a_sweep_killed_at_any_line_leaves_no_bytes_that_the_next_does_not_find(folders: Path) -> None:
    death = 0
    give_up(add(film(0)))
    a_week_passes()
    for death in killed_at_each_line(housekeeping.tidy_all, "media/housekeeping.py"):
        make_older(housekeeping.YOUNG)
        housekeeping.tidy_all()
        assert left_in(folders / "staging") == []
        give_up(add(film(death)))
        a_week_passes()
    assert death > 20
