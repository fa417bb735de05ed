"""SIGKILL at any line leaves an upload that can be resumed, and that says truly how much of it is here."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pagecast.media import resuming
from pagecast.media.appending import Appending, Checked
from pagecast.media.assembling import complete_bytes
from pagecast.media.models import Upload
from tests.acceptance.killing import killed_at_each_line

pytestmark = pytest.mark.django_db(transaction=True)

FILES = "media/resuming.py", "media/appending.py"
DATA = b"0123456789"


def resume(upload: Upload) -> None:
    """What the client does when it comes back: ask, send the rest, finish."""
    upload.refresh_from_db()
    if upload.state == Upload.State.RECEIVING:
        with Appending(upload, offset := resuming.arrived(upload)) as end:
            end.write(DATA[offset:])
    assert resuming.finish(upload)
    complete_bytes(upload)
    assert upload.staged.read_bytes() == DATA
    assert upload.sha256 == hashlib.sha256(DATA).hexdigest()


def begin(*, is_part: bool = False) -> Upload:
    return resuming.begin("Dawn.mp4", len(DATA), sender="alice", is_part=is_part)


def send(upload: Upload) -> None:
    with Appending(upload, 0) as end:
        end.write(DATA[:4])
        end.write(DATA[4:])
    resuming.finish(upload)


def send_checked(upload: Upload) -> None:
    with Checked(Appending(upload, 0), "sha256", hashlib.sha256(DATA).digest()) as end:
        end.write(DATA)
        end.settle()
    resuming.finish(upload)


def test_killed_while_it_begins_leaves_no_row_without_its_file() -> None:
    deaths = 0
    for _death in killed_at_each_line(begin, *FILES):
        deaths += 1
        for upload in Upload.objects.all():
            assert resuming.arrived(upload) == 0
    assert deaths > 10
    assert Upload.objects.exists()


@pytest.mark.parametrize("way", [send, send_checked])
def test_killed_while_it_comes_in_it_is_resumed(way: object, folders: Path) -> None:
    uploads = [begin()]
    for _death in killed_at_each_line(lambda: way(uploads[-1]), *FILES):  # type: ignore[operator]
        resume(uploads[-1])
        uploads.append(begin())
    assert len(uploads) > 40
    kept = {str(upload.pk) for upload in uploads}
    # A name that a kill left between the two lines that make and remove it tells whose it was.
    assert {path.name.partition(".")[0] for path in (folders / "staging").iterdir()} == kept


def test_killed_while_parts_are_joined_they_are_joined_once_when_asked_again() -> None:
    def parts() -> list[Upload]:
        made = []
        for data in (DATA[:4], DATA[4:]):
            upload = resuming.begin("part", len(data), sender="alice", is_part=True)
            with Appending(upload, 0) as end:
                end.write(data)
            resuming.finish(upload)
            made.append(upload)
        return made

    def join() -> Upload:
        return resuming.join([part.pk for part in sent[-1]], "Dawn.mp4", sender="alice")

    sent = [parts()]
    for _death in killed_at_each_line(join, *FILES):
        whole = join()
        assert join() == whole
        complete_bytes(whole)
        assert whole.staged.read_bytes() == DATA
        sent.append(parts())
    assert len(sent) > 10
    assert Upload.objects.filter(is_part=False).count() == len(sent)


def test_killed_while_it_is_abandoned_it_is_there_or_not() -> None:
    uploads = [begin()]
    for _death in killed_at_each_line(lambda: resuming.abandon(uploads[-1]), *FILES):
        if Upload.objects.filter(pk=uploads[-1].pk).exists():
            resume(uploads[-1])
        uploads.append(begin())
    assert not Upload.objects.filter(pk=uploads[-1].pk).exists()
    assert not uploads[-1].staged.exists()
