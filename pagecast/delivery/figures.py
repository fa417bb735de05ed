"""What was answered, for whoever watches: plain numbers, told once a batch and not once a request."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Batch:
    """What one lane did at once."""

    lane: str
    #: Requests in it, those included that were not counted in the end.
    size: int
    seconds: float
    #: Views that are on disk now, by the way in which they came.
    views: Mapping[str, int]
    #: Documents that were made for it, and those that another process had ready.
    rendered: int = 0
    shared: int = 0


@dataclass(slots=True)
class Answers:
    """What was answered since it was told last. Only the event loop counts here."""

    #: Requests for which all was at hand, and those for which something had to be looked up.
    hits: int = 0
    misses: int = 0
    #: Requests that were sent away because too many waited, by lane.
    refused: Counter[str] = field(default_factory=Counter)
    #: By way and HTTP status.
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)


class Watcher(Protocol):
    """Told of what happens, in any thread. It must be quick, and must not raise."""

    def batch(self, batch: Batch) -> None:
        """A batch was worked through; its answers go next."""

    def answers(self, answers: Answers) -> None:
        """These were given since the last time."""


class Nobody:
    """Watches nothing."""

    def batch(self, batch: Batch) -> None:
        """Nobody looks."""

    def answers(self, answers: Answers) -> None:
        """Nobody looks."""
