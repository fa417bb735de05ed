"""The tables of docs/scaling.md, made of what was measured and simulated."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from .contest import Contest, rate
from .costs import Costs, contests
from .fleet import Course, Fleet, simulate
from .money import GIGABYTE, MONTH, PRICES, TERABYTE, fleet_for, need, price

BILLION = 1e9
# What one node on one processor carries: a billion views a day, on the average.
UNIT = 12_000
MEGABYTE, MICRO, MILLI = 1e6, 1e-6, 1e-3
LARGEST = 512


@dataclass(frozen=True)
class Scene:
    """A fleet, and what it is to show."""

    what: str
    fleet: Fleet


SCENES = (
    Scene("1 ×", Fleet(UNIT, nodes=1, cores=2)),
    Scene("10 ×", Fleet(10 * UNIT, nodes=10, cores=2)),
    Scene("10 ×, a larger database", Fleet(10 * UNIT, nodes=10, cores=4)),
    Scene("20 ×", Fleet(20 * UNIT, nodes=20, cores=8)),
    Scene("20 ×, each page to 4 nodes", Fleet(20 * UNIT, nodes=20, cores=8, spread=4)),
    Scene("100 ×", Fleet(100 * UNIT, nodes=100, cores=32)),
    Scene("100 ×, each page to 12 nodes", Fleet(100 * UNIT, nodes=120, cores=32, spread=12)),
    Scene("100 ×, ten installations: the busiest", Fleet(100 * UNIT, 24, 8, installations=10, spread=8)),
    Scene("1,000 ×, a hundred: the busiest", Fleet(1000 * UNIT, 100, 16, installations=100, spread=80)),
)


def carried(costs: Costs) -> str:
    """What one of each carries, and what is its limit."""
    rows = [
        ("a node (one process, one core)", f"{1 / costs.answer:,.0f} views/s", "its core"),
        (
            "PostgreSQL, each core, batches of 24",
            f"{24 / (costs.batch + 24 * costs.row):,.0f} views/s",
            f"{costs.batch / MICRO:,.0f} µs a batch and {costs.row / MICRO:.1f} µs a page in it",
        ),
        (
            f"PostgreSQL, each core, batches of {LARGEST}",
            f"{LARGEST / (costs.batch + LARGEST * costs.row):,.0f} views/s",
            "the same; a batch grows while the last one is on its way",
        ),
        (
            "Redis (one core)",
            f"{1 / costs.document:,.0f} documents/s",
            "asked only for what a node does not have: no view goes through it",
        ),
        ("a worker that settles", f"{1 / costs.settling:,.0f} pages/s", "one transaction a page"),
    ]
    return _table(("one", "carries", "limit"), rows)


def contest(costs: Costs) -> str:
    """Whether the simulation is right, where it can be tried."""
    rows = []
    for real in contests():
        tried = Contest(int(real["clients"]), int(real["views"]), int(real["cores"]))
        simulated = rate(tried, replace(costs, network=0.0))
        rows.append(
            (
                f"{tried.clients} × {tried.views} views",
                f"{real['batches']:,.0f} batches/s",
                f"{simulated:,.0f}",
                f"{simulated / real['batches']:.2f}",
            )
        )
    return _table(("at once", "really", "simulated", "ratio"), rows)


def growth(costs: Costs, scenes: Sequence[Scene] = SCENES) -> str:
    """What becomes of ever more readers."""
    rows = [(scene.what, *_told(scene.fleet, simulate(scene.fleet, costs))) for scene in scenes]
    return _table(
        (
            "",
            "views/s",
            "nodes",
            "cores",
            "counted",
            "503",
            "views a batch",
            "by the careful lane",
            "cores busy",
            "log, MB/s",
            "p50, ms",
            "p99, ms",
        ),
        rows,
    )


def _told(fleet: Fleet, course: Course) -> tuple[str, ...]:
    return (
        f"{course.offered:,.0f}",
        str(fleet.nodes),
        str(fleet.cores),
        f"{min(1.0, course.counted / course.offered):.0%}",
        f"{course.refused / course.offered:.0%}",
        f"{course.batch:.0f}",
        f"{course.careful:.0%}",
        f"{course.busy:.1f}",
        f"{course.log / MEGABYTE:.1f}",
        f"{course.median / MILLI:.0f}",
        f"{course.late / MILLI:.0f}",
    )


def billion(costs: Costs) -> str:
    """What a billion views a day take, and cost."""
    what = need(BILLION, costs, simulate(fleet_for(BILLION, costs), costs))
    rows = [
        ("views a second, on the average and in the busiest hour", f"{what.average:,.0f}, {what.peak:,.0f}"),
        ("nodes, of one core each", str(what.node_cores)),
        ("cores of PostgreSQL", str(what.database_cores)),
        ("its log, a day", f"{what.log / GIGABYTE:,.0f} GB"),
        (
            "answers, a day: as JSON, and packed by nginx",
            f"{what.plain / TERABYTE:.2f} TB, {what.packed / TERABYTE:.2f} TB",
        ),
        ("workers that would settle each page each minute", f"{what.settling:.1f}"),
        ("how often one worker settles a page", f"every {what.settled_each / 60:.0f} minutes"),
        *((f"{each.name}, a day", f"{price(what, each) / MONTH:,.0f}") for each in PRICES),
        *((f"{each.name}, a million views", f"{price(what, each) / MONTH / 1000:.3f}") for each in PRICES),
    ]
    return _table(("a billion views a day", ""), rows)


TABLES: dict[str, Callable[[Costs], str]] = {
    "carried": carried,
    "contest": contest,
    "growth": growth,
    "billion": billion,
}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
