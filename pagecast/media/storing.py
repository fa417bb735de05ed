"""The blob store: every file is there once, under a readable path that is its own."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path, PurePosixPath

from django.db import IntegrityError, transaction
from django.utils import timezone

from . import leases
from .assembling import require_bytes
from .models import Blob, Upload
from .naming import numbered, safe_name
from .preparing import Prepared
from .probing import Facts, Medium
from .staging.chosen import place as staging
from .staging.scratch import scratch
from .stores.chosen import store
from .stores.folder import FolderStore

# From the tenth file of one name and day on, chance finds a free name quicker than counting does.
COUNTED = 9


@contextmanager
def at_hand(blob: Blob) -> Iterator[Path]:
    """The bytes of a blob as a file of this machine, to read. Raises `FileNotFoundError`, `StoreAway`."""
    kept = store()
    if isinstance(kept, FolderStore):
        yield kept.root / blob.path
        return
    with scratch("pagecast") as folder:
        copy = folder / PurePosixPath(blob.path).name
        with kept.open(blob.path) as source, copy.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
        yield copy


@contextmanager
def fetching(uploads: Sequence[Upload]) -> Iterator[None]:
    """What is fetched of the staged bytes of these to this machine goes at the end of the block."""
    try:
        yield
    finally:
        staging().put_down(upload.staged for upload in uploads)


def place(files: Sequence[tuple[Prepared, str]]) -> dict[Prepared, OSError]:
    """Put the bytes of these uploads into the media tree, each into the folder that is named with it.

    The place is reserved in the upload's row before, and is found there again after a crash. Answers with
    those that could not be placed. Slow: never inside of a transaction.
    """
    failed: dict[Prepared, OSError] = {}
    try:
        _reserve([(file.upload, file.name, folder) for file, folder in files])
    except OSError as error:
        # Which names are free can not be told now.
        return {file: error for file, _folder in files}
    kept, placed = store(), dict[Prepared, str]()
    for file, _folder in files:
        upload = file.upload
        if upload.path is None:
            failed[file] = TimeoutError("Another worker has it in hand.")
            continue
        try:
            kept.put(file.source, upload.path, sync=False)
            placed[file] = upload.path
        except OSError as error:
            failed[file] = error
            if isinstance(error, FileExistsError):
                # Somebody put a file of his own there by hand, just now. It must never be taken for ours.
                Upload.objects.filter(pk=upload.pk, path=upload.path, holder=upload.holder).update(path=None)
                upload.path = None
    try:
        kept.sync(placed.values())
    except OSError as error:
        return failed | dict.fromkeys(placed, error)
    return failed


def known(uploads: Iterable[Upload]) -> dict[str, Blob]:
    """The blobs that have the bytes of these uploads already, by SHA-256."""
    sums = {upload.sha256 for upload in uploads} - {""}
    return {blob.sha256: blob for blob in Blob.objects.filter(sha256__in=sums)}


def put_back(blob: Blob, file: Prepared) -> None:
    """If somebody removed the blob's file by hand: here are the same bytes again. Raises `Lost`."""
    kept = store()
    if kept.find(blob.path) is None:
        if file.source == file.upload.staged:
            require_bytes(file.upload)
        kept.put(file.source, blob.path)


def claim(files: Iterable[Prepared]) -> dict[Prepared, Blob]:
    """The blobs of these uploads, new ones for new bytes. In the transaction that tells the contents.

    Of two uploads with the same bytes the first one makes the blob. An upload is left out whose blob was
    there when it was looked for, and was swept since: it is to be filed again.
    """
    files = list(files)
    new = {file.sha256: file for file in reversed(files) if file.blob is None}
    Blob.objects.bulk_create(
        [_row(new[sha256]) for sha256 in sorted(new)],
        # Another worker may have been quicker.
        ignore_conflicts=True,
    )
    # Held, so that no sweep takes one away before the contents refer to it.
    found = Blob.objects.select_for_update().filter(sha256__in={file.sha256 for file in files}).order_by("pk")
    blobs = {blob.sha256: blob for blob in found}
    return {file: blobs[file.sha256] for file in files if file.sha256 in blobs}


def clear(file: Prepared, blob: Blob) -> None:
    """After the row is committed: remove the staged bytes, and the place that turned out not to be needed."""
    if file.upload.path and blob.path != file.upload.path:
        _remove(file.upload.path)
    file.source.unlink(missing_ok=True)
    staging().let_go([file.upload])()


