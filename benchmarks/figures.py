"""The figures that the report is about: what was measured, beside its bound and what is aimed at."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from .files.figures import JUDGES as OF_FILES
from .stock import SLICE
from .verdict import Data, Verdict

MEBIBYTE = 2**20
# The Python objects around a document weigh about as much as a small document itself.
OVERHEAD = 2
# Two views in a hundred may fall together with something else that the database writes.
SAME = 1.02


@dataclass(frozen=True)
class Ratio:
    """How many answers one target gives for each of another."""

    what: str
    over: str
    under: str
    bound: float
    aim: float | None = None
    factor: int = 1
    # The part of the bound that is noise.
    noise: float = 0.0
    # The database whose commits are what it hangs on.
    commits_on: str = ""

    def judge(self, data: Data) -> Verdict | None:
        """The ratio of the medians, and the least and greatest ratio of a round; None: not measured."""
        over, under = rates(data, self.over), rates(data, self.under)
        if not over or not under:
            return None
        measured = self.factor * median(over) / median(under)
        by_round = [self.factor * one / other for one, other in zip(over, under, strict=True)]
        beside = f" (a commit: {commit(data, self.commits_on) * 1000:.2f} ms)" if self.commits_on else ""
        noise = f" ({self.noise:.0%} is noise)" if self.noise else ""
        return Verdict(
            f"{self.what}{beside}",
            f"≥ {self.bound:g}{noise}",
            "" if self.aim is None else f"{self.aim:g}",
            f"{measured:.2f}",
            f"{min(by_round):.2f}–{max(by_round):.2f}",
            measured / (self.bound * (1 - self.noise)),
        )


def rates(data: Data, target: str, seat: str = "wrk") -> list[float]:
    """The answers a second of each round."""
    return [sample["rate"] for sample in data["targets"].get(target, {}).get(seat, [])]


def middle(data: Data, target: str, what: str, seat: str = "wrk") -> float:
    """The median over the rounds."""
    return float(median(sample[what] for sample in data["targets"][target][seat]))


def commit(data: Data, database: str) -> float:
    """What a commit took; the median over the rounds."""
    return float(median(data["commits"][database]))


RATIOS = (
    Ratio("page, SQLite FULL ÷ bare server", "detail full", "bare", 0.40, 0.60, commits_on="SQLite"),
    Ratio("page, SQLite NORMAL ÷ bare server", "detail normal", "bare", 0.53, 0.70),
    Ratio("page, PostgreSQL ÷ bare server", "detail postgresql", "bare", 0.22, 0.40, commits_on="PostgreSQL"),
    Ratio("page ÷ plain DRF view, SQLite FULL", "detail full", "plain full", 20),
    Ratio("page ÷ plain DRF view, PostgreSQL", "detail postgresql", "plain postgresql", 20),
    Ratio("one hot page ÷ 1,000 pages, SQLite FULL", "hot full", "detail full", 1, noise=0.05),
    Ratio("one hot page ÷ 1,000 pages, PostgreSQL", "hot postgresql", "detail postgresql", 1, noise=0.05),
    Ratio("pages counted by lists ÷ by pages, SQLite FULL", "list full", "detail full", 3, factor=SLICE),
    Ratio(
        "pages counted by lists ÷ by pages, PostgreSQL",
        "list postgresql",
        "detail postgresql",
        3,
        factor=SLICE,
    ),
    Ratio("page as HTML ÷ as JSON, SQLite FULL", "site full", "detail full", 0.5),
    Ratio("page as HTML ÷ as JSON, PostgreSQL", "site postgresql", "detail postgresql", 0.5),
    Ratio("list as HTML ÷ as JSON, SQLite FULL", "home full", "list full", 0.5),
    Ratio("list as HTML ÷ as JSON, PostgreSQL", "home postgresql", "list postgresql", 0.5),
    Ratio("a million pages ÷ 1,000, SQLite FULL", "million full", "detail full", 0.9),
    Ratio("a million pages ÷ 1,000, PostgreSQL", "million postgresql", "detail postgresql", 0.9),
    Ratio("a stranger's request ÷ bare server", "stranger", "bare", 0.5),
    Ratio("a stranger's request ÷ a 404 by Django", "stranger", "missing", 20),
    Ratio("two processes ÷ one, SQLite FULL", "two full", "one full", 0.9),
    Ratio("two processes ÷ one, PostgreSQL", "two postgresql", "one postgresql", 1.2),
)


def _slowest(what: str, target: str, database: str) -> Callable[[Data], Verdict | None]:
    """The slowest hundredth, which may wait for the commit before its own and for its own."""

    def judge(data: Data) -> Verdict | None:
        if not rates(data, target) or not rates(data, "bare"):
            return None
        bound = 3 * middle(data, "bare", "p99") + 2 * commit(data, database)
        measured = middle(data, target, "p99")
        all_rounds = [sample["p99"] * 1000 for sample in data["targets"][target]["wrk"]]
        return Verdict(
            what,
            f"≤ {bound * 1000:.1f} ms: 3 × bare + 2 commits",
            "",
            f"{measured * 1000:.1f} ms",
            f"{min(all_rounds):.1f}–{max(all_rounds):.1f} ms",
            bound / measured,
        )

    return judge


def _same_work(database: str) -> Callable[[Data], Verdict | None]:
    """What the database does must not depend on how many contents the page has."""

    def judge(data: Data) -> Verdict | None:
        if database not in data["work"]:
            return None
        ten, thousand = (data["work"][database][kind] for kind in ("ten", "a thousand"))
        counted = [name for name in ten if not name.startswith("bytes")]
        worst = max(thousand[name] / ten[name] if ten[name] else 1.0 for name in counted)
        seen = ", ".join(f"{name} {ten[name]:.1f} → {thousand[name]:.1f}" for name in counted)
        return Verdict(
            f"work for a view of 10 → of 1,000 contents, {database}", "the same", "", seen, "", SAME / worst
        )

    return judge


def _bounded_memory(data: Data) -> Verdict | None:
    filled = data["memory"].get("filled")
    if not filled:
        return None
    start, sizes = filled["series"][0][1], [size for _, size in filled["series"]]
    bound, growth = OVERHEAD * filled["documents"], max(sizes) - start
    return Verdict(
        f"memory that {filled['series'][-1][0]:,} answers out of a million pages add, SQLite",
        f"≤ {bound / MEBIBYTE:.0f} MiB: {OVERHEAD} × PAGECAST_DOCUMENTS_BYTES",
        "",
        f"{growth / MEBIBYTE:.0f} MiB",
        f"{start / MEBIBYTE:.0f} → {max(sizes) / MEBIBYTE:.0f} MiB",
        bound / growth if growth > 0 else float("inf"),
    )


JUDGES: tuple[Callable[[Data], Verdict | None], ...] = (
    *(ratio.judge for ratio in RATIOS),
    _slowest("p99, SQLite FULL", "detail full", "SQLite"),
    _slowest("p99, PostgreSQL", "detail postgresql", "PostgreSQL"),
    _same_work("SQLite"),
    _same_work("PostgreSQL"),
    _bounded_memory,
    *OF_FILES,
)


def verdicts(data: Data) -> list[Verdict]:
    """All figures that were measured."""
    return [verdict for judge in JUDGES if (verdict := judge(data)) is not None]
