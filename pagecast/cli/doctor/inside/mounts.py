"""On what a folder lies."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
# Their locks are not those that SQLite needs: https://www.sqlite.org/faq.html#q5
NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "fuse.sshfs",
     "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.davfs", "davfs")
)  # fmt: skip


def file_system(path: Path) -> str:
    """The type of the file system that a path lies on, such as ext4; empty where it can not be told.

    The format: https://docs.kernel.org/filesystems/proc.html, 3.5 /proc/<pid>/mountinfo.
    """
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    found: tuple[int, str] = (-1, "")
    here = path.resolve()
    for line in lines:
        first, _, second = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), first.split(" ")[4]))
        # Of two at one place the later one is seen.
        if here.is_relative_to(point) and len(point.parts) >= found[0]:
            found = len(point.parts), second.split(" ")[0]
    return found[1]