def vacate(upload: Upload) -> None:
    """Before it is let go: remove what was placed of it. Raises `OSError` when that can not be done now."""
    if upload.path:
        store().remove(upload.path)


def set_aside(upload: Upload) -> None:
    """After the row is committed: what was placed of it goes, and what was sent stays, to be tried again."""
    # Somebody may have been given the name since.
    if upload.path and upload.path not in _reserved({upload.path}):
        _remove(upload.path)
    # What was made of the bytes is made again, and what was fetched is fetched again.
    for path in upload.staged.parent.glob(f"{upload.pk}.*"):
        path.unlink(missing_ok=True)


def drop(upload: Upload) -> None:
    """After the row is committed: remove what was staged and placed of an upload that was refused."""
    if upload.path:
        _remove(upload.path)
    # Subtitles and parts have companions.
    for path in upload.staged.parent.glob(f"{upload.pk}*"):
        path.unlink(missing_ok=True)
    staging().let_go([upload])()


def _remove(path: str) -> None:
    """Remove what no row knows any more. What a store that is away keeps of it, a sweep finds."""
    with suppress(OSError):
        store().remove(path)


def _row(file: Prepared) -> Blob:
    assert file.upload.path is not None  # noqa: S101 - only what was placed becomes a blob
    drawable = file.facts.medium in {Medium.VIDEO, Medium.AUDIO, Medium.IMAGE}
    blob = Blob(
        sha256=file.sha256,
        size=file.size,
        path=file.upload.path,
        study_due=timezone.now() if drawable else None,
    )
    know(blob, file.facts)
    return blob


def know(blob: Blob, facts: Facts) -> None:
    """Write down what probing found."""
    blob.medium, blob.what = facts.medium.value, facts.what
    blob.media_type, blob.codecs = facts.media_type, facts.codecs[:100]
    blob.playable = facts.playable
    blob.duration, blob.width, blob.height = facts.duration, facts.width, facts.height


def _reserve(wanted: Sequence[tuple[Upload, str, str]]) -> None:
    """Give each upload without one a path that is nobody else's; none to those that are not ours any more."""
    paths = {
        upload.pk: PurePosixPath(upload.created_at.strftime("%Y/%m/%d"), folder, safe_name(name))
        for upload, name, folder in wanted
    }
    waiting = [upload for upload, _name, _folder in wanted if not upload.path]
    for number in count(1):
        if not waiting:
            return
        tried = {upload: str(_numbered(paths[upload.pk], number)) for upload in waiting}
        taken = _taken(set(tried.values()))
        # One for each path: of two that want the same one, the first.
        first = {path: upload for upload, path in reversed(tried.items()) if path not in taken}
        try:
            gone = _write_paths({upload: path for path, upload in first.items()})
        except IntegrityError:
            # Another worker reserved one of them just now.
            continue
        waiting = [upload for upload in waiting if not upload.path and upload not in gone]


@transaction.atomic
def _write_paths(paths: Mapping[Upload, str]) -> set[Upload]:
    """Reserve these paths; answers with those that another worker has taken over."""
    ours = set(leases.held(list(paths)))
    Upload.objects.bulk_update([_with_path(upload, paths[upload]) for upload in ours], ["path"])
    # Whoever had one of them reserved may have turned it into a blob since we looked.
    lost = set(Blob.objects.filter(path__in=paths.values()).values_list("path", flat=True))
    Upload.objects.filter(path__in=lost).update(path=None)
    for upload in ours:
        upload.path = paths[upload] if paths[upload] not in lost else None
    return paths.keys() - ours


def _with_path(upload: Upload, path: str) -> Upload:
    return Upload(pk=upload.pk, path=path)


def _numbered(path: PurePosixPath, number: int) -> PurePosixPath:
    if number <= COUNTED:
        return numbered(path, number)
    return path.with_stem(f"{path.stem}-{secrets.token_hex(3)}")


def _taken(paths: set[str]) -> set[str]:
    """Which of them are a blob's, another upload's, or those of a file that somebody put there."""
    taken, kept = _reserved(paths), store()
    return taken | {path for path in paths - taken if kept.find(path) is not None}


def _reserved(paths: set[str]) -> set[str]:
    """Which of them a row knows."""
    known = set(Blob.objects.filter(path__in=paths).values_list("path", flat=True))
    known.update(filter(None, Upload.objects.filter(path__in=paths).values_list("path", flat=True)))
    return known
