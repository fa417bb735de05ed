"""What is sent and imported: one large film, and a library of films and sounds that all differ."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

from benchmarks.installation import Installation
from benchmarks.results import say

from .films import film, sound

# What the facts call it.
LIBRARY = "files of the library"

MEBIBYTE = 2**20
OF_A_FOLDER = 100
# What is smaller is made for programs, not for people.
SMALLEST = 2000
MARK = 16

# Endings of those that may be in the library, by what an import wants them to be.
WANTED = {
    "video": (".mp4", ".webm", ".mkv", ".mov", ".avi", ".3gp"),
    "audio": (".mp3", ".ogg", ".opus", ".flac", ".m4a", ".wav"),
}
BOXES, ELEMENTS = (".mp4", ".mov", ".m4a", ".3gp"), (".webm", ".mkv")


class LargeFile:
    """A film that plays, with a box behind it that players pass over and that holds what no disk makes small.

    The box is a `free` one with a size of 64 bits (ISO/IEC 14496-12, 4.2 and 8.1.2).
    """

    def __init__(self, path: Path, mebibytes: int) -> None:
        self.path, self.size = path, mebibytes * MEBIBYTE
        head = film()
        rest = self.size - len(head)
        if rest < MEBIBYTE:
            message = "the large file is to have a few mebibytes at least"
            raise ValueError(message)
        with path.open("wb") as file:
            file.write(head + (1).to_bytes(4) + b"free" + rest.to_bytes(8))
            while (left := self.size - file.tell()) > 0:
                file.write(os.urandom(min(MEBIBYTE, left)))

    def renew(self) -> None:
        """Make it another one, by its last bytes."""
        with self.path.open("rb+") as file:
            file.seek(-MARK, os.SEEK_END)
            file.write(secrets.token_bytes(MARK))


def make_library(folder: Path, number: int, media: Path, installation: Installation) -> str:
    """Fill the folder with so many files, each unlike all others; answers with what they are made from."""
    originals = folder.with_name("originals")
    found = _real(media, installation) if media.is_dir() else []
    kind = "real ones" if found else "made on the spot"
    if not found:
        originals.mkdir()
        found = [originals / "film.mp4", originals / "sound.m4a"]
        found[0].write_bytes(film())
        found[1].write_bytes(sound())
    say(f"making {number:,} files, out of {len(found)} {kind}")
    for index, original in enumerate(islice(cycle(found), number)):
        target = folder / f"folder {index // OF_A_FOLDER:03}" / f"{index:05} {original.name}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, target)
        with target.open("ab") as file:
            file.write(mark(original.suffix, index))
    size = sum(each.stat().st_size for each in files_of(folder)) / number
    return f"{number:,} out of {len(found)} {kind}, {size / 1024:,.0f} KiB each on average"


def files_of(folder: Path) -> Iterator[Path]:
    """The files below the folder."""
    return (path for path in folder.rglob("*") if path.is_file())


def mark(ending: str, number: int) -> bytes:
    """What makes the file another one, and is passed over by whoever plays it."""
    text = f"{number:0{MARK}}".encode()
    if ending in BOXES:
        return (len(text) + 8).to_bytes(4) + b"free" + text
    if ending in ELEMENTS:
        # A Void element (RFC 8794, 11.3.2) whose size takes one byte.
        return b"\xec" + (0x80 | len(text)).to_bytes(1) + text
    return text


def _real(media: Path, installation: Installation) -> list[Path]:
    """Of the films and sounds below the folder, those that an import takes for what their names say."""
    wanted = {ending: medium for medium, endings in WANTED.items() for ending in endings}
    looked_into = json.loads(installation.run("probe", str(media)))
    found = {Path(each["path"]): each["medium"] for each in looked_into}
    return sorted(
        path
        for path, medium in found.items()
        if medium is not None and medium == wanted.get(path.suffix) and path.stat().st_size >= SMALLEST
    )
