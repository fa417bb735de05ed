"""What was acknowledged, what may have happened, and what must not have."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from .parcels import Parcel


class Word(Enum):
    """What is known of a request, or of one that takes its content away again."""

    # It was answered that it is done.
    GIVEN = "acknowledged"
    # Its answer was cut off: both are right, but never half.
    OPEN = "left open"
    # It never arrived, or was answered with a refusal.
    NO = "refused"


@dataclass(slots=True, eq=False)
class Delivery:
    """One try to make a content of a parcel, under a title that no other try has."""

    parcel: Parcel
    title: str
    made: Word = Word.OPEN
    deleted: Word = Word.NO
    content: int = 0

    @property
    def must_be_there(self) -> bool:
        """Whether a content has to have this title."""
        return self.made is Word.GIVEN and self.deleted is Word.NO

    @property
    def may_be_there(self) -> bool:
        """Whether one may."""
        return self.made is not Word.NO and self.deleted is not Word.GIVEN


class Register:
    """All tries, by their titles. Written from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deliveries: dict[str, Delivery] = {}

    def begin(self, parcel: Parcel, title: str = "") -> Delivery:
        """Another try, of which nothing is known yet."""
        with self._lock:
            title = title or f"{parcel.number}, try {len(self._deliveries)}"
            return self._deliveries.setdefault(title, Delivery(parcel, title))

    def find(self, title: str) -> Delivery | None:
        """The try that has this title."""
        return self._deliveries.get(title)

    def __iter__(self) -> Iterator[Delivery]:
        with self._lock:
            return iter(list(self._deliveries.values()))

    def number(self, word: Word) -> int:
        """Of how many tries this is known."""
        return sum(delivery.made is word for delivery in self)
