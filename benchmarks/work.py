"""What the database does for one view: of a page with ten contents, and of one with a thousand."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from tests.services import postgres

from .checking import Books, check_each
from .installation import Installation, Server, pagecast
from .machine import cores
from .options import Options
from .results import Results, say
from .stage import HONEST, new_database
from .stock import Stock, detail

VIEWS = 200
# A connection of PostgreSQL that has nothing to do tells its figures after ten seconds.
IDLE = 11
FRAME = 4096 + 24

STATEMENTS = (
    "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid "
    "WHERE d.datname = %s"
)
ROWS = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables"
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = %s"
WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"


def measure(options: Options, results: Results) -> None:
    """View either page some hundred times over one connection, on SQLite and on PostgreSQL."""
    stock = Stock()
    installation = Installation(options.folder / "work", stock)
    installation.data.mkdir()
    installation.fill()
    with pagecast(installation, {cores()[0]}) as server:
        _measure("SQLite", server, stock, _Sqlite(installation.data / "pagecast.sqlite3"), results)
    with postgres(**HONEST, shared_preload_libraries="pg_stat_statements") as url:
        installation = Installation(installation.data, stock, database_url=new_database(url, "work"))
        installation.fill()
        with pagecast(installation, {cores()[0]}) as server:
            _measure("PostgreSQL", server, stock, _Postgresql(url, installation.database_url), results)


class _Sqlite:
    """Frames in the log, which starts empty and is too short for an automatic checkpoint."""

    def __init__(self, file: Path) -> None:
        self._file, self._log = file, Path(f"{file}-wal")

    def start(self) -> None:
        with closing(sqlite3.connect(self._file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def look(self) -> dict[str, float]:
        size = self._log.stat().st_size
        return {"pages written to the log": size // FRAME, "bytes written to the log": size}


class _Postgresql:
    """What PostgreSQL counts by itself, of everything but its own bookkeeping."""

    def __init__(self, server: str, database: str) -> None:
        self._server, self._database = server, database
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")

    def start(self) -> None:
        time.sleep(IDLE)

    def look(self) -> dict[str, float]:
        time.sleep(IDLE)
        name = self._database.rpartition("/")[2]
        with psycopg.connect(self._server, autocommit=True) as connection:
            found = {
                "statements": _one(connection, STATEMENTS, name),
                "transactions": _one(connection, COMMITS, name),
                "bytes written to the log": _one(connection, WRITTEN),
            }
        with psycopg.connect(self._database, autocommit=True) as connection:
            return found | {"rows written": _one(connection, ROWS)}


def _measure(
    database: str, server: Server, stock: Stock, counts: _Sqlite | _Postgresql, results: Results
) -> None:
    """Views of the small page and of the wide one, after each was viewed a few times."""
    for page, kind in ((stock.rich()[0], "ten"), (stock.wide_page, "a thousand")):
        books = Books(stock)
        check_each(server.port, detail([page]), books, 1, 10)
        counts.start()
        before = counts.look()
        check_each(server.port, detail([page]), books, 1, VIEWS)
        after = counts.look()
        found = {what: (after[what] - before[what]) / VIEWS for what in before}
        results.data["work"].setdefault(database, {})[kind] = found
        say(f"  a view of {kind} contents on {database}: {found}; {books.wrong} wrong")


def _one(connection: psycopg.Connection[Any], query: str, *words: str) -> float:
    row = connection.execute(query.encode(), words).fetchone()
    return float(row[0]) if row else 0.0
