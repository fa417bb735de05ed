"""Staged bytes in a folder: on this machine, or on one that all servers and workers share.

How many bytes are here is told by the staged file alone: after a kill or a power cut it is what is really
there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from django.conf import settings

from pagecast.media.appending import Appending, Gone
from pagecast.media.errors import Lost, NoRoom
from pagecast.media.models import Piece, Upload
from pagecast.media.stores.folder import sync_folder
from pagecast.media.stores.store import Stored

from .links import Links
from .place import CHUNK


class FolderPlace:
    """Each upload is one file, `upload.staged`."""

    @contextmanager
    def beginning(self, upload: Upload) -> Iterator[None]:
        """The staged file is there before the row is, so that one that is missing later was removed."""
        folder = upload.staged.parent
        folder.mkdir(parents=True, exist_ok=True)
        if upload.size > shutil.disk_usage(folder).free:
            raise NoRoom(upload.name)
        with ExitStack() as undo:
            undo.callback(upload.staged.unlink, missing_ok=True)
            upload.staged.touch(exist_ok=False)
            sync_folder(folder)
            yield
            undo.pop_all()

    def arrived(self, upload: Upload) -> int:
        try:
            return upload.staged.stat().st_size
        except FileNotFoundError as error:
            raise Gone(upload.name) from error

    def writer(self, upload: Upload, offset: int) -> Appending:
        return Appending(upload, offset)

    def settle(self, upload: Upload) -> None:
        with upload.staged.open("rb") as file:
            os.fsync(file.fileno())
        sync_folder(upload.staged.parent)

    def secure(self, file: BinaryIO, path: Path) -> None:
        """Its name is left to whoever secures many files."""
        os.fsync(file.fileno())

    def assemble(self, upload: Upload) -> str:
        parts = list(upload.parts.order_by("part_number"))
        digest = ""
        if parts and not upload.staged.exists():
            digest = _assemble(upload, parts)
        self.fetch(upload)
        # What killed attempts left; one that still lives finds that the whole is there.
        for left in upload.staged.parent.glob(f"{upload.pk}.*.whole") if parts else []:
            left.unlink(missing_ok=True)
        for part in parts:
            part.staged.unlink(missing_ok=True)
            part.delete()
        return digest

    def fetch(self, upload: Upload) -> None:
        """They are here, or nowhere."""
        if not upload.staged.is_file() or upload.staged.stat().st_size != upload.size:
            raise Lost(upload.name)

    def put_down(self, paths: Iterable[Path]) -> None:
        """Nothing was fetched."""

    def let_go(self, uploads: Sequence[Upload]) -> Callable[[], None]:
        paths = [upload.staged for upload in uploads]

        def remove() -> None:
            for path in paths:
                path.unlink(missing_ok=True)

        return remove

    @contextmanager
    def hold(self, folder: Path) -> Iterator[Links]:
        """What is filed before anybody looks was linked here."""
        links = Links(Path(settings.PAGECAST_STAGING), folder)
        links.look()
        yield links

    def bring(self, sources: Mapping[UUID, Path]) -> Callable[[], object]:
        """They only change their names.

        Where an upload has these bytes already, or more of them, they stay: it is the same upload, and more
        has come since.
        """
        return partial(_take_places, Path(settings.PAGECAST_STAGING), sources)

    def leftovers(self, before: dt.datetime) -> Iterator[Stored]:
        """All of it is in the staging folder."""
        return iter(())

    def sweep(self, name: str) -> None:
        """Nothing is named."""

    def discard(self, piece: Piece) -> None:
        """There are none."""


def _take_places(staging: Path, sources: Mapping[UUID, Path]) -> None:
    for key, source in sources.items():
        target = staging / str(key)
        if _begins_like(target, source):
            continue
        # Its age counts from now, so that nobody clears it up before its row is seen.
        os.utime(source)
        source.replace(target)
    sync_folder(staging)


def _begins_like(target: Path, source: Path) -> bool:
    with suppress(FileNotFoundError), target.open("rb") as ours, source.open("rb") as theirs:
        while chunk := theirs.read(CHUNK):
            if ours.read(len(chunk)) != chunk:
                return False
        return True
    return False


def _assemble(upload: Upload, parts: Sequence[Upload]) -> str:
    # Its own for each attempt: a worker that stood still for a while may come back, and write on.
    whole = upload.staged.with_name(f"{upload.pk}.{uuid4().hex}.whole")
    digest = hashlib.sha256()
    try:
        with whole.open("wb") as target:
            for part in parts:
                with part.staged.open("rb", buffering=0) as source:
                    while chunk := source.read(CHUNK):
                        digest.update(chunk)
                        target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        whole.replace(upload.staged)
    except FileNotFoundError:
        # Its bytes are lost, or another worker has put them together just now.
        return ""
    finally:
        # Half of it would keep a full disk full.
        whole.unlink(missing_ok=True)
    sync_folder(upload.staged.parent)
    return digest.hexdigest()
