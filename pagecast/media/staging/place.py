"""What a place for staged bytes promises, whatever it is made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self
from uuid import UUID

from pagecast.media.models import Piece, Upload
from pagecast.media.stores.store import Stored

# One read or write: large enough to be quick, small enough that memory stays flat.
CHUNK = 1 << 20


class Writer(Protocol):
    """Takes the next bytes of an upload. Every request makes one of its own, and closes it.

    Made at an offset that is not the end of what is there, it raises `Moved`.
    """

    upload: Upload

    @property
    def offset(self) -> int:
        """Where what is safe ends."""

    def write(self, piece: bytes) -> None:
        """Take the piece. Raises `TooMuch` before anything of it is taken, `Moved`, `Gone` or `NoSpace`."""

    def settle(self) -> None:
        """All of the request is here: do what was left for its end. Slow."""

    def close(self) -> None:
        """Let go, and keep what came. Safe to call twice."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Held(Protocol):
    """Staged bytes that stay where they are, whatever becomes of their uploads meanwhile."""

    def look(self) -> None:
        """Note what is staged now. Quick: for the transaction whose rows tell of the uploads."""

    def open(self, upload_id: UUID) -> tuple[BinaryIO, int]:
        """What was safe of an upload then, or more: its bytes, and how many.

        Raises `FileNotFoundError` if there are none to be had, and `OSError`. Slow.
        """


class Place(Protocol):
    """Bytes of uploads that are not filed yet, safe whatever happens to the process that took them.

    Every verb may raise `OSError`, of which `StoreAway` is one, and is slow: never inside of a transaction,
    unless it says so.
    """

    def beginning(self, upload: Upload) -> AbstractContextManager[None]:
        """The block makes the row; if it fails, nothing is left. Raises `NoRoom`."""

    def arrived(self, upload: Upload) -> int:
        """How many bytes of one that still comes in are safe. Raises `Gone` if they are not kept any more."""

    def writer(self, upload: Upload, offset: int) -> Writer:
        """Appends to it."""

    def settle(self, upload: Upload) -> None:
        """Wait until all that has arrived survives a power cut."""

    def secure(self, file: BinaryIO, path: Path) -> Piece | None:
        """Make the bytes of an open staged file safe; the piece that they are, where there are such.

        What lies at the path is as if it had been fetched. Asks no database.
        """

    def assemble(self, upload: Upload) -> str:
        """Make one upload of its parts, if it has some, and have its bytes at `upload.staged`, whole.

        Answers with their SHA-256 if that came to be known; else with nothing. Raises `Lost`.
        """

    def fetch(self, upload: Upload) -> None:
        """Have the bytes at `upload.staged`, until `put_down`. Raises `Lost` if not all are there."""

    def put_down(self, paths: Iterable[Path]) -> None:
        """What was fetched to these places is not needed here any more. Quick."""

    def let_go(self, uploads: Sequence[Upload]) -> Callable[[], None]:
        """Forget their bytes, in the transaction that decides on them.

        What comes back removes the bytes themselves, and is called when that is committed.
        """

    def hold(self, folder: Path) -> AbstractContextManager[Held]:
        """Until the block ends, nothing is taken away of what is staged, nor of what comes meanwhile.

        The folder is an empty one in the staging folder, for what it takes to do that.
        """

    def bring(self, sources: Mapping[UUID, Path]) -> Callable[[], object]:
        """Bring in bytes of uploads whose rows are still to be made, out of files that are on disk.

        What comes back is called in the transaction that has made these rows, in the place of all others,
        and is quick. If that comes to nothing, what was brought is swept one day.
        """

    def leftovers(self, before: dt.datetime) -> Iterator[Stored]:
        """What is older, lies outside of the staging folder and belongs to no upload that needs it."""

    def sweep(self, name: str) -> None:
        """Take away what `leftovers` named."""

    def discard(self, piece: Piece) -> None:
        """Take away what `secure` has kept and no upload was made of."""
