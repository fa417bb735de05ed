"""Folders into pages: a page for each folder, a content for each file, in name order.

What came from where is kept in `origin`, the absolute path. So a second import finds what the first
one made, under whatever title an editor gave it meanwhile, and only adds what is new.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from pagecast.media.errors import Refused
from pagecast.media.models import Upload
from pagecast.media.probing import Facts
from pagecast.media.receiving import Staging, keep_all, stage_path
from pagecast.media.subtitles import language_of
from pagecast.pages import editing, filing
from pagecast.pages.books import editing as one_edit
from pagecast.pages.errors import Conflict
from pagecast.pages.models import Content, Page, Placement, SubtitleTrack
from pagecast.pages.subtitling import Track, set_track

from .finding import Found, find, origin_of, read, recognise, title_of
from .scanning import Folder

# So many files go in by one edit: enough for a commit to be worth it, few enough for nobody to wait long.
BATCH = 64
UNDECIDED = [Upload.State.PENDING, Upload.State.PROCESSING]
# One reads while the other writes.
READERS = 2


class Outcome(Enum):
    """What became of one file."""

    ADDED = "added"
    CHANGED = "changed"
    THERE = "there already"
    REFUSED = "refused"


Told = tuple[Path, Outcome, str]


@dataclass(frozen=True, slots=True)
class Batch:
    """Files of one folder that are being read."""

    folder: Folder
    found: list[Found]
    reading: list[Future[None]]
    is_last: bool


def import_folders(folders: Sequence[Folder]) -> Iterator[Told]:
    """Bring folders in, file by file: what became of each, and why it was refused.

    Stopped anywhere, it is complete up to some file; run again, it goes on from there. The next files are
    read while the last ones are filed.
    """
    ahead: deque[Batch] = deque()
    with ThreadPoolExecutor(READERS) as threads:
        try:
            importer: Importer | None = None
            for batch in _batches(folders, threads):
                ahead.append(batch)
                if len(ahead) > 1:
                    importer = _importer(importer, ahead[0].folder)
                    yield from importer.bring(ahead[0])
                    ahead.popleft()
            for batch in ahead:
                importer = _importer(importer, batch.folder)
                yield from importer.bring(batch)
            ahead.clear()
        finally:
            for batch in ahead:
                for future, each in zip(batch.reading, batch.found, strict=True):
                    if not future.cancel():
                        future.exception()
                    if each.staging is not None:
                        each.staging.close()


def _batches(folders: Sequence[Folder], threads: ThreadPoolExecutor) -> Iterator[Batch]:
    for folder in folders:
        for start in range(0, len(folder.files), BATCH):
            found = find(folder.files[start : start + BATCH])
            reading = [threads.submit(read, each) for each in found]
            yield Batch(folder, found, reading, is_last=start + BATCH >= len(folder.files))


def _importer(last: Importer | None, folder: Folder) -> Importer:
    return last if last is not None and last.folder is folder else Importer(folder)


class Importer:
    """Brings the files of one folder into its page, batch by batch."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.page, self.is_new = _page_of(folder.path)

    def bring(self, batch: Batch) -> Iterator[Told]:
        """Bring a batch in, once it was read; with the last one come the subtitles."""
        for future in batch.reading:
            future.result()
        found = batch.found
        try:
            self._write(found)
            sent = {each.content.upload_id: each for each in found if each.error is None}
            facts = {key: each.facts for key, each in sent.items() if key and each.facts}
            uploads = _filed([key for key in sent if key], facts)
        finally:
            for each in found:
                if each.staging is not None:
                    each.staging.close()
        for each in found:
            yield _outcome(each, uploads)
        if batch.is_last:
            for path, film in self.folder.subtitles:
                yield _import_subtitles(path, film)

    def _write(self, found: Sequence[Found]) -> None:
        """Make the contents of a batch, and put them on the page: all of them, or none."""
        recognise(found)
        keep_all([each.staging for each in found if each.staging is not None])
        with one_edit():
            # Another import of the same folder waits here, and then finds what this one made.
            Page.objects.select_for_update(no_key=True).filter(pk=self.page.pk).values_list("pk").get()
            recognise(found)
            bringing = [each for each in found if each.brings]
            for each in bringing:
                upload = each.staging.upload if each.staging else None
                if not each.is_new:
                    editing.write_content(each.content, each.fields, upload)
                else:
                    each.content.upload = upload
                    for name, value in each.fields.items():
                        setattr(each.content, name, value)
            editing.create_contents([each.content for each in bringing if each.is_new])
            missing = [each.content for each in found if each.content.pk and self._misses(each)]
            Placement.objects.bulk_create(
                Placement(page=self.page, content=content, position=position)
                for position, content in enumerate(missing, start=editing.next_position(self.page))
            )

    def _misses(self, each: Found) -> bool:
        """The page is to show it: it is new, or its page was deleted and is made anew, whole."""
        return each.is_new or (self.is_new and not each.content.placements.exists())


