"""Counting a batch, simulated: the statement as it is, with the work as it was measured."""

import random
from collections import Counter
from collections.abc import Collection
from typing import Any

import simpy

from pagecast.counting.lane import PATIENCE_FOR_ROWS
from pagecast.delivery.delivery import HURRY

from .costs import Costs
from .database import Database, Steps

# Of the work on a row: half until it is held, half until it is changed.
HALF = 0.5


class Counting:
    """One connection to the database."""

    def __init__(
        self,
        world: simpy.Environment,
        database: Database,
        costs: Costs,
        chance: random.Random,
        patience: float = PATIENCE_FOR_ROWS,
    ) -> None:
        self._world, self._database, self._costs, self._chance = world, database, costs, chance
        self._patience = patience
        self._hurry_until = 0.0
        #: Batches that were counted, and the bytes of the log that they took.
        self.batches, self.log = 0, 0.0

    def count(self, hot: Counter[int], cold: float) -> Steps:
        """Count these views of much read pages, and so many other pages; answers with what is left out."""
        for patience in (self._patience, 0.0) if self._world.now >= self._hurry_until else (0.0,):
            yield from self._begin(len(hot) + cold)
            if patience:
                # The order is that of the ids, which has nothing to do with how often a page is read.
                held = yield from self._database.hold(sorted(hot, key=_id), patience)
            else:
                held = self._database.hold_free(hot)
            if held is not None:
                yield from self._change(held, len(held) + cold)
                break
            self._hurry_until = self._world.now + HURRY
        return Counter({page: views for page, views in hot.items() if page not in held})

    def count_free(self, hot: Collection[int]) -> Steps:
        """Count those of these pages that nobody holds; answers with them."""
        yield from self._begin(len(hot))
        held = self._database.hold_free(hot)
        if held:
            yield from self._change(held, len(held))
        return held

    def _begin(self, rows: float) -> Steps:
        yield self._world.timeout(self._costs.network / 2)
        yield from self._database.work(self._costs.batch + HALF * self._costs.row * rows)

    def _change(self, held: dict[int, Any], rows: float) -> Steps:
        yield from self._database.work(HALF * self._costs.row * rows)
        # Whoever comes while the log is written waits for that, and then for his own part.
        yield self._world.timeout(self._costs.flush * (1 + self._chance.random()))
        self._database.let_go(held.values())
        yield self._world.timeout(self._costs.network / 2)
        self.batches += 1
        self.log += self._costs.log * rows


def _id(page: int) -> int:
    return page * 40503 % 65536
