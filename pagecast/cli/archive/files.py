"""Files out of the staging folder and the store, each with what it should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO
from uuid import UUID

from pagecast.media.staging.place import Held
from pagecast.media.stores import chosen
from pagecast.media.stores.store import Store, StoreAway

from .form import media_name, poster_name, staged_name
from .tar import CHUNK
from .wanted import Wanted

Opened = tuple[BinaryIO, int]


@dataclass(frozen=True, slots=True)
class Source:
    """A file that is to be exported: its name in the archive and in messages, its SHA-256 if it is known.

    `open` gives its bytes and their number, and raises `FileNotFoundError`. What is `needed` must not be
    missing.
    """

    name: str
    where: str
    sha256: str | None
    needed: bool
    open: Callable[[], Opened]


def staged(wanted: Wanted, held: Held) -> Iterator[Source]:
    """The bytes of uploads that are not filed, in the order of their rows."""
    for each in wanted.staged():
        opener = partial(held.open, UUID(each.upload))
        yield Source(staged_name(each.upload), f"staging/{each.upload}", None, each.is_due, opener)


def kept(wanted: Wanted, is_unused: Callable[[int], bool]) -> Iterator[Source]:
    """The files that belong to the rows, and then their pictures, in the order of the rows."""
    store = chosen.store()
    for file in wanted.files():
        used = not is_unused(file.key)
        yield Source(
            media_name(file.sha256), file.path, file.sha256, used, partial(_stored, store, file.path)
        )
    for file in wanted.pictures():
        used = not is_unused(file.key)
        yield Source(poster_name(file.sha256), file.poster, None, used, partial(_stored, store, file.poster))


def chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    """So many bytes of the file. What cannot be read of it is zeros: its SHA-256 tells that it is damaged.

    Raises `StoreAway`.
    """
    left = size
    while left:
        try:
            chunk = file.read(min(CHUNK, left))
        except StoreAway:
            raise
        except OSError:
            # A bad disk: the rest of the archive is worth all the more.
            chunk = b""
        if not chunk:
            break
        left -= len(chunk)
        yield chunk
    while left:
        chunk = bytes(min(CHUNK, left))
        left -= len(chunk)
        yield chunk


def _stored(store: Store, path: str) -> Opened:
    found = store.find(path)
    if found is None:
        raise FileNotFoundError(path)
    return store.open(path), found.size
