"""What is sent: films and sounds, whole and broken ones, and some that only seem to be films."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.films import film, sound

MIB = 2**20
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n"
# Which sorts there are, and how often each comes.
SORTS = {"film": 8, "sound": 4, "large film": 2, "subtitled film": 3, "twins": 3, "PDF": 1, "half a film": 1}


@dataclass(frozen=True, slots=True, eq=False)
class Subtitles:
    """Russian subtitles as old programs write them."""

    line: str

    @property
    def name(self) -> str:
        """What the sender calls them."""
        return "Рассвет.ru.srt"

    @property
    def data(self) -> bytes:
        """The bytes that are sent."""
        text = f"1\r\n00:00:00,000 --> 00:00:00,500\r\n{self.line}\r\n"
        text += "\r\n2\r\n00:00:00,600 --> 00:00:00,900\r\nЭто было давно, и никто не помнит, где.\r\n"
        return text.encode("cp1251")


@dataclass(frozen=True, slots=True, eq=False)
class Parcel:
    """A file that somebody sends to become a content."""

    number: int
    name: str
    kind: str
    data: bytes
    # What its editor has to read instead of a film, in part; empty for a file that is to be kept.
    refusal: str = ""
    subtitles: Subtitles | None = None

    @property
    def sha256(self) -> str:
        """By which its bytes are known."""
        return hashlib.sha256(self.data).hexdigest()


class Parcels:
    """Makes them, as chance wants it: each its own bytes, but for twins."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._numbers = count(1)

    def some(self, least: int) -> Iterator[Parcel]:
        """So many, or one or two more."""
        made = 0
        while made < least:
            sort = self._chance.choices(list(SORTS), list(SORTS.values()))[0]
            for parcel in self._of(sort):
                made += 1
                yield parcel

    def folder(self, size: int, twin: Parcel) -> list[Parcel]:
        """What lies in a folder that is imported: whole files, bytes that are sent otherwise too, a PDF."""
        found = [self._film() if self._chance.random() < 0.7 else self._sound() for _ in range(size)]
        return [*found, self._again(twin), self.pdf()]

    def large_film(self) -> Parcel:
        """A film that takes a while to come."""
        return self._film(self._chance.randbytes(self._chance.randrange(MIB, 3 * MIB)))

    def pdf(self) -> Parcel:
        """A PDF that is called a film."""
        number = next(self._numbers)
        return Parcel(number, f"PDF {number}.mp4", "video", PDF + b"%% %d" % number, "This is a PDF")

    def _of(self, sort: str) -> list[Parcel]:
        match sort:
            case "twins":
                first = self._film()
                return [first, *(self._again(first) for _ in range(self._chance.randrange(2, 4)))]
            case "large film":
                found = self.large_film()
            case "subtitled film":
                line = f"Привет, мир номер {self._chance.randrange(4)}!"
                found = self._film(subtitles=Subtitles(line))
            case "sound":
                found = self._sound()
            case "PDF":
                found = self.pdf()
            case "half a film":
                found = self._half_a_film()
            case _:
                found = self._film()
        return [found]

    def _half_a_film(self) -> Parcel:
        number = next(self._numbers)
        half = film()[: len(film()) * 6 // 10]
        return Parcel(number, f"Half {number}.mp4", "video", half + b"%d" % number, "damaged")

    def _film(self, rest: bytes = b"", subtitles: Subtitles | None = None) -> Parcel:
        number = next(self._numbers)
        # Many of one name, which fight for their places.
        name = self._chance.choice(["Dawn.mp4", "Dawn.mp4", "Рассвет.mov", f"Film {number}.mp4"])
        return Parcel(number, name, "video", film(b"%d " % number + rest), subtitles=subtitles)

    def _sound(self) -> Parcel:
        number = next(self._numbers)
        return Parcel(
            number, self._chance.choice(["Rain.m4a", f"Sound {number}.m4a"]), "audio", sound(number)
        )

    def _again(self, first: Parcel) -> Parcel:
        """The same bytes under another name."""
        number = next(self._numbers)
        return Parcel(number, f"Twin {number}{Path(first.name).suffix}", first.kind, first.data)
