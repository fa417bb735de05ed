"""The database, brought up to date before a command uses it."""

import time
from pathlib import Path

import structlog
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections
from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

log = structlog.get_logger(__name__)

# Seconds between two looks whether somebody has brought it up to date.
LOOK = 1.0


def is_there() -> bool:
    """Whether there is a database with tables of ours; looking makes none."""
    connection = connections[DEFAULT_DB_ALIAS]
    path = Path(connection.settings_dict["NAME"])
    if isinstance(connection, SQLite) and not connection.is_in_memory_db() and not path.exists():
        return False
    return MigrationRecorder(connection).has_table()


def prepare() -> None:
    """Apply the migrations that are missing, or wait for whoever does. Quick when there is none.

    Migrations of a newer version that are there already are left alone: during an update the older one goes
    on working.
    """
    if _is_behind():
        call_command("migrate", interactive=False, verbosity=0)


def wait() -> None:
    """Wait until somebody else, `serve` or `migrate`, has brought it up to date."""
    told = False
    while not _is_up_to_date():
        if not told:
            log.info("waits_for_the_database_to_be_brought_up_to_date")
            told = True
        time.sleep(LOOK)


def _is_up_to_date() -> bool:
    try:
        return not _is_behind()
    except (DatabaseError, InterfaceError):
        connections[DEFAULT_DB_ALIAS].close()
        return False


def _is_behind() -> bool:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
