"""A node, simulated: its fast and its careful lane as they are, with the work as it was measured."""

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import simpy

from pagecast.counting.lane import PAUSE
from pagecast.delivery.careful import MOST
from pagecast.delivery.delivery import BATCH, BOUND, CAREFUL_BATCH

from .costs import Costs
from .counting import HALF, Counting
from .database import Database, Steps
from .popularity import Readers


@dataclass
class Outcome:
    """What came of the views."""

    counted: int = 0
    refused: int = 0
    careful: int = 0
    #: Seconds from a view's arrival until its answer, and how many had to wait for so long.
    waits: list[tuple[float, int]] = field(default_factory=list)


class Node:
    """One process on one processor. Readers come by chance, whatever becomes of those before them."""

    def __init__(
        self,
        world: simpy.Environment,
        database: Database,
        costs: Costs,
        readers: Readers,
        views: float,
        seed: int,
    ) -> None:
        self._world, self._costs, self._readers, self._views = world, costs, readers, views
        self._chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
        self.counting = Counting(world, database, costs, self._chance)
        # By time of arrival; and by page.
        self._fast: deque[tuple[float, int]] = deque()
        self._stuck: deque[tuple[float, int]] = deque()
        self._looked = world.now
        self.outcome = Outcome()
        world.process(self._fast_lane())
        world.process(self._careful_lane())

    def forget(self) -> None:
        """What has come of it so far."""
        self.outcome = Outcome()
        self.counting.batches, self.counting.log = 0, 0.0

    def _arrive(self) -> None:
        """Let in whoever has come since we looked; past the bound nobody more."""
        since, self._looked = self._looked, self._world.now
        number = _poisson(self._views * (self._looked - since), self._chance)
        room = BOUND - sum(views for _, views in self._fast)
        self.outcome.refused += max(0, number - room)
        if (number := min(number, room)) > 0:
            self._fast.append(((since + self._looked) / 2, number))

    def _fast_lane(self) -> Steps:
        while True:
            self._arrive()
            if not self._fast:
                yield self._world.timeout(self._chance.expovariate(self._views))
                self._fast.append((self._world.now, 1))
                self._looked = self._world.now
            arrivals = list(self._take(BATCH))
            number = sum(views for _, views in arrivals)
            hot, cold = self._readers.draw(number, self._chance)
            yield self._world.timeout(self._costs.sending)
            left = yield from self.counting.count(hot, cold)
            for page, views in left.items():
                self._hand_over(views, page)
            answered = number - left.total()
            # Requests that come meanwhile take their part of the processor.
            answering = HALF * self._costs.answer / max(0.05, 1 - HALF * self._costs.answer * self._views)
            yield self._world.timeout(answered * answering)
            self._answer(arrivals, answered)

    def _take(self, most: int) -> Iterator[tuple[float, int]]:
        while self._fast and most:
            arrived, views = self._fast.popleft()
            taken = min(views, most)
            most -= taken
            if taken < views:
                self._fast.appendleft((arrived, views - taken))
            yield arrived, taken

    def _hand_over(self, views: int, page: int) -> None:
        room = max(0, MOST - sum(1 for _, stuck in self._stuck if stuck == page))
        self.outcome.refused += max(0, views - room)
        self._stuck.extend([(self._world.now, page)] * min(views, room))

    def _careful_lane(self) -> Steps:
        while True:
            if not self._stuck:
                yield self._world.timeout(PAUSE)
                continue
            batch = [self._stuck.popleft() for _ in range(min(CAREFUL_BATCH, len(self._stuck)))]
            pages = {page for _, page in batch}
            held = yield from self.counting.count_free(pages)
            done = [arrived for arrived, page in batch if page in held]
            self._stuck.extend((arrived, page) for arrived, page in batch if page not in held)
            self.outcome.careful += len(done)
            self._answer([(arrived, 1) for arrived in done], len(done))
            if not held:
                yield self._world.timeout(PAUSE)

    def _answer(self, arrivals: list[tuple[float, int]], answered: int) -> None:
        self.outcome.counted += answered
        self.outcome.waits += [(self._world.now - arrived, views) for arrived, views in arrivals]


def _poisson(mean: float, chance: random.Random) -> int:
    """By the normal distribution where that is as good."""
    if mean > 50:  # noqa: PLR2004
        return max(0, round(chance.gauss(mean, mean**0.5)))
    number, left = 0, chance.expovariate(1.0)
    while left < mean:
        number, left = number + 1, left + chance.expovariate(1.0)
    return number
