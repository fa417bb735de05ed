"""Bytes on their way into a bucket: on the disk of this machine until there are enough for an object."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from time import monotonic
from types import TracebackType
from typing import Any, Self

from django.db import DatabaseError, InterfaceError

from pagecast.media.appending import Gone, Moved, TooMuch, sums, written_to
from pagecast.media.errors import Refused, Unreachable, room_for
from pagecast.media.models import Piece, Upload
from pagecast.media.stores.bucket import STAGED, BucketStore
from pagecast.media.stores.store import StoreAway

from . import pieces

# So many bytes make an object. As many at the most are sent again by whoever sent them to a server that died,
ENOUGH = 16 * 2**20
# and no more than came in so many seconds.
LATEST = 20.0


class SpooledAppending:
    """Appends to an upload in a bucket. Nothing that a server has died with is in anybody's way.

    Raises `Moved` if the offset is not where the upload ends. What came is kept when it is closed, also if
    the request broke off, unless it could not be kept before.
    """

    def __init__(self, upload: Upload, offset: int, store: BucketStore) -> None:
        self.upload, self.offset, self._store = upload, offset, store
        arrived = pieces.end_of(upload)
        if arrived != offset:
            raise Moved(upload.name, offset, arrived)
        with room_for(upload.name):
            upload.staged.parent.mkdir(parents=True, exist_ok=True)
            # Without a name: no death leaves it behind.
            self._spool = tempfile.TemporaryFile(dir=upload.staged.parent, buffering=0)  # noqa: SIM115 - see close
        self._size, self._since = 0, monotonic()
        self._has_failed = False
        self._sum: Any = sums.take(upload.pk, offset)

    def write(self, piece: bytes) -> None:
        """Spool the piece, and send on what is enough.

        Raises `TooMuch` before anything of it is taken, `NoSpace`, `Unreachable` if the store is away,
        `Moved` or `Gone` if somebody else has changed the upload.
        """
        if self.offset + self._size + len(piece) > self.upload.size:
            raise TooMuch(self.upload.name, self.upload.size)
        for written in written_to(self._spool.fileno(), piece, self):
            self._size += len(written)
            if self._sum is not None:
                self._sum.update(written)
        if self._size >= ENOUGH or monotonic() - self._since > LATEST:
            self._send_on()

    def settle(self) -> None:
        """All of the request is here: it is safe when this returns."""
        self._send_on()

    def close(self) -> None:
        """Let go, and keep what came as far as that is possible now. Safe to call twice."""
        if self._spool.closed:
            return
        try:
            if not self._has_failed:
                # Whoever sent it asks how much is here, and sends the rest again.
                with suppress(Refused, OSError, DatabaseError, InterfaceError):
                    self._send_on()
        finally:
            self._spool.close()
        if self._sum is not None and not self._has_failed:
            sums.put(self.upload.pk, self.offset, self._sum)

    def _send_on(self) -> None:
        self._since = monotonic()
        if not self._size:
            return
        name = pieces.new_name(self.upload.pk, self.offset)
        # Until the row is there.
        self._has_failed = True
        try:
            self._spool.seek(0)
            self._store.send(self._spool, f"{STAGED}{name}")
            piece = Piece(upload_id=self.upload.pk, start=self.offset, size=self._size, name=name)
            pieces.append(self.upload, piece)
        except StoreAway as away:
            raise Unreachable(self.upload.name, away) from away
        except (Moved, Gone):
            # What a store that is away keeps of it, a sweep finds.
            with suppress(StoreAway):
                self._store.remove(f"{STAGED}{name}")
            raise
        self._has_failed = False
        self.offset += self._size
        self._size = 0
        self._spool.seek(0)
        self._spool.truncate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
