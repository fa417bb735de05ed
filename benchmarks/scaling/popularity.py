"""Which pages are read: Zipf's law, by which the second is read half as often as the first, and so on."""

import math
import random
from bisect import bisect
from collections import Counter
from collections.abc import Collection
from functools import cache, cached_property
from itertools import accumulate, pairwise

# Those that batches may have to wait for are looked at one by one.
HOT = 32
# The others are looked at in lots, of which the last rank is so many times the first.
LOT = 1.1


class Popularity:
    """So many pages, or those of them that the first of so many installations has, with the most read one."""

    def __init__(self, pages: int, installations: int = 1) -> None:
        self._ranks = range(1, pages + 1, installations)
        self._sum = sum(1 / rank for rank in self._ranks)
        #: The share of all views that come to this installation.
        self.part = self._sum / sum(1 / rank for rank in range(1, pages + 1))

    def share(self, place: int) -> float:
        """The share of the installation's views that the page in this place has; 0 is the most read one."""
        return 1 / self._ranks[place] / self._sum

    def pages(self, views: float) -> float:
        """How many different pages so many views are of, on the average."""
        hot = sum(1 - math.pow(1 - self.share(place), views) for place in range(HOT))
        return hot + self.cold(views * self.rest)

    def cold(self, views: float) -> float:
        """How many different pages so many views are of that are of none of the most read ones."""
        return sum(number * (1 - math.pow(1 - share / self.rest, views)) for number, share in self._lots)

    @cache  # noqa: B019 - there are few, and they live as long as the run
    def cold_of_batch(self, views: int) -> float:
        """The same, remembered."""
        return self.cold(views)

    @cached_property
    def rest(self) -> float:
        """The share of the views that are of none of the most read pages."""
        return 1 - sum(map(self.share, range(HOT)))

    @cached_property
    def _lots(self) -> list[tuple[int, float]]:
        """How many pages each lot has, and the share of one of them."""
        edges, end = [HOT], len(self._ranks)
        while edges[-1] < end:
            edges.append(min(end, math.ceil(edges[-1] * LOT)))
        return [
            (to - start, sum(map(self.share, range(start, to))) / (to - start))
            for start, to in pairwise(edges)
        ]


class Readers:
    """Those who come to one node: it has these of the most read pages, with `spread` - 1 others."""

    def __init__(self, popularity: Popularity, hot: Collection[int], spread: int, nodes: int) -> None:
        self._popularity, self._hot = popularity, tuple(hot)
        shares = [popularity.share(place) / spread for place in self._hot]
        #: The share of the installation's views that come to this node.
        self.part = sum(shares) + popularity.rest / nodes
        self._cumulated = list(accumulate(shares))

    def draw(self, views: int, chance: random.Random) -> tuple[Counter[int], float]:
        """How many of the views are of each of the most read pages, and how many pages the others are of."""
        places = Counter(bisect(self._cumulated, chance.random() * self.part) for _ in range(views))
        others = places.pop(len(self._hot), 0)
        return Counter(
            {self._hot[place]: number for place, number in places.items()}
        ), self._popularity.cold_of_batch(others)
