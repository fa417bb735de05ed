"""What was answered, in plain numbers that only rise, for whoever comes by and reads them.

Each of them is written by one thread: nobody waits for a lock, and a reader at hand costs next to nothing.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from .accesses import Access

#: The upper ends of what is told apart: requests in a batch, and seconds for it. What is beyond comes last.
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 512)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

_WAY = attrgetter("way")


@dataclass(slots=True)
class LaneFigures:
    """What a lane has done. By way, where it is a `Counter`."""

    #: In all batches, those included that were not counted in the end.
    requests: int = 0
    seconds: float = 0.0
    #: Batches by their size, and by their time.
    sizes: list[int] = field(default_factory=lambda: [0] * (len(SIZES) + 1))
    times: list[int] = field(default_factory=lambda: [0] * (len(SECONDS) + 1))
    #: Views that are on disk.
    views: Counter[str] = field(default_factory=Counter)
    #: Requests that were counted, and those for a page that nobody may see.
    answered: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    #: Documents that were made, and those that another process had ready.
    rendered: int = 0
    shared: int = 0

    def batch(self, size: int, seconds: float) -> None:
        """So many requests were worked on at once."""
        self.requests += size
        self.seconds += seconds
        self.sizes[bisect_left(SIZES, size)] += 1
        self.times[bisect_left(SECONDS, seconds)] += 1

    def counted_ready(self, accesses: Sequence[Access]) -> None:
        """These were counted as they were expected to be: all that they show was at hand."""
        ways = Counter(map(_WAY, accesses))
        self.answered.update(ways)
        for access in accesses:
            if access.only is None:
                ways[access.way] += len(access.expected) * access.counts - 1
        self.views.update(ways)

    def counted(self, accesses: Sequence[Access]) -> None:
        """These were counted, and show what there was."""
        for access in accesses:
            (self.missing if access.is_missing else self.answered)[access.way] += 1
            self.views[access.way] += len(access.expected) * access.counts


@dataclass(slots=True)
class Figures:
    """What the fast path has done since the process began."""

    fast: LaneFigures = field(default_factory=LaneFigures)
    careful: LaneFigures = field(default_factory=LaneFigures)
    #: Requests for which something had to be looked up.
    misses: int = 0
    #: Requests that were sent away because too many waited, by lane.
    refused: Counter[str] = field(default_factory=Counter)
    #: Other answers, by way and HTTP status.
    failed: Counter[tuple[str, int]] = field(default_factory=Counter)
