"""Objects of uploads, held while somebody reads them.

A bucket knows no links, so a row asks all who would remove an object to leave it to a later sweep. It is
there before the reader looks at the rows of the uploads; whoever removes an object has first committed that
no row needs it any more, and asks then. So one of the two has seen the other: either the reader knows that
the object is not needed, or it stays.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Q
from django.db.models.functions import Now

from pagecast.media.models import Hold, Piece, Upload
from pagecast.media.stores.bucket import STAGED, BucketStore
from pagecast.media.stores.store import StoreAway

# Longer than it takes to write all rows, and then to read one upload: it begins anew with each of them.
LONGEST = dt.timedelta(days=1)
_BATCH = 2000


def is_held() -> bool:
    """Whether objects must stay. Ask when it is committed that no row needs them."""
    return Hold.objects.filter(until__gte=Now()).exists()


@contextmanager
def held(store: BucketStore) -> Iterator[HeldPieces]:
    """Hold all objects in the bucket until the block ends."""
    Hold.objects.filter(until__lt=Now()).delete()
    key = Hold.objects.create(until=Now() + LONGEST).pk
    try:
        yield HeldPieces(store, key)
    finally:
        # It ends by itself.
        with suppress(DatabaseError):
            Hold.objects.filter(pk=key).delete()


class HeldPieces:
    """The objects of each upload, as the rows named them."""

    def __init__(self, store: BucketStore, hold: int) -> None:
        self._store, self._hold = store, hold
        # Names and sizes: there is an object for some megabytes.
        self._pieces: dict[UUID, list[tuple[str, int]]] = {}

    def look(self) -> None:
        # Of some there is nothing, and it is not missing.
        complete = Upload.objects.filter(Q(state=Upload.State.RECEIVING) | Q(size=0))
        self._pieces = {key: [] for key in complete.values_list("pk", flat=True).iterator(_BATCH)}
        waiting = Piece.objects.exclude(upload__state=Upload.State.COMPLETED).order_by("upload", "start")
        for key, name, size in waiting.values_list("upload", "name", "size").iterator(_BATCH):
            self._pieces.setdefault(key, []).append((name, size))

    def open(self, upload_id: UUID) -> tuple[BinaryIO, int]:
        Hold.objects.filter(pk=self._hold).update(until=Now() + LONGEST)
        pieces = self._pieces.get(upload_id)
        if pieces is None:
            message = f"nothing is staged of {upload_id}"
            raise FileNotFoundError(message)
        for name, size in pieces:
            found = self._store.find(f"{STAGED}{name}")
            if found is None or found.size != size:
                message = f"{name} is not what was staged"
                raise FileNotFoundError(message)
        objects = _Joined(self._store, [name for name, _size in pieces])
        return cast("BinaryIO", io.BufferedReader(objects)), sum(size for _name, size in pieces)


class _Joined(io.RawIOBase):
    """Objects one after another, as one file of Python's."""

    def __init__(self, store: BucketStore, names: Sequence[str]) -> None:
        self._store, self._names = store, iter(names)
        self._open: BinaryIO | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._open is not None or self._next():
            data = cast("BinaryIO", self._open).read(len(buffer))
            if data:
                buffer[: len(data)] = data
                return len(data)
            self._end()
        return 0

    def close(self) -> None:
        self._end()
        super().close()

    def _next(self) -> bool:
        for name in self._names:
            try:
                self._open = self._store.open(f"{STAGED}{name}")
            except FileNotFoundError as error:
                # It was there a moment ago, and it was held.
                raise StoreAway(str(error)) from error
            return True
        return False

    def _end(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
