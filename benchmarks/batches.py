"""What counting costs a PostgreSQL by the size of the batch, and sharing documents a Redis."""

import json
from collections.abc import Mapping
from typing import Any

from tests.services import postgres, redis

from .installation import Installation
from .options import Options
from .results import Results, say
from .stage import HONEST
from .stock import Stock

ROWS = (1, 8, 24, 64, 128, 256, 512)


def measure(options: Options, results: Results) -> None:
    """Count batches of each size, one after the other, into a PostgreSQL of their own."""
    data = options.folder / "batches"
    data.mkdir()
    with postgres(**HONEST) as url, redis() as shared:
        installation = Installation(data, Stock(), database_url=url, more={"REDIS_URL": shared})
        found: dict[str, Any] = json.loads(installation.run("batches", *map(str, ROWS)))
    results.data["batches"] = found
    for size, batch in found["batches"].items():
        say(f"  a batch of {size}: {batch}")
    for contest in found["contests"]:
        say(f"  {contest}")
    say(f"  a document from Redis: {found['documents']}")


def lines(data: Mapping[str, Any]) -> list[str]:
    """For the report."""
    found = data.get("batches", {})
    told = [
        f"- Counting {size} pages at once on PostgreSQL: {_micro(batch['database'])} of its processors, "
        f"{_micro(batch['node'])} of the node's, {_micro(batch['elapsed'])} until they are on disk, "
        f"{batch['log']:,.0f} bytes of its log."
        for size, batch in found.get("batches", {}).items()
    ]
    told += [
        f"- {contest['clients']} processes that count {contest['views']} views by Zipf's law at once: "
        f"{contest['batches']:,.0f} batches a second."
        for contest in found.get("contests", [])
    ]
    if shared := found.get("documents"):
        told.append(
            f"- A document of another node, in lots of 24: {_micro(shared['redis'])} of Redis, "
            f"{_micro(shared['node'])} of the node."
        )
    return told


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"
