"""The way in: bytes to the staging folder, hashed as they come, then a row. Every door uses `Staging`."""

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import transaction

from .errors import Empty, Lost, NotComplete, TooLarge, room_for
from .models import NAME_LENGTH, Piece, Upload
from .staging.chosen import place
from .staging.place import CHUNK
from .stores.folder import sync_folder


class Staging:
    """A file that is coming in. Bytes that nobody keeps are gone when it is closed.

    `sender` is the id of the user who sends it; empty where nobody does, as in an import.

    Raises `TooLarge` from `write` at the first byte past PAGECAST_MAX_UPLOAD_BYTES; the bytes
    that were there are removed at once. Raises `NoRoom` when the disk is full.
    """

    def __init__(self, name: str, *, sender: str = "") -> None:
        self.name, self.sender = name[-NAME_LENGTH:], sender
        self.size = 0
        self.upload: Upload | None = None
        self.is_settled = False
        # How many of the bytes are on disk for good.
        self._synced = 0
        # What they are in a bucket.
        self.piece: Piece | None = None
        self._id = uuid.uuid4()
        self._hash = hashlib.sha256()
        folder = Path(settings.PAGECAST_STAGING)
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / str(self._id)
        with room_for(name):
            self._file = self.path.open("xb")
        # As long as it has no row, this tells whoever sweeps that somebody is still at it.
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        limit = settings.PAGECAST_MAX_UPLOAD_BYTES
        if self.size + len(chunk) > limit:
            self.close()
            raise TooLarge(self.name, limit)
        with room_for(self.name):
            self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def settle(self) -> None:
        """Wait until the bytes and their name are on disk; then `keep` is quick, also in a transaction."""
        self.sync()
        if not self.is_settled:
            sync_folder(self.path.parent)
            self.is_settled = True

    def sync(self) -> None:
        """Wait until the bytes are safe. Slow, and so done before any transaction is open.

        Raises `Empty` for a file without bytes.
        """
        if not self.size:
            raise Empty(self.name)
        if self._synced < self.size:
            with room_for(self.name):
                self._file.flush()
                self.piece = place().secure(self._file, self.path)
            self._synced = self.size

    def keep(self) -> Upload:
        """Make the bytes an upload: they are on disk when the row is made, so a row never lacks its bytes.

        Raises `Empty` for a file without bytes.
        """
        if self.upload is None:
            keep_all([self])
        assert self.upload is not None  # noqa: S101 - that is what keep_all does
        return self.upload

    def row(self) -> Upload:
        """The upload that the bytes will be."""
        sha256 = self._hash.hexdigest()
        return Upload(id=self._id, name=self.name, size=self.size, sha256=sha256, sender=self.sender)

    def close(self) -> None:
        """Let go. Without `keep` before it, the bytes are removed. Safe to call twice."""
        # What is kept was written out before; what is not may find no room even now.
        with suppress(OSError):
            self._file.close()
        place().put_down([self.path])
        if self.upload is None:
            self.path.unlink(missing_ok=True)
            piece, self.piece = self.piece, None
            # What a store that is away keeps of it, a sweep finds.
            with suppress(OSError):
                if piece is not None:
                    place().discard(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def keep_all(stagings: Sequence[Staging]) -> list[Upload]:
    """Make uploads of the bytes of many files at once: all of them, or none.

    Raises `Empty` for a file without bytes.
    """
    for staging in stagings:
        staging.sync()
    for folder in {staging.path.parent for staging in stagings if not staging.is_settled}:
        sync_folder(folder)
    pieces = [staging.piece for staging in stagings if staging.piece is not None]
    with transaction.atomic():
        uploads = Upload.objects.bulk_create([staging.row() for staging in stagings])
        if pieces:
            Piece.objects.bulk_create(pieces)
    for staging, upload in zip(stagings, uploads, strict=True):
        staging.upload = upload
    return uploads


def receive(chunks: Iterable[bytes], name: str) -> Upload:
    """Take a whole file from its chunks.

    Raises `TooLarge` or `Empty`, and then keeps nothing. A crash leaves at most a staged file without a
    row, which no reader and no editor ever sees.
    """
    with Staging(name) as staging:
        for chunk in chunks:
            staging.write(chunk)
        return staging.keep()


def receive_path(path: Path) -> Upload:
    """Take a copy of a file that lies on this machine, under its own name."""
    with stage_path(path) as staging:
        return staging.keep()


def stage_path(path: Path) -> Staging:
    """A copy of a file that lies on this machine, under its own name; whoever asked keeps or closes it."""
    staging = Staging(printable(path.name))
    try:
        with path.open("rb", buffering=0) as source:
            while chunk := source.read(CHUNK):
                staging.write(chunk)
    except BaseException:
        staging.close()
        raise
    return staging


def take_up(upload_id: uuid.UUID) -> Upload:
    """The upload, held until the transaction ends, for somebody who refers to it from now on.

    Raises `NotComplete` while its bytes are still coming in, and for a part of another one; `Lost` when its
    file was of no use to anybody, and was swept.
    """
    upload = Upload.objects.select_for_update().get(pk=upload_id)
    if upload.state == Upload.State.RECEIVING or upload.is_part:
        raise NotComplete(upload.name)
    if upload.state == Upload.State.COMPLETED and upload.blob_id is None:
        raise Lost(upload.name)
    if upload.expires_at is not None:
        Upload.objects.filter(pk=upload_id).update(expires_at=None)
    return upload


def printable(name: str) -> str:
    """The name with bytes that are no text in its file system's encoding made visible."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
