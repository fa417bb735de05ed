"""What so many views a day take, and what that costs: sums out of what was measured, and guessed prices."""

from dataclasses import dataclass
from math import ceil

from .costs import Costs
from .fleet import PAGES, Course, Fleet
from .popularity import Popularity

DAY, MONTH = 86_400, 30
GIGABYTE, TERABYTE = 1e9, 1e12
# The busiest hour has so many times the views of an average one.
PEAK = 3.0
# Beyond it, a processor makes everybody wait.
FULL = 0.6
# What gzip leaves of the JSON of a page. Of a page of the benchmark it is a sixth, but its texts are alike.
PACKED = 1 / 3
# Processors for nginx with TLS, workers, beat and Redis; and what is there so that any may be lost: a node
# more, and a whole second database.
OTHERS, SPARE_NODES, DATABASES = 5, 1, 2


@dataclass(frozen=True)
class Prices:
    """Of a month, without taxes, in euros or dollars alike; to be replaced by yours."""

    name: str
    core: float
    #: A core of a PostgreSQL that somebody else keeps, where one takes that.
    database_core: float
    gigabyte_kept: float
    gigabyte_out: float


PRICES = (
    Prices("rented machines, traffic included", 7, 7, 0.01, 0.0),
    Prices("a cloud, PostgreSQL as a service", 35, 70, 0.10, 0.08),
)


@dataclass(frozen=True)
class Need:
    """What so many views a day need."""

    average: float
    peak: float
    node_cores: int
    database_cores: int
    #: Of the database's log, a day, and of answers, packed or not, a day.
    log: float
    plain: float
    packed: float
    #: Workers that settle all day long, if each page that is read is settled each minute.
    settling: float
    #: Seconds between two times that a page is settled, with one worker for it.
    settled_each: float


def fleet_for(views: float, costs: Costs) -> Fleet:
    """A fleet that takes so many views a day also in the busiest hour."""
    peak = views / DAY * PEAK
    return Fleet(peak, nodes=ceil(peak * costs.answer / FULL), cores=4)


def need(views: float, costs: Costs, course: Course) -> Need:
    """What `views` a day need, when the busiest hour runs like that."""
    average = views / DAY
    a_minute = Popularity(PAGES).pages(average * 60)
    return Need(
        average=average,
        peak=average * PEAK,
        node_cores=fleet_for(views, costs).nodes,
        database_cores=ceil(course.busy / FULL),
        log=course.log / course.counted * views,
        plain=costs.body * views,
        packed=costs.body * PACKED * views,
        settling=a_minute * costs.settling / 60,
        settled_each=_pace(average, costs),
    )


def price(what: Need, prices: Prices) -> float:
    """Of a month: processors, a week of the log for restoring, and answers sent packed."""
    return (
        (what.node_cores + SPARE_NODES + OTHERS) * prices.core
        + DATABASES * what.database_cores * prices.database_core
        + 7 * what.log / GIGABYTE * prices.gigabyte_kept
        + MONTH * what.packed / GIGABYTE * prices.gigabyte_out
    )


def _pace(average: float, costs: Costs) -> float:
    """The time in which as many different pages are read as one worker settles in it."""
    popularity, low, high = Popularity(PAGES), 1.0, float(DAY)
    while high - low > 1:
        middle = (low + high) / 2
        if popularity.pages(average * middle) * costs.settling > middle:
            low = middle
        else:
            high = middle
    return high
