"""What editors and workers do with files, step by step."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import NoReturn, TypeVar

from django.conf import settings
from django.db import connection, connections
from django.utils import timezone

from pagecast.media import leases, storing
from pagecast.media.models import Blob, Upload
from pagecast.media.preparing import Prepared, prepare
from pagecast.media.receiving import receive
from pagecast.pages import editing, filing
from pagecast.pages.models import Content, SubtitleTrack, Video
from pagecast.pages.subtitling import Track, set_track
from tests.films import film, kept

Done = TypeVar("Done")

SUBRIP = "1\n00:00:01,000 --> 00:00:02,000\n{}\n"


def add(data: bytes = b"", name: str = "Dawn.mp4", kind: type[Content] = Video) -> Content:
    """An editor adds a content with a file: these bytes, or a film, under this name."""
    return editing.write_content(kind(title=name), {}, receive([data or film()], name))


def add_subtitles(content: Content, data: bytes | str, language: str = "en") -> SubtitleTrack:
    """An editor sends subtitles for a content: these bytes, or SubRip with this one line."""
    text = SUBRIP.format(data).encode() if isinstance(data, str) else data
    return set_track(content, Track(language, receive([text], f"Dawn.{language}.srt")))


def fresh(content: Content) -> Content:
    """The content as it is now."""
    found: Content = Content.objects.get(pk=content.pk)
    return found


def upload_of(content: Content | SubtitleTrack) -> Upload:
    """The newest file that was sent for it, as it is now."""
    content.refresh_from_db(fields=["upload"])
    assert content.upload is not None
    return content.upload


def bytes_of(content: Content) -> bytes | None:
    """What readers get."""
    blob = fresh(content).blob
    return kept(blob).read_bytes() if blob else None


def text_of(track: SubtitleTrack) -> str | None:
    """What readers get."""
    blob = SubtitleTrack.objects.get(pk=track.pk).blob
    return kept(blob).read_text(encoding="utf-8") if blob else None


def file(*contents: Content | SubtitleTrack) -> None:
    """What a worker does with each of them, once."""
    for content in contents:
        filing.file(upload_of(content).pk)


def let_leases_run_out() -> None:
    """Time passes; nobody renewed, and whatever was waited for may be over."""
    Upload.objects.exclude(lease_until=None).update(lease_until=timezone.now() - dt.timedelta(seconds=1))


def make_older(age: dt.timedelta) -> None:
    """So much time passes for everything that is kept, and for files, too."""
    for upload in Upload.objects.all():
        Upload.objects.filter(pk=upload.pk).update(created_at=upload.created_at - age)
    for blob in Blob.objects.all():
        Blob.objects.filter(pk=blob.pk).update(created_at=blob.created_at - age)
    for root in (settings.PAGECAST_STAGING, settings.MEDIA_ROOT):
        for path in Path(root).rglob("*"):
            then = path.lstat().st_mtime - age.total_seconds()
            os.utime(path, (then, then), follow_symlinks=False)


def next_worker() -> None:
    """It comes when the leases of those that were killed have run out, and does what it finds to do."""
    let_leases_run_out()
    while filing.work():
        """There may be more."""


@contextmanager
def in_hand(*uploads: Upload) -> Iterator[list[Prepared]]:
    """A worker holds the uploads, and has looked at their bytes."""
    with leases.lease([upload.pk for upload in uploads]) as ours:
        assert len(ours) == len(uploads)
        known = storing.known(ours)
        found = {upload.pk: prepare(upload, [], known.get(upload.sha256)) for upload in ours}
        yield [found[upload.pk] for upload in uploads]


def left_in(folder: Path | str) -> list[str]:
    """Every file in a folder, hidden or not."""
    root = Path(folder)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir())


def in_threads(number: int, work: Callable[[int], Done]) -> list[Done]:
    """Do the work in so many threads at the same moment; answers with what each came to."""
    together = Barrier(number, timeout=30)

    def run(which: int) -> Done:
        try:
            together.wait()
            return work(which)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def in_processes(number: int, work: Callable[[int], object]) -> None:
    """The same in processes of their own. Call it in tests that commit."""
    connections.close_all()
    sys.stdout.flush()
    ready, go = os.pipe(), os.pipe()
    children = [_child(which, work, ready[1], go[0]) for which in range(number)]
    for _child_is_ready in children:
        os.read(ready[0], 1)
    os.write(go[1], b"!" * number)
    ends = [os.waitpid(child, 0)[1] for child in children]
    for handle in (*ready, *go):
        os.close(handle)
    assert ends == [0] * number, "a child failed: see stderr"


def _child(which: int, work: Callable[[int], object], ready: int, go: int) -> int:
    with warnings.catch_warnings():
        # Newer Pythons warn of threads; whatever thread is there holds no lock that the child needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        _live(which, work, ready, go)
    return child


def _live(which: int, work: Callable[[int], object], ready: int, go: int) -> NoReturn:
    # One that hangs must not outlive the test.
    signal.alarm(60)
    try:
        os.write(ready, b"!")
        os.read(go, 1)
        work(which)
        os._exit(0)
    except BaseException:  # noqa: BLE001 - a child must never go on with its parent's tests
        traceback.print_exc()
    finally:
        os._exit(1)
