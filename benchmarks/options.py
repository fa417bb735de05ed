"""How long and how much is measured."""

from dataclasses import dataclass
from pathlib import Path

from .targets import MILLION, PARTS


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
