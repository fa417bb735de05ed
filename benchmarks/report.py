"""The report, from the results of one run."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from .batches import lines as of_batches
from .figures import MEBIBYTE, commit, middle, rates, verdicts
from .files.report import section as files
from .rounds import SETTLED
from .verdict import Data

TITLE = "# How fast Pagecast counts, and takes files"
INTRODUCTION = """\
Written by `make bench`; a missed bound is shown like one that was met. All servers of the first stage were up
at once and asked in turns, round by round, so a slow minute of the machine hit all alike. A ratio is one of
medians; beside it stand the least and the greatest ratio of a single round.

![Answers a second, and figures beside their bounds](report.svg)
"""
SEATS = """\
`wrk` asks without looking. The readers who check are a program of its own on the same core: each answer must
be 200 and hold the right page with its contents in order, each counter above all that were seen before it was
asked for. At the end the counters in the database less those at the start must be the number of answers, page
by page; the difference is summed over all contents."""
SET_UP = """\
A page has ten contents: three videos, three sounds and four texts, about 3 KB of JSON. `pagecast serve` runs
as always, only without the worker beside it, which would settle the pages once a minute: that cost is given
above. The plain DRF view raises all ten counters in one UPDATE, and runs on the same server and settings.
PostgreSQL runs as it comes, with fsync, full-page writes and synchronous commit, and is never pinned. Servers
run on the first core and the load on the last; only in the comparison of processes nothing is pinned."""
HOW = """\
    make bench                                                   # all of it
    .venv/bin/python -m benchmarks --only detail,hot --seconds 3 --rounds 3 --output /tmp/report
    .venv/bin/python -m benchmarks --only files --files 500 --large-file 256 --output /tmp/report
    .venv/bin/python -m benchmarks --render                      # only the report, from results.json

`--folder` chooses the disk on which the SQLite databases and all files lie. Leave the machine alone
meanwhile."""


def write(data: Data, file: Path) -> str:
    """Write the report, and answer with its table of figures."""
    figures = _figures(data)
    sections = [
        f"{TITLE}\n\n{INTRODUCTION}",
        f"## Figures\n\n{figures}",
        f"## Answers a second\n\n{_rates(data)}\n\n{SEATS}",
        f"## Counters and answers\n\n{_books(data)}",
        f"## Commits, settling, memory, work\n\n{_rest(data)}",
        *files(data),
        f"## The machine and the run\n\n{SET_UP}\n\n{_facts(data)}",
        f"## How to repeat it\n\n{HOW}\n",
    ]
    file.write_text("\n\n".join(section.rstrip("\n") for section in sections) + "\n", encoding="utf-8")
    return figures


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _figures(data: Data) -> str:
    rows = [
        (found.what, found.bound, found.aim, found.measured, found.spread, found.word)
        for found in verdicts(data)
    ]
    return _table(("figure", "bound", "aim", "measured", "rounds", "verdict"), rows)


def _rates(data: Data) -> str:
    rows = []
    for name, target in data["targets"].items():
        wrk, checked = rates(data, name), rates(data, name, "checked")
        failed = sum(sample["failed"] for seat in ("wrk", "checked") for sample in target.get(seat, []))
        times = [f"{middle(data, name, what) * 1000:.1f}" for what in ("median", "p90", "p99")] if wrk else []
        rows.append(
            (
                target["label"],
                _median(wrk, data, name, "wrk"),
                *times,
                _median(checked, data, name, "checked"),
                str(int(failed)),
            )
        )
    head = (
        "",
        "wrk: answers/s (rounds)",
        "p50 ms",
        "p90 ms",
        "p99 ms",
        "checked: answers/s (rounds)",
        "failed",
    )
    return _table(head, rows)


def _median(found: list[float], data: Data, name: str, seat: str) -> str:
    if not found:
        return "–"
    return f"{middle(data, name, 'rate', seat):,.0f} ({min(found):,.0f}–{max(found):,.0f})"


def _books(data: Data) -> str:
    rows = [
        (
            name,
            f"{book['answers']:,}",
            f"{book['bytes']:,.0f}",
            str(book["wrong"]),
            str(book["unanswered"]),
            "–" if book["difference"] is None else str(book["difference"]),
        )
        for name, book in data["books"].items()
    ]
    table = _table(("database", "pages answered", "bytes a page", "wrong", "unanswered", "difference"), rows)
    complaints = [f"- {name}: {text}" for name, book in data["books"].items() for text in book["complaints"]]
    return "\n\n".join([table, *(["\n".join(complaints)] if complaints else [])])


def _rest(data: Data) -> str:
    lines = [
        f"- A commit of one small row on {database} took {commit(data, database) * 1000:.2f} ms between the "
        f"rounds ({min(found) * 1000:.2f}–{max(found) * 1000:.2f})."
        for database, found in data["commits"].items()
    ]
    lines += [
        f"- Settling {found['settled']:,} pages on {database} took {found['seconds']:.2f} s; it changed the "
        f"counters by {found['difference']}."
        for database, found in data.get(SETTLED, {}).items()
    ]
    for moment, sizes in data["memory"].items():
        if moment != "filled":
            each = ", ".join(f"{place} {size / MEBIBYTE:.0f} MiB" for place, size in sizes.items())
            lines.append(f"- Memory of a server process {moment}: {each}.")
    if filled := data["memory"].get("filled"):
        series = ", ".join(f"{size / MEBIBYTE:.0f} MiB at {number:,}" for number, size in filled["series"])
        place = filled["documents"] / MEBIBYTE
        lines.append(f"- With PAGECAST_DOCUMENTS_BYTES at {place:.0f} MiB, by answers: {series}.")
    for database, kinds in data["work"].items():
        for kind, work in kinds.items():
            each = ", ".join(f"{name} {value:,.1f}" for name, value in work.items())
            lines.append(f"- A single view of {kind} contents on {database}: {each}.")
    return "\n".join([*lines, *of_batches(data)])


def _facts(data: Data) -> str:
    return _table(("", ""), (data["facts"] | data["options"]).items())
