"""What is measured: places that answer, what each is asked, and which of them belong to which part."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.conf.exploits import exploits

from .stock import Ask, Stock, detail, on_the_site, slices

MILLION = 1_000_000
FULL, POSTGRESQL = "SQLite FULL", "PostgreSQL"
NORMAL, PLAIN = "benchmarks.settings_normal", "benchmarks.plain.settings"


@dataclass(frozen=True)
class Place:
    """A server with a database of its own. No database: the bare server."""

    name: str
    database: str = "SQLite"
    is_large: bool = False
    settings: str = "benchmarks.settings"
    workers: int = 1
    is_pinned: bool = True


@dataclass(frozen=True)
class Target:
    """One kind of load on one place. Its answers are checked unless its JSON is not Pagecast's."""

    name: str
    label: str
    place: str
    asks: Callable[[Stock], list[Ask]]
    is_checked: bool = True
    # Whether a refusal is what it is about.
    is_refused: bool = False


def _rich(stock: Stock) -> list[Ask]:
    return detail(stock.rich())


def _hot(stock: Stock) -> list[Ask]:
    return detail(stock.rich()[500:501])


def _plain(stock: Stock) -> list[Ask]:
    return detail(stock.rich(), "/plain/{}/")


def _site(stock: Stock) -> list[Ask]:
    return on_the_site(stock.rich())


def _home(_stock: Stock) -> list[Ask]:
    return [Ask("/", ())]


def _exploits(_stock: Stock) -> list[Ask]:
    asked = (target for method, target in exploits() if method == "GET" and target.startswith("/"))
    # Where nobody has to look for a file, and wrk sends what stands there.
    return [Ask(target, ()) for target in asked if not target.startswith(("/media/", "/pages/"))]


def _missing(stock: Stock) -> list[Ask]:
    return detail(stock.rich(), "/pages/missing-{}/")


PLACES = {
    place.name: place
    for place in (
        Place("bare", ""),
        Place(FULL),
        Place("SQLite NORMAL", settings=NORMAL),
        Place(POSTGRESQL, POSTGRESQL),
        Place("plain on SQLite", settings=PLAIN),
        Place("plain on PostgreSQL", "PostgreSQL", settings=PLAIN),
        Place("million on SQLite", is_large=True),
        Place("million on PostgreSQL", "PostgreSQL", is_large=True),
        Place("one process on SQLite", is_pinned=False),
        Place("two processes on SQLite", workers=2, is_pinned=False),
        Place("one process on PostgreSQL", "PostgreSQL", is_pinned=False),
        Place("two processes on PostgreSQL", "PostgreSQL", workers=2, is_pinned=False),
    )
}

TARGETS = (
    Target("bare", "bare server, constant bytes", "bare", _rich, is_checked=False),
    Target("detail full", "page, SQLite FULL", FULL, _rich),
    Target("detail normal", "page, SQLite NORMAL", "SQLite NORMAL", _rich),
    Target("detail postgresql", "page, PostgreSQL", POSTGRESQL, _rich),
    Target("hot full", "one hot page, SQLite FULL", FULL, _hot),
    Target("hot postgresql", "one hot page, PostgreSQL", POSTGRESQL, _hot),
    Target("list full", "list of 20 pages, SQLite FULL", FULL, slices),
    Target("list postgresql", "list of 20 pages, PostgreSQL", POSTGRESQL, slices),
    Target("site full", "page of the site, SQLite FULL", FULL, _site),
    Target("site postgresql", "page of the site, PostgreSQL", POSTGRESQL, _site),
    Target("home full", "home page, SQLite FULL", FULL, _home, is_checked=False),
    Target("home postgresql", "home page, PostgreSQL", POSTGRESQL, _home, is_checked=False),
    Target("plain full", "plain DRF view, SQLite FULL", "plain on SQLite", _plain, is_checked=False),
    Target("plain postgresql", "plain DRF view, PostgreSQL", "plain on PostgreSQL", _plain, is_checked=False),
    Target("stranger", "a stranger's request", FULL, _exploits, is_checked=False, is_refused=True),
    Target("missing", "a 404 by Django, SQLite FULL", FULL, _missing, is_checked=False, is_refused=True),
    Target("million full", "1,000 pages of a million, SQLite FULL", "million on SQLite", _rich),
    Target("million postgresql", "1,000 pages of a million, PostgreSQL", "million on PostgreSQL", _rich),
    Target("one full", "one process, unpinned, SQLite FULL", "one process on SQLite", _rich),
    Target("two full", "two processes, unpinned, SQLite FULL", "two processes on SQLite", _rich),
    Target("one postgresql", "one process, unpinned, PostgreSQL", "one process on PostgreSQL", _rich),
    Target("two postgresql", "two processes, unpinned, PostgreSQL", "two processes on PostgreSQL", _rich),
)

# What is measured of files, and has no targets.
FILES = ("receive", "filing", "import", "probe")
# Parts that compare with a page of a thousand take along what they compare with.
_DETAIL = ("bare", "detail full", "detail normal", "detail postgresql")
_COMPARED = ("detail full", "detail postgresql")
PARTS: dict[str, tuple[str, ...]] = {
    "detail": _DETAIL,
    "hot": (*_COMPARED, "hot full", "hot postgresql"),
    "list": (*_COMPARED, "list full", "list postgresql"),
    "site": (
        *(*_COMPARED, "list full", "list postgresql"),
        *("site full", "site postgresql", "home full", "home postgresql"),
    ),
    "plain": (*_COMPARED, "plain full", "plain postgresql"),
    "strangers": ("bare", "stranger", "missing"),
    "million": (*_COMPARED, "million full", "million postgresql"),
    "processes": ("one full", "two full", "one postgresql", "two postgresql"),
    "work": (),
    "batches": (),
    **dict.fromkeys(FILES, ()),
}


def of_parts(parts: Iterable[str]) -> list[Target]:
    """The targets of these parts, each once."""
    wanted = {name for part in parts for name in PARTS[part]}
    return [target for target in TARGETS if target.name in wanted]
