"""The blob store: a staged file gets its place in the media tree, and every file is there once."""

import errno
import os
import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import IntegrityError, transaction

from .models import Blob, Upload
from .naming import numbered, safe_name
from .receiving import sync_folder


def place(upload: Upload, folder: str) -> PurePosixPath:
    """Give the staged bytes a name in the media tree, and answer with it, relative to the media folder.

    The bytes are on disk under that name when this returns. It is a second name for the staged file,
    so that a crash before the row is written loses nothing; called again it finds the same name.
    `folder` is the kind of the content, as it stands in the path. Slow: never inside a transaction.
    """
    day = PurePosixPath(upload.created_at.strftime("%Y/%m/%d"), folder)
    wanted = day / safe_name(upload.name)
    source = _on_same_file_system(upload)
    for number in count(1):
        path = numbered(wanted, number)
        # The name of a blob whose file was lost is still its own.
        if Blob.objects.filter(path=str(path)).exclude(sha256=upload.sha256).exists():
            continue
        target = Path(settings.MEDIA_ROOT) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, target)
        except FileExistsError:
            if not target.samefile(source):
                continue
        sync_folder(target.parent)
        return path
    raise AssertionError


def is_known(upload: Upload) -> bool:
    """Whether these bytes are here already, under whatever name."""
    blob = Blob.objects.filter(sha256=upload.sha256).first()
    if blob is not None and not blob.file.exists():
        # Somebody removed the file by hand. Here are the same bytes again: put them back.
        blob.file.parent.mkdir(parents=True, exist_ok=True)
        os.link(_on_same_file_system(upload), blob.file)
        sync_folder(blob.file.parent)
    return blob is not None


def claim_blob(upload: Upload, placed: PurePosixPath | None) -> Blob:
    """The row for the bytes of the upload.

    It names the place that `place` gave them. Without one, or when another upload of the same bytes was
    quicker, it is the row that is there.
    """
    if placed is not None:
        with suppress(IntegrityError), transaction.atomic():
            return Blob.objects.create(sha256=upload.sha256, size=upload.size, path=str(placed))
    return Blob.objects.get(sha256=upload.sha256)


def clear(upload: Upload, placed: PurePosixPath | None, blob: Blob | None) -> None:
    """After the row is committed: remove the staged file, and a name that turned out not to be needed."""
    root = Path(settings.MEDIA_ROOT)
    if placed is not None and (blob is None or blob.path != str(placed)):
        (root / placed).unlink(missing_ok=True)
    if upload.attempts > 1:
        # An earlier worker may have been killed when it had given the bytes a name.
        for path in _names_of(upload):
            if blob is None or blob.path != str(path):
                (root / path).unlink(missing_ok=True)
    upload.staged.unlink(missing_ok=True)
    for left in root.glob(f".{upload.pk}.*"):
        left.unlink(missing_ok=True)


def _names_of(upload: Upload) -> list[PurePosixPath]:
    root = Path(settings.MEDIA_ROOT)
    sources = [path for path in (upload.staged, _copy_of(upload)) if path.exists()]
    day = root / upload.created_at.strftime("%Y/%m/%d")
    names = [name for name in day.glob("*/*") if any(name.samefile(source) for source in sources)]
    return [PurePosixPath(name.relative_to(root)) for name in names]


def _copy_of(upload: Upload) -> Path:
    return Path(settings.MEDIA_ROOT) / f".{upload.pk}.incoming"


def _on_same_file_system(upload: Upload) -> Path:
    """The staged file, or a copy of it where the media folder lies on another file system."""
    root, copy = Path(settings.MEDIA_ROOT), _copy_of(upload)
    root.mkdir(parents=True, exist_ok=True)
    probe = root / f".{upload.pk}.link"
    probe.unlink(missing_ok=True)
    try:
        os.link(upload.staged, probe)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP):
            raise
        if copy.exists() and copy.stat().st_size == upload.size:
            return copy
        part = copy.with_suffix(".part")
        shutil.copyfile(upload.staged, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        return part.replace(copy)
    probe.unlink()
    return upload.staged
