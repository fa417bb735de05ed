"""A database, simulated: processors, and rows that one batch holds at a time."""

from collections.abc import Generator, Iterable
from typing import Any

import simpy

from .popularity import HOT

Steps = Generator[simpy.Event, Any, Any]


class Database:
    """Its processors serve one after the other; a row of a much read page is held until its batch lets go."""

    def __init__(self, world: simpy.Environment, cores: int) -> None:
        self._world = world
        self._cores = simpy.Resource(world, cores)
        self._rows = [simpy.Resource(world) for _ in range(HOT)]
        #: Seconds that its processors have worked.
        self.busy = 0.0

    def work(self, seconds: float) -> Steps:
        """Take a processor for so long."""
        with self._cores.request() as turn:
            yield turn
            yield self._world.timeout(seconds)
        self.busy += seconds

    def hold(self, rows: Iterable[int], patience: float) -> Steps:
        """Hold these rows, one after the other: the turns by row. None if one was not to be had in time."""
        turns: dict[int, Any] = {}
        for row in rows:
            turns[row] = turn = self._rows[row].request()
            if not turn.triggered:
                yield turn | self._world.timeout(patience)
            if not turn.triggered:
                self.let_go(turns.values())
                return None
        return turns

    def hold_free(self, rows: Iterable[int]) -> dict[int, Any]:
        """Hold those of the rows that nobody holds: the turns by row."""
        return {row: self._rows[row].request() for row in rows if not self._rows[row].count}

    def let_go(self, turns: Iterable[Any]) -> None:
        """Let go of the rows, also of one that was waited for in vain."""
        for turn in turns:
            if turn.triggered:
                turn.resource.release(turn)
            else:
                turn.cancel()
