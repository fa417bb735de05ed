"""Staged bytes, held while they are exported: a worker that files an upload meanwhile takes nothing away.

A hard link keeps the bytes, whatever becomes of their other name. The folder of the links lies in the
staging folder, where `sweep` clears up what a killed export leaves there; a living one touches it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from django.conf import settings


class Held:
    """Links to the staged bytes of uploads, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._staging = Path(settings.PAGECAST_STAGING)

    def take_all(self) -> None:
        """Hold what is staged now."""
        self.take(path.name for path in self._staging.iterdir() if _is_upload(path.name))

    def take(self, uploads: Iterable[str]) -> None:
        """Hold the bytes of these uploads, those that are still there."""
        for upload in uploads:
            # Where there are no hard links, the bytes are read where they are.
            with suppress(OSError):
                os.link(self._staging / upload, self._folder / upload)

    def path(self, upload: str) -> Path:
        """Where its bytes are, if they are anywhere."""
        held = self._folder / upload
        return held if held.exists() else self._staging / upload


def _is_upload(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
