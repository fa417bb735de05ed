"""pagecast batches ROWS [ROWS...]: what a batch costs a PostgreSQL, and a document a Redis, as JSON."""

import json
import os
import random
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, connections

from benchmarks.installation import parent_of
from benchmarks.scaling.contest import TALLIES
from pagecast.counting import increments
from pagecast.counting.models import Tally
from pagecast.delivery.accesses import JSON
from pagecast.delivery.documents import Document
from pagecast.delivery.shared import SharedDocuments

AT_ONCE = 20_000
# So that each size takes about as long.
ROWS_OF_ALL, LEAST_BATCHES = 60_000, 400
# Clients, and the views of a batch.
CONTESTS = ((1, 64), (2, 64), (4, 64), (1, 512), (2, 512), (4, 512))
A_WHILE, PREPARED = 4.0, 200
DOCUMENTS, WANTED, ASKED, SIZE = 5_000, 24, 2_000, 3_000
TICK = os.sysconf("SC_CLK_TCK")
WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"


class Command(BaseCommand):
    help = "Count batches of that many pages each, and share documents, into empty servers of their own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rows", type=int, nargs="+")

    def handle(self, *_arguments: Any, rows: list[int], **_options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        for start in range(1, TALLIES + 1, AT_ONCE):
            Tally.objects.bulk_create(
                [Tally(group_id=group, edition=1) for group in range(start, start + AT_ONCE)]
            )
        _ask("VACUUM ANALYZE counting_tally")
        chance = random.Random(1)  # noqa: S311 - figures, no secrets
        batches = {size: _batch(size, chance) for size in rows}
        found = {"batches": batches, "contests": _contests(), "documents": _documents(chance)}
        self.stdout.write(json.dumps(found))


def _batch(size: int, chance: random.Random) -> dict[str, float]:
    """One after the other: seconds of processors, seconds until it is on disk, bytes of the log."""
    number = max(LEAST_BATCHES, ROWS_OF_ALL // size)
    batches = [{(group, 1): 1 for group in chance.sample(range(1, TALLIES + 1), size)} for _ in range(number)]
    increments.count(batches[0])
    # Else the log would hold a whole page for each row, as it does after every checkpoint.
    _ask("CHECKPOINT")
    increments.count({(group, 1): 1 for group in range(1, TALLIES + 1)})
    server = parent_of(Path(f"/proc/{_ask('SELECT pg_backend_pid()')}"))
    written, before, ours = _ask(WRITTEN), _processor(server), time.process_time()
    started = time.perf_counter()
    for batch in batches:
        increments.count(batch)
    elapsed = time.perf_counter() - started
    return {
        "database": (_processor(server) - before) / number,
        "node": (time.process_time() - ours) / number,
        "elapsed": elapsed / number,
        "log": (float(_ask(WRITTEN)) - float(written)) / number,
    }


def _contests() -> list[dict[str, float]]:
    """Several processes at once that count what is read by Zipf's law: batches a second of all of them."""
    found = []
    for clients, views in CONTESTS:
        connections.close_all()
        with ProcessPoolExecutor(clients, mp_context=get_context("fork")) as pool:
            counted = pool.map(_count_for_a_while, range(clients), [views] * clients)
            found.append({"clients": clients, "views": views, "batches": sum(counted) / A_WHILE})
    return found


def _count_for_a_while(number: int, views: int) -> int:
    chance = random.Random(number)  # noqa: S311 - figures, no secrets
    weights = list(accumulate(1 / rank for rank in range(1, TALLIES + 1)))
    # The most read ones are not the first ones.
    groups = random.Random(1).sample(range(1, TALLIES + 1), TALLIES)  # noqa: S311 - the same
    batches = [Counter(chance.choices(groups, cum_weights=weights, k=views)) for _ in range(PREPARED)]
    wanted = [{(group, 1): amount for group, amount in batch.items()} for batch in batches]
    increments.count(wanted[0])
    counted, until = 0, time.monotonic() + A_WHILE
    while time.monotonic() < until:
        increments.count(wanted[counted % PREPARED])
        counted += 1
    return counted


def _documents(chance: random.Random) -> dict[str, float]:
    """Seconds of the Redis and of a node for each document that a node takes from the others, in lots."""
    shared = SharedDocuments()
    documents = [Document((key, 1), (b"x" * SIZE,), (), {}) for key in range(1, DOCUMENTS + 1)]
    for start in range(0, DOCUMENTS, WANTED):
        shared.put({(each.expected, JSON): each for each in documents[start : start + WANTED]})
    server = redis.Redis.from_url(settings.CACHES["documents"]["LOCATION"])
    lots = [[((chance.randint(1, DOCUMENTS), 1), JSON) for _ in range(WANTED)] for _ in range(ASKED)]
    theirs, ours = _seconds(server), time.process_time()
    found = sum(len(shared.get(set(lot))) for lot in lots)
    return {"redis": (_seconds(server) - theirs) / found, "node": (time.process_time() - ours) / found}


def _seconds(server: "redis.Redis") -> float:
    said: Any = server.info("cpu")
    return float(said["used_cpu_user"]) + float(said["used_cpu_sys"])


def _processor(server: int) -> float:
    """Seconds of processors that this PostgreSQL has used: all its processes, and those that have ended."""
    ended = (Path(f"/proc/{server}/stat").read_text().rpartition(")")[2]).split()[13:15]
    running = [entry for entry in Path("/proc").glob("[0-9]*") if parent_of(entry) == server]
    spent = [int((entry / "schedstat").read_text().split()[0]) / 1e9 for entry in running]
    return sum(spent) + sum(map(int, ended)) / TICK


def _ask(query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None
