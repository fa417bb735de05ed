"""An archive into an installation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from .arriving import Arrival
from .fitting import models_of
from .form import Head
from .occupied import occupied, require_empty
from .progress import Tell
from .replacing import Replacement
from .workplace import workplace


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, and the names of files that the archive has not, or has damaged."""

    head: Head
    replaced: list[str]
    files: int
    missing: list[str]
    damaged: list[str]


def restore(source: BinaryIO, *, replace: bool = False, tell: Tell = lambda _what, _number: None) -> Restored:
    """Put what is in the archive in the place of everything that is here: all of it, or nothing.

    Stopped anywhere, killed too, it leaves what was here as it was; files that came before that are swept.
    Raises `ArchiveError` for an archive that is not whole and sound, or not of this version, and where
    something is here already, unless `replace` is said. Raises `OSError` when the archive cannot be read or
    the store does not take it.
    """
    with workplace("restore") as folder:
        arrival = Arrival(source, folder, tell)
        try:
            head = arrival.head()
            models = models_of(head)
            found = occupied() if replace else require_empty(head)
            arrival.rows(models)
            arrival.files()
            Replacement(head, models, arrival, tell).run(replace=replace)
        finally:
            arrival.close()
        manifest = arrival.manifest
        return Restored(head, found, manifest.files, manifest.missing, manifest.damaged)
