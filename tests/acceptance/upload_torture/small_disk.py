"""Real small file systems that run full."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

FILLER = ".filler"
_BLOCK = 1 << 16


class SmallDisk:
    """A mounted file system of a few megabytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Write until not one more byte fits."""
        with (self.folder / FILLER).open("ab", buffering=0) as file, contextlib.suppress(OSError):
            for size in (_BLOCK, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)) == size:
                        """There is still room."""

    def free(self) -> None:
        """Give back what was taken."""
        (self.folder / FILLER).unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """Mount one at this folder. Raises `PermissionError` where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        message = "only root mounts"
        raise PermissionError(message)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "pagecast-small-disk", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        raise PermissionError(mounted.stderr.strip())
    try:
        yield SmallDisk(folder)
    finally:
        # Lazily: whoever still has a file open there must not keep the tests from going on.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
