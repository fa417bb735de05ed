"""What a store promises, whatever it is made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


class StoreAway(OSError):  # noqa: N818 - the store is away, and that is no error of ours
    """The store does not answer, or does not take it now: try again later. The message says what it said."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file in the store: its path below the root, with slashes, and since when it is there."""

    path: str
    size: int
    since: dt.datetime


class Store(Protocol):
    """Files under readable paths such as 2026/11/23/video/Dawn.mp4; they never change once they are there.

    Every verb may raise `OSError`, of which `StoreAway` is one: nothing is half done then. All of them are
    slow: never inside a transaction.
    """

    def put(self, source: Path, path: str, *, sync: bool = True) -> None:
        """Give the bytes of a local file this path. They are safe there when it returns; the source stays.

        Whoever calls has reserved the path, so what lies there is his own earlier attempt: done again, it
        ends the same way. Nobody ever sees a part of the file there. Without `sync` a power cut may still
        take the name back: whoever puts many files calls `sync` for all of them.
        """

    def sync(self, paths: Iterable[str]) -> None:
        """Make what was put at these paths survive a power cut."""

    def find(self, path: str) -> Stored | None:
        """What lies at the path, None for nothing."""

    def open(self, path: str) -> BinaryIO:
        """The bytes, to read. Raises `FileNotFoundError`."""

    def remove(self, path: str) -> None:
        """Take the file away, if it is there."""

    def walk(self) -> Iterator[Stored]:
        """Every file in the store, and those that a killed `put` left half done."""
