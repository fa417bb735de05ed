"""Clients that count batch after batch, as `make bench` has real ones: to see whether it comes out right."""

import random
from dataclasses import dataclass

import simpy

from .costs import Costs
from .counting import Counting
from .database import Database, Steps
from .popularity import HOT, Popularity, Readers

# Nobody gives up.
PATIENT = 60.0
# The pages that there are.
TALLIES = 200_000


@dataclass(frozen=True)
class Contest:
    """So many clients at once, each with batches of so many views, on a machine that they share."""

    clients: int
    views: int
    cores: int


def rate(contest: Contest, costs: Costs, seconds: float = 3.0) -> float:
    """Batches a second of all clients, as it comes out of the costs."""
    world = simpy.Environment()
    machine = Database(world, contest.cores)
    readers = Readers(Popularity(TALLIES), range(HOT), 1, 1)
    connections = []
    for number in range(contest.clients):
        chance = random.Random(number)  # noqa: S311 - no secret hangs on it
        connections.append(Counting(world, machine, costs, chance, PATIENT))
        world.process(_count(connections[-1], machine, readers, contest.views, costs, chance))
    world.run(until=seconds)
    return sum(connection.batches for connection in connections) / seconds


def _count(
    connection: Counting, machine: Database, readers: Readers, views: int, costs: Costs, chance: random.Random
) -> Steps:
    while True:
        hot, cold = readers.draw(views, chance)
        # Clients have no machine of their own.
        yield from machine.work(costs.sending + costs.sending_row * (len(hot) + cold))
        yield from connection.count(hot, cold)