def _page_of(folder: Path) -> tuple[Page, bool]:
    """The page of a folder, made if there is none; and whether it is new."""
    origin = origin_of(folder)
    page = Page.objects.filter(origin=origin).first()
    if page is not None:
        return page, False
    try:
        return editing.create_page({"title": title_of(folder.name or origin), "origin": origin}), True
    except Conflict:
        page = Page.objects.filter(origin=origin).first()
        if page is None:
            raise
        # Another import of the same folder was quicker.
        return page, False


def _import_subtitles(path: Path, film: Path) -> Told:
    """Give the film the subtitles that lie beside it."""
    content = Content.objects.filter(origin=origin_of(film)).first()
    if content is None:
        return path, Outcome.REFUSED, _("Its film is not here.")
    language = language_of(path.name)
    there = content.tracks.filter(language=language).select_related("upload").first()
    try:
        with stage_path(path) as staging:
            if _is_there(there, staging):
                return path, Outcome.THERE, ""
            track = set_track(content, Track(language, staging.keep()))
    except (Refused, OSError) as error:
        return path, Outcome.REFUSED, _reason(error)
    assert track.upload_id is not None  # noqa: S101 - it was sent a file just now
    upload = _filed([track.upload_id], {})[track.upload_id]
    if upload.state == Upload.State.FAILED:
        return path, Outcome.REFUSED, upload.error
    return path, Outcome.CHANGED if there else Outcome.ADDED, ""


def _is_there(track: SubtitleTrack | None, staging: Staging) -> bool:
    """Whether readers get these very bytes already."""
    if track is None or track.upload is None:
        return False
    sent = track.upload
    return sent.state == Upload.State.COMPLETED and sent.sha256 == staging.row().sha256


def _filed(keys: Collection[UUID], facts: Mapping[UUID, Facts]) -> Mapping[UUID, Upload]:
    """File the uploads now, and wait for those that another worker has in hand."""
    while True:
        filing.file(*keys, facts=facts)
        uploads = Upload.objects.in_bulk(keys)
        # One that waits for a disk to have room, say, is left to the workers.
        undecided = filing.wanted().filter(pk__in=keys, state__in=UNDECIDED)
        if all(upload.reason is not None for upload in undecided):
            return uploads
        time.sleep(0.2)


def _outcome(found: Found, uploads: Mapping[UUID, Upload]) -> Told:
    if found.error is not None:
        return found.path, Outcome.REFUSED, _reason(found.error)
    key = found.content.upload_id
    upload = uploads.get(key) if key else None
    if upload is not None and upload.state == Upload.State.FAILED:
        return found.path, Outcome.REFUSED, upload.error
    if not found.brings:
        return found.path, Outcome.THERE, ""
    return found.path, Outcome.ADDED if found.is_new else Outcome.CHANGED, ""


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return _("It is not a text in UTF-8. Save it as UTF-8 and import again.")
    return "; ".join(error.messages) if isinstance(error, ValidationError) else str(error)
