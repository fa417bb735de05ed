"""An archive as it comes in: each member where it belongs, and verified, in one pass.

The rows are put aside, for one transaction at the end. Files go under their paths as they come, beside what
is there: until the rows tell of them they are files that nobody knows, and if the rows never come, a sweep
takes them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from pagecast.media.returning import give_back, keep_clear

from .errors import ArchiveError
from .form import (
    HEAD,
    MANIFEST,
    MOST_HEAD,
    MOST_ROWS,
    Head,
    media_name,
    poster_name,
    read_head,
    rows_name,
    staged_name,
)
from .manifest import Manifest
from .progress import Tell
from .tables import Model
from .tar import Member, TarReader, shown
from .values import Names, Row
from .wanted import NOTED, Wanted


class Arrival:
    """What has come. The members must be taken in their order: `head`, `rows`, `files`."""

    def __init__(self, source: BinaryIO, folder: Path, tell: Tell) -> None:
        self._folder = folder
        self._tar = TarReader(source, partial(tell, "bytes"))
        self.manifest = Manifest(folder / "manifest")
        self._wanted = Wanted(folder)
        self._member: Member | None = None
        self._counts: dict[str, int] = {}
        #: Files with rows of each model, in their order.
        self.parts: list[list[Path]] = []
        #: Bytes of uploads that are not filed.
        self.staged: dict[UUID, Path] = {}
        #: Paths of files, and of their pictures, by the SHA-256 of the file: of those that could not keep
        #: theirs.
        self.moved: dict[str, str] = {}
        self.moved_pictures: dict[str, str] = {}

    def head(self) -> Head:
        """What the archive says of itself."""
        self._advance()
        if self._member is None or self._member.name != HEAD:
            message = f"That is no archive of Pagecast: {HEAD} does not stand at its beginning."
            raise ArchiveError(message)
        member, data = self._member, self._member.whole(MOST_HEAD)
        head = read_head(data)
        self._done(member)
        return head

    def rows(self, models: list[Model]) -> None:
        """Put the rows aside."""
        names = Names()
        for place, model in enumerate(models, start=1):
            label = model._meta.label_lower
            self.parts.append([])
            self._counts[label] = 0
            row = Row(model, names) if label in NOTED else None
            while member := self._take(rows_name(place, label, len(self.parts[-1]) + 1)):
                if member.size > MOST_ROWS:
                    message = (
                        f"{shown(member.name)} in the archive is larger than `pagecast export` writes any."
                    )
                    raise ArchiveError(message)
                path = self._folder / f"{place}-{len(self.parts[-1]) + 1}.rows"
                self._save(member, path)
                self.parts[-1].append(path)
                self._counts[label] += self._look_at(path, model, row)
        self._wanted.close()

    def files(self) -> None:
        """Put the files where they belong, and verify that all of the archive has come.

        Raises `ArchiveError`, and `OSError` when the store does not take them.
        """
        for upload in self._wanted.staged():
            if member := self._wish(staged_name(upload.upload), needed=upload.is_due):
                path = self._folder / f"{upload.upload}.staged"
                self._save(member, path)
                self.staged[UUID(upload.upload)] = path
        for file in self._wanted.files():
            self._bring(media_name(file.sha256), file.path, file.sha256, self.moved, file.sha256)
        for file in self._wanted.pictures():
            self._bring(poster_name(file.sha256), file.poster, None, self.moved_pictures, file.sha256)
        self.manifest.end(self._counts)
        last = self._member
        if last is None or last.name != MANIFEST:
            what = "ends without its manifest" if last is None else f"goes on with {shown(last.name)}"
            message = f"The archive is damaged or was changed: it {what}, where something else should stand."
            raise ArchiveError(message)
        self.manifest.compare(last, self._tar)
        if self._tar.next() is not None:
            message = "The archive was changed: something stands behind its manifest."
            raise ArchiveError(message)

    def close(self) -> None:
        """Let go of what is open, wherever it ends."""
        self._wanted.close()
        self.manifest.close()

    def _bring(self, name: str, path: str, sha256: str | None, moved: dict[str, str], key: str) -> None:
        member, source = self._wish(name), self._folder / "file"
        try:
            if member is not None:
                self._save(member, source, sha256)
            if member is not None and sha256 in {None, member.sha256}:
                place = give_back(source, path, member.sha256)
            else:
                place = keep_clear(path, sha256)
            if place != path:
                moved[key] = place
        except ValueError as error:
            message = f"The archive cannot be restored here: {error}."
            raise ArchiveError(message) from None
        finally:
            source.unlink(missing_ok=True)

    def _look_at(self, path: Path, model: Model, row: Row | None) -> int:
        number = 0
        for line in lines(path):
            number += 1
            if row is not None:
                try:
                    self._wanted.note(model, vars(row.decode(line)))
                except (ValueError, RecursionError) as error:
                    message = (
                        f"Row {number} of {model._meta.label_lower} in the archive cannot be read: {error}."
                    )
                    raise ArchiveError(message) from None
        return number

    def _wish(self, name: str, *, needed: bool = True) -> Member | None:
        """The member if it is the next one; it was missing when the archive was made if it is not."""
        if member := self._take(name):
            return member
        self.manifest.miss(name, needed=needed)
        return None

    def _take(self, name: str) -> Member | None:
        return self._member if self._member is not None and self._member.name == name else None

    def _save(self, member: Member, path: Path, sha256: str | None = None) -> None:
        with path.open("wb") as file:
            file.writelines(member.chunks())
            file.flush()
            os.fsync(file.fileno())
        self._done(member, damaged=sha256 not in {None, member.sha256})

    def _done(self, member: Member, *, damaged: bool = False) -> None:
        self._tar.skip_padding(member)
        self.manifest.add(member.name, member.size, member.sha256, damaged=damaged)
        self._advance()

    def _advance(self) -> None:
        self._member = self._tar.next()


def lines(path: Path) -> Iterator[bytes]:
    """The rows of a member that was put aside."""
    with path.open("rb") as file:
        yield from file
