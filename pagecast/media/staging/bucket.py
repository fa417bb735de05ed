"""Staged bytes in the bucket that files are kept in: every server and every worker reaches them.

Rows say which objects an upload consists of, so a server that comes to life again after its client has gone
on at another one changes nothing. What lies on this machine is a copy, or on its way there.
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import lru_cache, partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import UUID, uuid4

from django.conf import settings

from pagecast.media.errors import Lost, NoRoom
from pagecast.media.models import Piece, Upload
from pagecast.media.stores.address import Bucket
from pagecast.media.stores.bucket import STAGED, BucketStore, bucket_store
from pagecast.media.stores.store import StoreAway, Stored

from . import holding, pieces
from .place import CHUNK
from .spooling import ENOUGH, SpooledAppending

BATCH = 500


@lru_cache
def bucket_place(bucket: Bucket) -> BucketPlace:
    """The place in this bucket; one for the process."""
    return BucketPlace(bucket_store(bucket))


# Its connections are not to be shared, and what was fetched is the parent's.
os.register_at_fork(after_in_child=bucket_place.cache_clear)


class BucketPlace:
    """Each upload is a sequence of objects below `.staging/`, each written once and named in a row."""

    def __init__(self, store: BucketStore) -> None:
        self._store = store
        # What this process has fetched. Each is locked as long as it is used, so that none is swept then.
        self._fetched: dict[Path, BinaryIO] = {}

    @contextmanager
    def beginning(self, upload: Upload) -> Iterator[None]:
        """There is nothing before its first bytes. The disk must have room to take some in."""
        folder = _folder()
        if min(upload.size, ENOUGH) > shutil.disk_usage(folder).free:
            raise NoRoom(upload.name)
        yield

    def arrived(self, upload: Upload) -> int:
        return pieces.end_of(upload)

    def writer(self, upload: Upload, offset: int) -> SpooledAppending:
        return SpooledAppending(upload, offset, self._store)

    def settle(self, upload: Upload) -> None:
        """What a bucket has taken, it keeps."""

    def secure(self, file: BinaryIO, path: Path) -> Piece:
        """All of it is one object."""
        piece = self._keep(UUID(path.name), path)
        # Who files it at once need not fetch it.
        self._fetched[path] = file
        return piece

    def assemble(self, upload: Upload) -> str:
        """No byte of a part is moved: the pieces of the parts become those of the whole."""
        pieces.join(upload)
        return self._fetch(upload)

    def fetch(self, upload: Upload) -> None:
        self._fetch(upload)

    def put_down(self, paths: Iterable[Path]) -> None:
        for path in paths:
            if file := self._fetched.pop(path, None):
                path.unlink(missing_ok=True)
                # It was written out, or is in the bucket.
                with suppress(OSError):
                    file.close()

    def let_go(self, uploads: Sequence[Upload]) -> Callable[[], None]:
        return partial(self._remove, [upload.staged for upload in uploads], pieces.forget(uploads))

    def hold(self, folder: Path) -> AbstractContextManager[holding.HeldPieces]:
        """It takes a row, and nothing of this machine."""
        return holding.held(self._store)

    def bring(self, sources: Mapping[UUID, Path]) -> Callable[[], object]:
        """Of what has not begun to come in there is no piece."""
        brought = [self._keep(key, path) for key, path in sources.items() if path.stat().st_size]
        return partial(Piece.objects.bulk_create, brought, BATCH)

    def leftovers(self, before: dt.datetime) -> Iterator[Stored]:
        """Objects that no row names, or that nobody is going to look at again."""
        old = (stored for stored in self._store.walk(STAGED) if stored.since < before)
        while batch := list(islice(old, BATCH)):
            needed = pieces.needed([stored.path.removeprefix(STAGED) for stored in batch])
            if holding.is_held():
                return
            for stored in batch:
                name = stored.path.removeprefix(STAGED)
                if name not in needed:
                    yield Stored(name, stored.size, stored.since)

    def sweep(self, name: str) -> None:
        Piece.objects.filter(name=name).delete()
        self._store.remove(f"{STAGED}{name}")

    def discard(self, piece: Piece) -> None:
        self._store.remove(f"{STAGED}{piece.name}")

    def _remove(self, copies: Sequence[Path], names: Sequence[str]) -> None:
        self.put_down(copies)
        if holding.is_held():
            return
        # What a store that is away keeps of it, as what is held, a sweep finds.
        with suppress(StoreAway):
            for name in names:
                self._store.remove(f"{STAGED}{name}")

    def _keep(self, key: UUID, path: Path) -> Piece:
        """All of the file becomes one object."""
        size = path.stat().st_size
        piece = Piece(upload_id=key, start=0, size=size, name=pieces.new_name(key, 0))
        if size > ENOUGH:
            self._store.put(path, f"{STAGED}{piece.name}")
        else:
            with path.open("rb") as source:
                self._store.send(source, f"{STAGED}{piece.name}")
        return piece

    def _fetch(self, upload: Upload) -> str:
        """Answers with the SHA-256 of what was fetched; with nothing if it is here."""
        if upload.staged in self._fetched and upload.staged.is_file():
            return ""
        found = list(upload.pieces.order_by("start"))
        if sum(piece.size for piece in found) != upload.size:
            raise Lost(upload.name)
        if upload.size > shutil.disk_usage(_folder()).free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        # Its own for each attempt: a worker that stood still for a while may come back, and write on.
        copy = upload.staged.with_name(f"{upload.pk}.{uuid4().hex}.whole")
        file = copy.open("xb")
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            digest = self._copy(upload, found, file)
            copy.replace(upload.staged)
        except BaseException:
            copy.unlink(missing_ok=True)
            with suppress(OSError):
                file.close()
            raise
        self._fetched[upload.staged] = file
        return digest

    def _copy(self, upload: Upload, found: Sequence[Piece], target: BinaryIO) -> str:
        digest = hashlib.sha256()
        for piece in found:
            try:
                source = self._store.open(f"{STAGED}{piece.name}")
            except FileNotFoundError as error:
                raise Lost(upload.name) from error
            with source:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    target.write(chunk)
        target.flush()
        if target.tell() != upload.size or (upload.sha256 and digest.hexdigest() != upload.sha256):
            raise Lost(upload.name)
        return digest.hexdigest()


def _folder() -> Path:
    """Where copies lie, and what is on its way. Nothing is lost with it."""
    folder = Path(settings.PAGECAST_STAGING)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
