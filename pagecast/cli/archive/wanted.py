"""Which files belong to the rows: noted while the rows pass, and gone through in the same order afterwards.

On disk, as there may be many. So whoever writes an archive and whoever reads it agree on what comes next,
and neither has to look anything up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from pagecast.media.models import Blob, Upload

from .errors import ArchiveError
from .tables import Model
from .tar import shown

#: The models whose rows tell of files.
NOTED = {Blob._meta.label_lower, Upload._meta.label_lower}
UNDECIDED = {Upload.State.PENDING, Upload.State.PROCESSING}
# What a worker wrote down for itself: on another machine no worker holds it, and no place is taken.
_HELD = ("holder", "lease_until", "path")


@dataclass(frozen=True, slots=True)
class File:
    """A file that is kept: the key of its row, its SHA-256, where it lies, and its picture, if it has one."""

    key: int
    sha256: str
    path: str
    poster: str


@dataclass(frozen=True, slots=True)
class Staged:
    """An upload that is not filed. `is_due`: without its bytes it never will be."""

    upload: str
    is_due: bool


class Wanted:
    """The files of the rows that have passed."""

    def __init__(self, folder: Path) -> None:
        self._files, self._staged = folder / "files", folder / "staged-uploads"
        self._open = {path: path.open("w", encoding="utf-8") for path in (self._files, self._staged)}
        # Uploads that are put together of parts, and have no bytes of their own until then.
        self._wholes: set[str] = set()

    def note(self, model: Model, row: Mapping[str, Any]) -> None:
        """A row passes."""
        if model is Blob:
            for path in filter(None, (row["path"], row["poster_path"])):
                _require_path(path)
            file = File(row["id"], str(row["sha256"]), row["path"], row["poster_path"])
            self._open[self._files].write(json.dumps(astuple(file)) + "\n")
        elif model is Upload and row["state"] != Upload.State.COMPLETED:
            staged = Staged(str(UUID(str(row["id"]))), row["state"] in UNDECIDED)
            self._open[self._staged].write(json.dumps(astuple(staged)) + "\n")
            if row["part_of_id"]:
                self._wholes.add(str(row["part_of_id"]))

    def close(self) -> None:
        """All rows have passed."""
        for file in self._open.values():
            file.close()

    def files(self) -> Iterator[File]:
        """The files, in the order of their rows."""
        with self._files.open(encoding="utf-8") as lines:
            for line in lines:
                yield File(*json.loads(line))

    def pictures(self) -> Iterator[File]:
        """Those that have a picture."""
        return (file for file in self.files() if file.poster)

    def staged(self) -> Iterator[Staged]:
        """The uploads that are not filed, in the order of their rows."""
        with self._staged.open(encoding="utf-8") as lines:
            for line in lines:
                upload, is_due = json.loads(line)
                yield Staged(upload, is_due and upload not in self._wholes)


def disown(row: dict[str, Any]) -> None:
    """Take out of the row of an upload what concerns the worker that has it in hand."""
    if row["state"] in UNDECIDED:
        row.update(dict.fromkeys(_HELD))


def _require_path(path: Any) -> None:
    parts = path.split("/") if isinstance(path, str) else [""]
    if any(part in {"", ".", ".."} or part.startswith(".put") for part in parts) or "\0" in path:
        message = f"The archive has a file at {shown(str(path))}, which is no path below the media folder."
        raise ArchiveError(message)
