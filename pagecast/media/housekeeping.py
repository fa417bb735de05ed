"""Taking away what nobody needs: `pagecast sweep`, and the part of it that workers do by themselves.

Never a file that anything still needs, also while uploads arrive: a row is held before its references are
looked at, and a file without a row goes only if it is older than any upload may take from file to row.
"""

from __future__ import annotations

import datetime as dt
import fcntl
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.utils import timezone

from . import retrying, storing
from .models import Blob, Piece, Upload
from .staging.chosen import place
from .staging.scratch import is_locked
from .stores import chosen
from .stores.store import Stored
from .studying import poster_of

# An upload that comes in slowly writes at least so often; younger files without a row may get one.
YOUNG = dt.timedelta(hours=1)
# No file takes longer from here into an object store, nor from there to its row.
SLOW = dt.timedelta(days=1)
# Where a bucket tells what is on its way there.
HALF_DONE = ".put/"
# What a process that lives works with is locked, but for a moment and for what is quickly made.
JUST_NOW = dt.timedelta(minutes=10)
# What came in whole, and was then used for nothing, goes by itself after so long.
UNUSED = dt.timedelta(days=7)
BATCH = 500

Row = TypeVar("Row", bound=models.Model)


class Waste(Enum):
    """What may be swept, in the words of the report."""

    EXPIRED = "uploads that never came in whole, or that nobody used"
    HISTORY = "records of uploads that nothing refers to"
    STAGED = "staged files without an upload"
    UNUSED = "files that nothing refers to"
    STRAY = "files in the media tree that nobody knows"


@dataclass(frozen=True, slots=True)
class Swept:
    """One thing that was taken away, or would be."""

    waste: Waste
    name: str
    size: int


def tidy(age: dt.timedelta, *, dry: bool = False) -> Iterator[Swept]:
    """What came in and came to nothing: expired uploads, and staged files without a row. Safe at any time."""
    yield from _expired(age, dry=dry)
    yield from tidy_here(dry=dry)
    yield from _staged(dry=dry)


def tidy_all() -> int:
    """Tidy as workers do it by themselves; answers how many things were removed."""
    return sum(1 for _swept in tidy(UNUSED))


def clear_spool() -> None:
    """What killed processes left on this machine goes when the next one starts. Asks no database."""
    if settings.PAGECAST_BUCKET is not None:
        for _swept in tidy_here():
            """One by one."""


def sweep(age: dt.timedelta, *, dry: bool = False) -> Iterator[Swept]:
    """All of it: what `tidy` does, and files that nothing refers to and that are older than `age`.

    Safe at any time and several times at once; stopped anywhere, the next sweep goes on. `dry`: only say.
    """
    yield from tidy(age, dry=dry)
    yield from _history(age, dry=dry)
    yield from _unused(age, dry=dry)
    yield from _stray(max(age, YOUNG), dry=dry)


def unused_files() -> QuerySet[Blob]:
    """The files that nothing refers to, but for the records of uploads: a sweep takes them one day."""
    return _unreferred(Blob.objects.all())


