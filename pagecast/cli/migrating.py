"""Changes of the tables while others read and write them: one at a time, and none that makes them wait."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import structlog
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from pagecast.counting.errors import is_deadlock, is_waiting_too_long

log = structlog.get_logger(__name__)

# Whoever waits for a lock on a table has everybody who comes later wait behind it, readers too: so long at
# the most. After three seconds they would be given up.
LOCK_TIMEOUT = "1s"
# How often it is tried, and the seconds in between: doubled from the first, up to the last.
TRIES, PAUSE, LONGEST_PAUSE = 20, 1.0, 10.0
# Seconds between two looks whether another node is done.
LOOK = 0.5
WAITS = "waits_for_another_node_that_prepares_the_database"
# Any number, as long as nobody else uses it in this database.
KEY = 0x50616765
HOLDERS = """
    SELECT DISTINCT activity.pid, activity.application_name, host(activity.client_addr), activity.state,
        round(extract(epoch FROM clock_timestamp() - activity.xact_start)),
        round(extract(epoch FROM clock_timestamp() - activity.query_start))
    FROM pg_stat_activity AS activity JOIN pg_locks AS lock USING (pid)
        JOIN pg_class ON lock.relation = pg_class.oid
    WHERE activity.datname = current_database() AND pid <> pg_backend_pid() AND lock.granted
        AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        AND activity.xact_start < clock_timestamp() - interval '1 second'
    ORDER BY 5 DESC LIMIT 3
"""


def alone() -> AbstractContextManager[None]:
    """While it lasts, no other process on this database, on whatever machine, is in here; others wait.

    It ends with the process, whatever ends that.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        return _alone_on_this_machine(Path(f"{connection.settings_dict['NAME']}.migrating"))
    return _alone_on_the_server()


@contextmanager
def _alone_on_this_machine(file: Path) -> Iterator[None]:
    with file.open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info(WAITS)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


@contextmanager
def _alone_on_the_server() -> Iterator[None]:
    """Hold an advisory lock in a transaction of a connection beside ours; a pooler leaves it in one session.

    Those who wait look again and again: a statement that waits would be waited for by an index that is made
    beside others.
    """
    beside: Any = connections[DEFAULT_DB_ALIAS].copy()
    try:
        beside.connect()
        beside.tell(idle_in_transaction_session_timeout="0")
        told = False
        while not _holds(beside):
            if not told:
                log.info(WAITS)
                told = True
            time.sleep(LOOK)
        yield
    finally:
        beside.close()


def _holds(beside: Any) -> bool:
    beside.set_autocommit(False)
    with beside.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [KEY])
        (held,) = cursor.fetchone()
    if not held:
        beside.rollback()
        beside.set_autocommit(True)
    return bool(held)


def patiently(migrate: Callable[[], object]) -> None:
    """Migrate as often as it takes: whenever a lock is not to be had soon, step back and let the others pass.

    Each migration is done whole or not at all, so the next try goes on where the last one stopped. Raises
    `CommandError`, which says who is in the way, when there is no end to it.
    """
    connection: Any = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "sqlite":
        migrate()
        return
    connection.ensure_connection()
    before = connection.session["lock_timeout"]
    connection.tell(lock_timeout=LOCK_TIMEOUT)
    try:
        for number in range(1, TRIES + 1):
            try:
                migrate()
            except OperationalError as error:
                # PostgreSQL looks for the latter after a second, too.
                if not is_waiting_too_long(error) and not is_deadlock(error):
                    raise
                _step_back(number, _in_the_way(connection))
            else:
                return
    finally:
        connection.tell(lock_timeout=before)


def _step_back(number: int, holders: str) -> None:
    if number == TRIES:
        message = (
            f"The database was not brought up to date: {TRIES} times a table was in use for longer than "
            f"{LOCK_TIMEOUT}. In the way: {holders}. What was done so far stays. End them, or wait for "
            "them, and run `pagecast migrate` again; SELECT pg_terminate_backend(PID) ends one."
        )
        raise CommandError(message)
    pause = min(PAUSE * 2 ** (number - 1), LONGEST_PAUSE)
    log.warning("migration_steps_back", in_the_way=holders, tries=number, next_try_seconds=pause)
    time.sleep(pause)


def _in_the_way(connection: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS)
        rows = cursor.fetchall()
    return "; ".join(map(_described, rows)) or "nobody who is still there"


def _described(row: tuple[Any, ...]) -> str:
    process, application, host, state, of_transaction, of_statement = row
    return (
        f"process {process} ({application or 'without a name'}, from {host or 'this machine'}), {state}, "
        f"in a transaction of {of_transaction:.0f} s, its last statement begun {of_statement:.0f} s ago"
    )
