"""The database: that it answers, keeps what it was told, and has the tables that this version wants."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor

from pagecast.cli.doctor.check import Finding, check, failed, ok, skipped, warning
from pagecast.cli.doctor.visit import Visit

from .mounts import NETWORK, file_system

POSTGRESQL_LEAST, SQLITE_LEAST = 14, (3, 35)
# Seconds by which two clocks may differ before it matters, and before logins and signatures fail.
DRIFT, FAR = 2.0, 60.0
_NAMED = 3


def ask(sql: str) -> Any:
    """The first column of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]


@check("database", 20, "Start the database, and check DATABASE_URL and the way to it.")
def database(_visit: Visit) -> Finding:
    """The database answers."""
    name = connection.settings_dict["NAME"]
    # Opening it would make one.
    if connection.vendor == "sqlite" and not Path(name).exists():
        return failed(
            f"There is no database at {name}.",
            "Check PAGECAST_DATA; in a new folder start `pagecast serve`, which makes the database.",
        )
    started = time.monotonic()
    try:
        ask("SELECT count(*) FROM django_migrations" if connection.vendor == "sqlite" else "SELECT 1")
    except (DatabaseError, InterfaceError) as error:
        said = str(error).strip().split("\n")[0]
        return failed(f"The database does not answer: {said}.")
    return ok(f"The database answers in {(time.monotonic() - started) * 1000:.0f} ms.")


@check("database-version", 21, "Upgrade the database, or name a newer one with DATABASE_URL.", "database")
def database_version(_visit: Visit) -> Finding:
    """The database is new enough."""
    if connection.vendor == "sqlite":
        is_new = sqlite3.sqlite_version_info >= SQLITE_LEAST
        text, wanted = f"SQLite {sqlite3.sqlite_version}", ".".join(map(str, SQLITE_LEAST))
    else:
        is_new = int(ask("SHOW server_version_num")) >= POSTGRESQL_LEAST * 10_000
        text, wanted = f"PostgreSQL {ask('SHOW server_version')}", str(POSTGRESQL_LEAST)
    if not is_new:
        return failed(f"{text} is too old; Pagecast needs {wanted} or newer.")
    return ok(f"{text} is new enough.")


@check(
    "durability",
    22,
    "Set it on in postgresql.conf; a pooler in front must pass on the option that Pagecast sets.",
    "database",
)
def durability(_visit: Visit) -> Finding:
    """An answered view is on disk: nothing tells the database to be lazy about it."""
    if connection.vendor == "sqlite":
        return _durability_of_sqlite()
    if ask("SHOW synchronous_commit") == "off":
        return failed("synchronous_commit is off: a power cut loses views that were answered.")
    lazy = [name for name in ("fsync", "full_page_writes") if ask(f"SHOW {name}") == "off"]
    if lazy:
        is_off = "is off" if len(lazy) == 1 else "are off"
        return warning(
            f"{' and '.join(lazy)} {is_off}: a power cut may damage the database.",
            f"Set {', '.join(f'{name} = on' for name in lazy)} in postgresql.conf, and reload it.",
        )
    return ok("PostgreSQL has on disk what it has committed.")


def _durability_of_sqlite() -> Finding:
    path = Path(connection.settings_dict["NAME"])
    if (kind := file_system(path)) in NETWORK:
        return failed(
            f"{path} lies on a network file system ({kind}), whose locks SQLite can not trust.",
            "Put PAGECAST_DATA on a disk of this machine, or set DATABASE_URL to a PostgreSQL.",
        )
    cure = "Take settings of your own for the database out of the settings module, or out of DATABASE_URL."
    if int(ask("PRAGMA synchronous")) < 2:  # noqa: PLR2004 - FULL: https://www.sqlite.org/pragma.html#pragma_synchronous
        return failed("synchronous is not FULL: a power cut loses views that were answered.", cure)
    if (mode := ask("PRAGMA journal_mode")) != "wal":
        return warning(
            f"The journal is kept as {mode}, not as wal: readers and editors wait for each other.", cure
        )
    return ok("SQLite has on disk what it has committed.")


@check("migrations", 23, "Run: pagecast migrate (or start `pagecast serve`, which does it).", "database")
def migrations(_visit: Visit) -> Finding:
    """The tables are those of this version."""
    executor = MigrationExecutor(connection)
    missing = [str(each) for each, _backwards in executor.migration_plan(executor.loader.graph.leaf_nodes())]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        return failed(f"The database lacks {', '.join(missing[:_NAMED])}{more}.")
    return ok("All migrations are applied.")


@check(
    "clock", 24, "Let both machines take their time from the network: timedatectl set-ntp true", "database"
)
def clock(_visit: Visit) -> Finding:
    """This machine's clock and that of the database agree."""
    if connection.vendor == "sqlite":
        return skipped("SQLite goes by the clock of this machine.")
    before = time.time()
    theirs = float(ask("SELECT extract(epoch FROM clock_timestamp())"))
    drift = theirs - (before + time.time()) / 2
    if abs(drift) > DRIFT:
        found = failed if abs(drift) > FAR else warning
        return found(
            f"The clock of the database is {abs(drift):.0f} s {'ahead of' if drift > 0 else 'behind'} ours."
        )
    return ok("The clock of the database and ours agree.")
