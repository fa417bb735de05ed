"""The manifest: what an archive holds, one member a line.

Whoever makes an archive and whoever reads it, both write it as the members pass. It is the same text if they
have seen the same bytes, so to verify an archive is to compare two files, however many members there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from typing import Any

from .errors import ArchiveError
from .form import FORMAT, HEAD, MANIFEST
from .tar import CHUNK, Member, TarReader, TarWriter, shown

# How much longer than ours a manifest may be and is still looked at, to say where it differs.
_SLACK = 2**20


class Manifest:
    """Lines in a file, and what there is to tell of them."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, path.open("wb")
        self._file.write(f'{{"format": {FORMAT}, "members": [\n'.encode())
        self._separator = b""
        #: Files that were missing when the archive was made, and files that were not what they should be.
        self.missing: list[str] = []
        self.damaged: list[str] = []
        # Files that are there, and the bytes of all members.
        self.files = self.bytes = 0

    def add(self, name: str, size: int, sha256: str, *, damaged: bool = False) -> None:
        """A member has passed. `damaged`: its bytes are not what the rows say."""
        if damaged:
            self.damaged.append(name)
        self._line({"name": name, "size": size, "sha256": sha256} | ({"damaged": True} if damaged else {}))
        self.files += not name.startswith(("rows/", HEAD))
        self.bytes += size

    def miss(self, name: str, *, needed: bool = True) -> None:
        """The rows tell of a file that is not there; it is worth telling if somebody needs it."""
        if needed:
            self.missing.append(name)
        self._line({"name": name, "missing": True})

    def end(self, rows: Mapping[str, int]) -> None:
        """There are no more members. So many rows of each model were told."""
        self._file.write(f'\n], "rows": {json.dumps(rows)}}}\n'.encode())
        self._file.close()

    def write(self, tar: TarWriter) -> None:
        """Make it the last member."""
        tar.add(MANIFEST, self._path.stat().st_size, self._chunks())

    def compare(self, member: Member, tar: TarReader) -> None:
        """Raises `ArchiveError` unless the manifest in the archive says the same."""
        if member.size > self._path.stat().st_size + _SLACK:
            message = (
                "The manifest of the archive does not fit it: it was damaged or changed. Export it once more."
            )
            raise ArchiveError(message)
        theirs = self._path.with_suffix(".theirs")
        with theirs.open("wb") as file:
            file.writelines(member.chunks())
        tar.skip_padding(member)
        with self._path.open("rb") as ours, theirs.open("rb") as others:
            for our, other in zip_longest(ours, others):
                if our != other:
                    message = (
                        f"{_subject(our)} in the archive is not what was exported: it was damaged or changed "
                        "since. Export it, or copy it, once more."
                    )
                    raise ArchiveError(message)

    def close(self) -> None:
        """Let go of the file, wherever it ends."""
        self._file.close()

    def _line(self, told: Mapping[str, Any]) -> None:
        self._file.write(self._separator + json.dumps(told).encode())
        self._separator = b",\n"

    def _chunks(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def _subject(line: bytes | None) -> str:
    try:
        return shown(json.loads((line or b"").strip().rstrip(b","))["name"])
    except (ValueError, KeyError, TypeError):
        return "The list of members"
