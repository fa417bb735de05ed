"""Staged files, held while somebody reads them: a worker that files an upload takes nothing away.

A hard link keeps the bytes, whatever becomes of their other name. Where there are no hard links, the bytes
are read where they are.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import UUID


class Links:
    """Links to the staged files of uploads, in a folder of their own. Whoever made that removes it."""

    def __init__(self, staging: Path, folder: Path) -> None:
        self._staging, self._folder = staging, folder

    def look(self) -> None:
        for path in self._staging.iterdir():
            if _is_upload(path.name):
                with suppress(OSError):
                    os.link(path, self._folder / path.name)

    def open(self, upload_id: UUID) -> tuple[BinaryIO, int]:
        held = self._folder / str(upload_id)
        file = (held if held.exists() else self._staging / str(upload_id)).open("rb")
        return file, os.fstat(file.fileno()).st_size


def _is_upload(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
