"""An archive into an installation."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from .arriving import Arrival
from .fitting import models_of
from .form import Head
from .occupied import occupied, require_empty
from .progress import Tell
from .replacing import Replacement


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
    staging = Path(settings.PAGECAST_STAGING)
    staging.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="restore-", dir=staging) as folder:
        arrival = Arrival(source, Path(folder), tell)
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
