"""What the history of views costs: settling with it and without, its size, folding it and reading it.

    PAGECAST_DATA=FOLDER python -m benchmarks.history [GROUPS]
    PAGECAST_DATA=FOLDER python -m tests.services python -m benchmarks.history [GROUPS]

The first is on SQLite, the second on a PostgreSQL that does not wait for the disk. FOLDER is to be empty;
GROUPS, 100,000 unless told, are viewed in each hour of three days.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from unittest.mock import patch

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from .results import say

# Modules of Pagecast are there once Django is set up.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
django.setup()

from pagecast.counting import folding, history, hours, ledger, recorder  # noqa: E402 - see above
from pagecast.counting.batches import batches  # noqa: E402
from pagecast.counting.models import GroupHour, MemberHour  # noqa: E402

CONTENTS, SETTLINGS = 12, 300
DAYS, HOURS_OF_DAY = 3, 24
READINGS = 7
NUMBERS = "WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < %s)"


def main(arguments: Sequence[str]) -> None:
    """Measure all of it, and print it."""
    groups = int(arguments[0]) if arguments else 100_000
    call_command("migrate", verbosity=0)
    say(f"{connection.vendor}, {groups:,} groups")
    _settling()
    _size_and_folding(groups)
    _reading(groups)


def _settling() -> None:
    """Side by side, in turns: whatever else the machine does, it does to both."""
    ledger.recompose({1: range(1, CONTENTS + 1)})
    samples: dict[str, list[float]] = {"with": [], "without": []}
    for _ in range(SETTLINGS):
        for way, seconds in samples.items():
            recorder.record([1], len)
            with patch.object(hours, "settled", hours.settled if way == "with" else _nothing):
                seconds.append(_seconds(lambda: ledger.settle(1)))
    ours, bare = (median(samples[way]) for way in ("with", "without"))
    say(f"settling a page of {CONTENTS} contents: {ours * 1e6:.0f} µs with the history")
    say(f"  without: {bare * 1e6:.0f} µs; ratio {ours / bare:.2f}")


def _size_and_folding(groups: int) -> None:
    days_ago = timezone.now() - timedelta(days=4)
    day, _end = folding.day_of(days_ago)
    _enroll(groups // 10)
    before = _bytes()
    _fill([day + timedelta(hours=hour) for hour in range(HOURS_OF_DAY)], groups // 10)
    hourly, rows = _bytes() - before, 2 * HOURS_OF_DAY * (groups // 10)
    say(f"{rows:,} rows of hours: {hourly / rows:.0f} bytes each")
    taken: list[float] = []
    while True:
        started = time.perf_counter()
        done = folding.fold(1)
        taken.append(time.perf_counter() - started)
        if done:
            break
    say(f"folding {len(taken)} batches of {folding.BATCH} owners: {median(taken) * 1e3:.1f} ms each")
    say(f"  the longest {max(taken) * 1e3:.1f} ms")


def _reading(groups: int) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO counting_tally (group_id, views, settled, edition, shown) "  # noqa: S608 - our own names
            f"{NUMBERS} SELECT n + 1, n %% 3, 0, 1, TRUE FROM number",
            [groups - 1],
        )
    _enroll(groups)
    now = hours.hour_of(timezone.now())
    moments = [now - timedelta(hours=number) for number in range(DAYS * HOURS_OF_DAY)]
    say(f"filling: {_seconds(lambda: _fill(moments, groups)):.0f} s")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    some = list(range(1, 51))
    for name, since in (("one day", moments[23]), ("three days", moments[-1])):
        for what, read in _readings(since, some):
            seconds = [_seconds(read) for _ in range(READINGS)]
            say(f"{what} since {name}: {median(seconds) * 1e3:.1f} ms, worst {max(seconds) * 1e3:.1f}")


def _readings(since: datetime, some: list[int]) -> Iterable[tuple[str, Callable[[], object]]]:
    yield "views_of_all", lambda: history.views_of_all(since)
    yield "views_of_group", lambda: history.views_of_group(7, since)
    yield "views_of_member", lambda: history.views_of_member(7, since)
    yield "views_since of 50", lambda: history.views_since(some, since)
    yield "most_viewed_groups", lambda: history.most_viewed_groups(since, 10)
    yield "most_seen_members", lambda: history.most_seen_members(since, 10)


def _enroll(members: int) -> None:
    for batch in batches(range(1, members + 1)):
        ledger.enroll(batch)


def _fill(moments: Iterable[datetime], owners: int) -> None:
    """Each owner is viewed a few times in each of these hours."""
    adapt = connection.ops.adapt_datetimefield_value
    for table in (GroupHour, MemberHour):
        for moment in moments:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"INSERT INTO {table._meta.db_table} ({table.owner}, hour, views, is_day) "  # noqa: S608 - our own names
                    f"{NUMBERS} SELECT n, %s, 1 + n %% 7, FALSE FROM number WHERE TRUE "
                    f"ON CONFLICT ({table.owner}, hour) DO NOTHING",
                    [owners, adapt(moment)],
                )


def _bytes() -> int:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return Path(settings.DATABASES["default"]["NAME"]).stat().st_size
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_total_relation_size('counting_grouphour')"
            " + pg_total_relation_size('counting_memberhour')"
        )
        found: int = cursor.fetchone()[0]
    return found


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _nothing(*_arguments: object) -> None:
    """Settling as it was."""


if __name__ == "__main__":
    main(sys.argv[1:])
