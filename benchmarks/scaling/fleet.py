"""A fleet of nodes over one database, simulated from the first second to the last."""

from collections.abc import Sequence
from dataclasses import dataclass

import simpy

from .costs import Costs
from .database import Database
from .node import Node
from .popularity import HOT, Popularity, Readers

PAGES = 1_000_000


@dataclass(frozen=True)
class Fleet:
    """Nodes of one processor each over one database, and how many views a second come to all of them.

    There may be several such installations, each with its part of the pages: then this is the one that has
    the most read page, and `views` come to all. With a `spread` each page is counted by so many of the nodes
    only, as a proxy has it that hashes addresses.
    """

    views: float
    nodes: int
    cores: int
    installations: int = 1
    spread: int = 0


@dataclass(frozen=True)
class Course:
    """What came of it, each second, when it had come to its pace."""

    offered: float
    counted: float
    refused: float
    batch: float
    careful: float
    busy: float
    log: float
    median: float
    late: float


def simulate(fleet: Fleet, costs: Costs, seconds: float = 1.0, warm_up: float = 0.5) -> Course:
    """Let it run. It is seeded: the same each time."""
    world = simpy.Environment()
    database = Database(world, fleet.cores)
    popularity = Popularity(PAGES, fleet.installations)
    views = fleet.views * popularity.part
    nodes = []
    for number in range(fleet.nodes):
        spread = fleet.spread or fleet.nodes
        hot = [page for page in range(HOT) if (number - page * spread) % fleet.nodes < spread]
        readers = Readers(popularity, hot, spread, fleet.nodes)
        nodes.append(Node(world, database, costs, readers, views * readers.part, seed=number))
    world.run(until=warm_up)
    for node in nodes:
        node.forget()
    database.busy = 0.0
    world.run(until=warm_up + seconds)
    return _course(views, nodes, database.busy / seconds, seconds)


def _course(views: float, nodes: Sequence[Node], busy: float, seconds: float) -> Course:
    outcomes = [node.outcome for node in nodes]
    waits = sorted(wait for outcome in outcomes for wait in outcome.waits)
    counted = sum(outcome.counted for outcome in outcomes)
    return Course(
        offered=views,
        counted=counted / seconds,
        refused=sum(outcome.refused for outcome in outcomes) / seconds,
        batch=counted / max(1, sum(node.counting.batches for node in nodes)),
        careful=sum(outcome.careful for outcome in outcomes) / max(1, counted),
        busy=busy,
        log=sum(node.counting.log for node in nodes) / seconds,
        median=_late(waits, 0.5),
        late=_late(waits, 0.99),
    )


def _late(waits: Sequence[tuple[float, int]], part: float) -> float:
    """The seconds after which that part of the views was answered."""
    left = part * sum(views for _, views in waits)
    for seconds, views in waits:
        left -= views
        if left <= 0:
            return seconds
    return float("inf")
