"""Bytes that are written behind those that are there, by as many connections at once as like to try.

A connection that hangs may come to life when its client has long been back on another one. So each piece is
written only if the file is just as long as its writer thinks, under a lock of the file's own. Whoever finds
another length stops; bytes never mix, and nobody waits for anybody.
"""

import errno
import fcntl
import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

from django.utils.translation import gettext_noop as _

from .errors import Refused
from .models import Upload
from .staging.place import CHUNK, Writer
from .words import Bytes

# So many uploads that come in have their SHA-256 kept in step; for others a worker reads the file once.
SUMS = 1_000


class Gone(Refused):
    """Nobody waits for the rest of it any more."""

    def __init__(self, name: str) -> None:
        text = _("“%(name)s” was not waited for any longer, or given up. Send it again from its beginning.")
        super().__init__(text, name=name)


class Moved(Refused):
    """There are more bytes, or fewer, than the sender thinks."""

    def __init__(self, name: str, offset: int, size: int) -> None:
        text = _(
            "Of “%(name)s” there are %(size)s bytes and not %(offset)s. Perhaps it comes on another "
            "connection, too. Ask how much has arrived, and go on from there."
        )
        super().__init__(text, name=name, offset=offset, size=size)


class TooMuch(Refused):
    """More bytes than were announced."""

    def __init__(self, name: str, size: int) -> None:
        text = _(
            "“%(name)s” was announced with %(size)s bytes, and more came. "
            "If the file has changed on your side, send it again from its beginning."
        )
        super().__init__(text, name=name, size=size)


class NoSpace(Refused):
    """The disk has no room for it. What came is kept."""

    def __init__(self, name: str, need: int) -> None:
        text = _(
            "The disk of the server is full: “%(name)s” needs %(need)s more. What came of it is kept. "
            "Have space made, then go on."
        )
        super().__init__(text, name=name, need=Bytes(need))


class Mismatch(Refused):
    """The checksum is that of other bytes. Nothing of them is kept."""

    def __init__(self, name: str, algorithm: str) -> None:
        text = _(
            "A piece of “%(name)s” does not have the %(algorithm)s checksum that was sent with it. "
            "Nothing of the piece was kept; send it again."
        )
        super().__init__(text, name=name, algorithm=algorithm)


class Sums:
    """The SHA-256 of uploads whose pieces come in order in this process, in step with their bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._kept: OrderedDict[UUID, tuple[int, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: UUID, offset: int) -> Any:
        """The sum of what stands before the offset, which nobody else gets meanwhile; None if not known."""
        with self._lock:
            at, known = self._kept.pop(key, (0, None))
        if offset == 0:
            return hashlib.sha256()
        return known if at == offset else None

    def put(self, key: UUID, offset: int, known: Any) -> None:
        """Keep it for the next piece. The one that was not asked for longest makes room."""
        with self._lock:
            self._kept[key] = offset, known
            self._kept.move_to_end(key)
            if len(self._kept) > self._room:
                self._kept.popitem(last=False)

    def of(self, key: UUID, size: int) -> str:
        """The SHA-256 of the whole, in hexadecimal digits; empty if it is not known."""
        with self._lock:
            at, known = self._kept.get(key, (0, None))
        return known.hexdigest() if known is not None and at == size else ""


sums = Sums(SUMS)


class Appending:
    """Writes behind what is there. Every request makes one of its own, and closes it.

    Raises `Moved` if the offset is not where the file ends, and `Gone` if there is no file. What is written
    is kept, whatever happens after.
    """

    def __init__(self, upload: Upload, offset: int) -> None:
        self.upload, self.offset = upload, offset
        try:
            self._file = os.open(upload.staged, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        except FileNotFoundError as error:
            raise Gone(upload.name) from error
        self._is_open, self._sum = True, None
        try:
            self._check()
        except Refused:
            self.close()
            raise
        self._sum = sums.take(upload.pk, offset)

    def write(self, piece: bytes) -> None:
        """Keep the piece.

        Raises `TooMuch` before anything of it is written, `Moved` or `Gone` if somebody else has changed the
        file, `NoSpace` when as much as fits is written.
        """
        if self.offset + len(piece) > self.upload.size:
            raise TooMuch(self.upload.name, self.upload.size)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            self._check()
            for written in written_to(self._file, piece, self):
                self.offset += len(written)
                if self._sum is not None:
                    self._sum.update(written)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def settle(self) -> None:
        """All of the request is here: do what was left for its end. Slow."""

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        if self._is_open:
            self._is_open = False
            os.close(self._file)
            if self._sum is not None:
                sums.put(self.upload.pk, self.offset, self._sum)

    def _check(self) -> None:
        status = os.fstat(self._file)
        if not status.st_nlink:
            raise Gone(self.upload.name)
        if status.st_size != self.offset:
            raise Moved(self.upload.name, self.offset, status.st_size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Checked:
    """The same for a request that has a checksum: all of it is kept if that fits, and otherwise nothing.

    The bytes wait in a file beside the staged one, without a name, so that no death leaves it behind.
    `settle` raises `Mismatch`, or what `write` of the writer raises that it gives them to then.
    """

    def __init__(self, writer: Writer, algorithm: str, digest: bytes) -> None:
        self.upload, self._writer = writer.upload, writer
        self._algorithm, self._digest = algorithm, digest
        self._checksum = hashlib.new(algorithm, usedforsecurity=False)
        self._size = 0
        path = self.upload.staged.with_name(f"{self.upload.pk}.{uuid4().hex}.part")
        try:
            self._aside = path.open("xb+", buffering=0)
        except OSError:
            writer.close()
            raise
        path.unlink()

    @property
    def offset(self) -> int:
        """Nothing is safe before its checksum is known to fit."""
        return self._writer.offset

    def write(self, piece: bytes) -> None:
        """Put the piece aside. Raises `TooMuch` or `NoSpace`."""
        if self.offset + self._size + len(piece) > self.upload.size:
            raise TooMuch(self.upload.name, self.upload.size)
        for written in written_to(self._aside.fileno(), piece, self):
            self._checksum.update(written)
            self._size += len(written)

    def settle(self) -> None:
        """Keep it all, or nothing."""
        if self._checksum.digest() != self._digest:
            raise Mismatch(self.upload.name, self._algorithm)
        self._aside.seek(0)
        while piece := self._aside.read(CHUNK):
            self._writer.write(piece)
        self._writer.settle()

    def close(self) -> None:
        """Let go of both. Safe to call twice."""
        self._writer.close()
        self._aside.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def written_to(file: int, piece: bytes, writer: Writer) -> Iterator[memoryview]:
    """Write the piece, and tell what of it is written each time that some of it is."""
    rest = memoryview(piece)
    while rest:
        try:
            count = os.write(file, rest)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoSpace(writer.upload.name, writer.upload.size - writer.offset) from error
            raise
        yield rest[:count]
        rest = rest[count:]