def _unreferred(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those of the rows that nothing refers to, whatever models there are, but for uploads and bytes."""
    # Also those that have no way back, and the tables between.
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and (relation.one_to_many or relation.one_to_one):
            model: Any = relation.related_model
            if model in {Upload, Piece}:
                continue
            column = OuterRef(relation.field.foreign_related_fields[0].attname)
            referring: QuerySet[Any] = models.QuerySet(model).filter(**{relation.field.name: column})
            rows = rows.exclude(Exists(referring))
    return rows


def _expired(age: dt.timedelta, *, dry: bool) -> Iterator[Swept]:
    now = timezone.now()
    late = Q(expires_at__lt=now) | Q(expires_at=None, created_at__lt=now - max(age, YOUNG))
    # Nobody wants it any more, and its worker is gone.
    given_up = Q(state=Upload.State.PROCESSING, lease_until__lt=now)
    unfinished = Q(state__in=[Upload.State.RECEIVING, Upload.State.PENDING]) | given_up
    waiting = Upload.objects.filter(late, unfinished)
    for key in list(_unreferred(waiting.filter(part_of=None)).values_list("pk", flat=True)):
        yield from _remove_upload(key, Waste.EXPIRED, waiting, dry=dry)
    for upload in list(retrying.forsaken()):
        yield from _forget_bytes(upload, dry=dry)


def _forget_bytes(upload: Upload, *, dry: bool) -> Iterator[Swept]:
    """Of a failed upload that nobody tried again: its record stays, for the reason in it."""
    parts: list[Upload] = []
    with transaction.atomic():
        # Held, and looked at again: from here on nobody can try it.
        if not retrying.forsaken().select_for_update().filter(pk=upload.pk).exists():
            return
        if not dry:
            parts = list(upload.parts.all())
            remove_bytes = place().let_go([upload, *parts])
            upload.parts.all().delete()
            Upload.objects.filter(pk=upload.pk).update(expires_at=None)
    if not dry:
        # Killed here, it leaves staged files that are strays from now on.
        for each in (upload, *parts):
            storing.drop(each)
        remove_bytes()
    yield Swept(Waste.EXPIRED, upload.name, upload.size)


def _history(age: dt.timedelta, *, dry: bool) -> Iterator[Swept]:
    decided = Upload.objects.filter(
        created_at__lt=timezone.now() - age, state__in=[Upload.State.COMPLETED, Upload.State.FAILED]
    )
    for key in list(_unreferred(decided).values_list("pk", flat=True)):
        yield from _remove_upload(key, Waste.HISTORY, decided, dry=dry)


def _remove_upload(key: UUID, waste: Waste, candidates: QuerySet[Upload], *, dry: bool) -> Iterator[Swept]:
    with transaction.atomic():
        # Held, and looked at again: somebody may refer to it by now, or send the rest of it.
        upload = candidates.select_for_update().filter(pk=key).first()
        if upload is None or not _unreferred(Upload.objects.filter(pk=key)).exists():
            return
        parts = list(upload.parts.all())
        if not dry:
            remove_bytes = place().let_go([upload, *parts])
            upload.delete()
    size = upload.size if upload.state != Upload.State.COMPLETED else 0
    if not dry:
        for each in (upload, *parts):
            each.pk = each.pk or key
            storing.drop(each)
        remove_bytes()
    yield Swept(waste, upload.name, size)


def tidy_here(*, dry: bool = False) -> Iterator[Swept]:
    """What came to nothing in the staging folder. Safe at any time.

    Where uploads are staged in a bucket, it is this machine's alone, and nothing there is needed by anybody
    but a process that lives.
    """
    folder = Path(settings.PAGECAST_STAGING)
    is_spool = settings.PAGECAST_BUCKET is not None
    before = (timezone.now() - (JUST_NOW if is_spool else YOUNG)).timestamp()
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        if status.st_mtime > before or _is_coming_in(path) or (not is_spool and _has_upload(path.name)):
            continue
        if not dry and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif not dry:
            path.unlink(missing_ok=True)
        yield Swept(Waste.STAGED, path.name, status.st_size)


def _staged(*, dry: bool) -> Iterator[Swept]:
    """What is left of uploads that nobody needs any more, in a bucket."""
    for stored in place().leftovers(timezone.now() - SLOW):
        if not dry:
            place().sweep(stored.path)
        yield Swept(Waste.STAGED, stored.path, stored.size)


def _is_coming_in(path: Path) -> bool:
    """Whether a living process has it open to write, however long ago the last byte came."""
    if path.is_dir():
        return is_locked(path)
    try:
        with path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _has_upload(name: str) -> bool:
    """Whether the file, or what it is a companion of, still has to be filed, or can be tried again."""
    try:
        key = UUID(name.partition(".")[0])
    except ValueError:
        return False
    done = Q(state=Upload.State.COMPLETED) | Q(state=Upload.State.FAILED, expires_at=None)
    return Upload.objects.filter(pk=key).exclude(done).exists()


def _unused(age: dt.timedelta, *, dry: bool) -> Iterator[Swept]:
    old = Blob.objects.filter(created_at__lt=timezone.now() - age)
    for key in list(_unreferred(old).values_list("pk", flat=True)):
        with transaction.atomic():
            # In the order in which whoever attaches an upload takes these locks.
            list(Upload.objects.select_for_update().filter(blob=key).order_by("pk"))
            blob = Blob.objects.select_for_update().filter(pk=key).first()
            if blob is None or not _unreferred(Blob.objects.filter(pk=key)).exists():
                continue
            if not dry:
                blob.delete()
        if not dry:
            for path in sorted({blob.path, blob.poster_path, poster_of(blob.path)} - {""}):
                # Another sweep may have removed the file as a stray one, and somebody may have its name now.
                if path not in _known([path]):
                    chosen.store().remove(path)
        yield Swept(Waste.UNUSED, blob.path, blob.size)


def _stray(age: dt.timedelta, *, dry: bool) -> Iterator[Swept]:
    store, before = chosen.store(), timezone.now() - age
    batch: list[Stored] = []
    for stored in store.walk():
        batch.append(stored)
        if len(batch) == BATCH:
            yield from _strangers(batch, before, dry=dry)
            batch = []
    yield from _strangers(batch, before, dry=dry)


def _strangers(batch: list[Stored], before: dt.datetime, *, dry: bool) -> Iterator[Swept]:
    store = chosen.store()
    old = {stored.path for stored in batch if stored.since < _limit(stored.path, before)}
    for path in sorted(old - _known(old)):
        if not path.startswith(HALF_DONE):
            # Asked again: a name that became free may have been given to somebody since.
            stored = store.find(path)
            if stored is None or stored.since >= before:
                continue
        if not dry:
            store.remove(path)
        yield Swept(Waste.STRAY, path, sum(stored.size for stored in batch if stored.path == path))


def _limit(path: str, before: dt.datetime) -> dt.datetime:
    """What is still on its way into a bucket is as old as its beginning."""
    return min(before, timezone.now() - SLOW) if path.startswith(HALF_DONE) else before


def _known(paths: Collection[str]) -> set[str]:
    """Which of the paths some row knows, or will know when its file is there."""
    known = set(Blob.objects.filter(path__in=paths).values_list("path", flat=True))
    known.update(Blob.objects.filter(poster_path__in=paths).values_list("poster_path", flat=True))
    for reserved in Upload.objects.exclude(path=None).values_list("path", flat=True):
        known |= {str(reserved), poster_of(str(reserved))}
    return known
