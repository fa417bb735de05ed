"""How long and how much is measured."""

from dataclasses import dataclass
from pathlib import Path

from .targets import MILLION, PARTS

MEDIA = Path(__file__).resolve().parents[2] / "shared" / "media"


@dataclass(frozen=True)
class Options:
    """What the command line says."""

    folder: Path
    parts: frozenset[str] = frozenset(PARTS)
    seconds: int = 4
    warm_up: int = 1
    rounds: int = 5
    connections: int = 64
    large: int = MILLION
    # Of the library that is imported; and the large file in MiB.
    files: int = 10_000
    large_file: int = 1024
    file_rounds: int = 3
    # Films and sounds that the library is made of.
    media: Path = MEDIA
