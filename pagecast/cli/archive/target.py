"""Where an archive is written to: it appears under its name when it is whole, or not at all."""

from __future__ import annotations

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pagecast.media.stores.folder import sync_folder

from .errors import ArchiveError


@contextmanager
def standard_output() -> Iterator[BinaryIO]:
    """For a pipe. Raises `ArchiveError` where somebody would have to read it."""
    if sys.stdout.isatty():
        message = (
            "An archive is nothing to look at: name a file, or send it on, as in `pagecast export - | ssh …`."
        )
        raise ArchiveError(message)
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Nobody reads any more; Python would complain of it once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """A file that only its owner may read, put in place when the block ends well: on disk for good.

    Raises `ArchiveError` for a file that is there already, unless `force` is said, and where somebody else
    writes it.
    """
    _require_free(path, force=force)
    part = path.with_name(f".{path.name}.part")
    # What a killed export has left is written over.
    handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb", buffering=2**20) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"Another export writes {path} at this moment."
            raise ArchiveError(message) from None
        if os.fstat(handle).st_uid != os.geteuid():
            # In a folder of everybody's. Whoever owns it could read what is written, whatever its mode.
            message = f"{part} belongs to somebody else: name another folder, or have it removed."
            raise ArchiveError(message)
        try:
            os.fchmod(file.fileno(), 0o600)
            file.truncate(0)
            yield file
            file.flush()
            os.fsync(file.fileno())
            _require_free(path, force=force)
            part.replace(path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise
    sync_folder(path.parent)


def _require_free(path: Path, *, force: bool) -> None:
    if not path.parent.is_dir():
        message = f"There is no folder {path.parent} to write {path.name} into."
        raise ArchiveError(message)
    if path.exists() and not path.is_file():
        message = f"{path} is no file that could be written over."
        raise ArchiveError(message)
    if path.exists() and not force:
        message = f"{path} is there already: choose another name, or say --force to write over it."
        raise ArchiveError(message)
