"""Tar files in one pass, of the plainest sort: regular files with short names, and nothing else.

The headers are those of the standard library. Its reader is not used, as it takes links, devices and
extensions of any size; here each of them is refused. Format: POSIX.1-1988 (ustar), with sizes past 8 GiB as
GNU tar writes them.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from .errors import ArchiveError

CHUNK = 2**20
_BLOCK, _RECORD = tarfile.BLOCKSIZE, tarfile.RECORDSIZE
_GZIP = b"\x1f\x8b"


class TarWriter:
    """Writes members one after another."""

    def __init__(self, target: BinaryIO, when: float) -> None:
        self._target, self._when = target, int(when)
        self._written = 0

    def add(self, name: str, size: int, chunks: Iterable[bytes]) -> str:
        """Write a member of so many bytes; answers with its SHA-256. The chunks must add up to the size."""
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, 0o600, self._when
        self._write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict"))
        digest, written = hashlib.sha256(), 0
        for chunk in chunks:
            digest.update(chunk)
            written += len(chunk)
            self._write(chunk)
        if written != size:
            message = f"{name} was to have {size} bytes, and came with {written}"
            raise ValueError(message)
        self._write(bytes(-size % _BLOCK))
        return digest.hexdigest()

    def end(self) -> None:
        """Write what ends a tar file."""
        self._write(bytes(2 * _BLOCK))
        self._write(bytes(-self._written % _RECORD))
        self._target.flush()

    def _write(self, data: bytes) -> None:
        self._target.write(data)
        self._written += len(data)


class Member:
    """A member that is being read. Its SHA-256 is known once all its chunks were taken."""

    def __init__(self, name: str, size: int, read: Callable[[int], bytes]) -> None:
        self.name, self.size = name, size
        self._read, self._left = read, size
        self._hash = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """The SHA-256 of what was read of it."""
        return self._hash.hexdigest()

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, to be taken once."""
        while self._left:
            chunk = self._read(min(CHUNK, self._left))
            self._left -= len(chunk)
            self._hash.update(chunk)
            yield chunk

    def whole(self, most: int) -> bytes:
        """All its bytes at once. Raises `ArchiveError` if there are more than `most`."""
        if self.size > most:
            message = f"{shown(self.name)} in the archive is larger than `pagecast export` writes any."
            raise ArchiveError(message)
        return b"".join(self.chunks())


class TarReader:
    """Reads members one after another, from anything that can be read.

    Raises `ArchiveError` for what `TarWriter` would not have written, and where the file ends too early.
    """

    def __init__(self, source: BinaryIO, told: Callable[[int], object] = lambda _size: None) -> None:
        self._source, self._told = source, told
        self._begun, self._passed = False, 0

    def next(self) -> Member | None:
        """The next member, None at the end. The one before must have been read whole."""
        block = self._read(_BLOCK)
        if not self._begun and block.startswith(_GZIP):
            message = "The archive is compressed: unpack it, as in `gunzip -c FILE | pagecast restore -`."
            raise ArchiveError(message)
        if block == bytes(_BLOCK) and self._begun:
            self._end()
            return None
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
        except (tarfile.TarError, ValueError):
            message = (
                "The archive is damaged: what should be the header of a member is none."
                if self._begun
                else "That is no archive of Pagecast: it is not a tar file."
            )
            raise ArchiveError(message) from None
        self._begun = True
        if info.type != tarfile.REGTYPE or info.size < 0:
            message = (
                f"{shown(info.name)} in the archive is no plain file: `pagecast export` writes no such thing."
            )
            raise ArchiveError(message)
        return Member(info.name, info.size, self._read)

    def skip_padding(self, member: Member) -> None:
        """After the chunks of a member: to the header of the next one."""
        if any(self._read(-member.size % _BLOCK)):
            message = f"The archive is damaged: there is something behind {shown(member.name)}."
            raise ArchiveError(message)

    def _end(self) -> None:
        # To the end, so that a pipe is not broken; what is behind it was not written by us.
        rest = self._source.read(_RECORD + _BLOCK)
        if any(rest) or len(rest) != _BLOCK + -(self._passed + _BLOCK) % _RECORD:
            message = "The archive is damaged: it does not end where it should."
            raise ArchiveError(message)

    def _read(self, size: int) -> bytes:
        data = self._source.read(size)
        if len(data) < size:
            message = (
                "The archive is cut off: it ends in the middle. Export it, or copy it, once more."
                if self._begun
                else "That is no archive of Pagecast: it is not a tar file."
            )
            raise ArchiveError(message)
        self._passed += size
        self._told(size)
        return data


def shown(name: str) -> str:
    """A name out of an archive, fit to be shown."""
    return ascii(name if len(name) <= 100 else f"{name[:100]}…")  # noqa: PLR2004 - enough to know it by
