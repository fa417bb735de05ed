"""The way in: bytes to the staging folder, hashed as they come, then a row. Every door uses `Staging`."""

import hashlib
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

from .errors import Empty, TooLarge
from .models import NAME_LENGTH, Upload

# One read or write: large enough to be quick, small enough that memory stays flat.
CHUNK = 1 << 20


class Staging:
    """A file that is coming in. Bytes that nobody keeps are gone when it is closed.

    Raises `TooLarge` from `write` at the first byte past PAGECAST_MAX_UPLOAD_BYTES; the bytes
    that were there are removed at once.
    """

    def __init__(self, name: str) -> None:
        self.name = name[-NAME_LENGTH:]
        self.size = 0
        self.upload: Upload | None = None
        self._id = uuid.uuid4()
        self._hash = hashlib.sha256()
        folder = Path(settings.PAGECAST_STAGING)
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / str(self._id)
        self._file = self.path.open("xb")

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        limit = settings.PAGECAST_MAX_UPLOAD_BYTES
        if self.size + len(chunk) > limit:
            self.close()
            raise TooLarge(self.name, limit)
        self._file.write(chunk)
        self._hash.update(chunk)
        self.size += len(chunk)

    def sync(self) -> None:
        """Wait until the bytes are on disk. Slow, and so done before any transaction is open."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def keep(self) -> Upload:
        """Make the bytes an upload: they are on disk when the row is made, so a row never lacks its bytes.

        Raises `Empty` for a file without bytes.
        """
        if self.upload is None:
            if not self.size:
                raise Empty(self.name)
            self.sync()
            sync_folder(self.path.parent)
            self.upload = Upload.objects.create(
                id=self._id, name=self.name, size=self.size, sha256=self._hash.hexdigest()
            )
        return self.upload

    def close(self) -> None:
        """Let go. Without `keep` before it, the bytes are removed. Safe to call twice."""
        self._file.close()
        if self.upload is None:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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
    with path.open("rb") as source:
        return receive(iter(lambda: source.read(CHUNK), b""), printable(path.name))


def printable(name: str) -> str:
    """The name with bytes that are no text in its file system's encoding made visible."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def sync_folder(folder: Path) -> None:
    """Make the folder's list of names survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
