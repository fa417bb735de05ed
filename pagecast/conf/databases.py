"""How the database is talked to, SQLite or PostgreSQL."""

from pathlib import Path
from typing import Any

SQLITE: dict[str, Any] = {
    "ENGINE": "pagecast.counting.sqlite3",
    "OPTIONS": {
        # A writer waits its turn at BEGIN and never fails half-way.
        "transaction_mode": "IMMEDIATE",
        # FULL: a view that was answered is on disk; NORMAL may lose the last ones in a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=8000;",
        "timeout": 20,
    },
}
POSTGRESQL: dict[str, Any] = {
    "ENGINE": "pagecast.counting.postgresql",
    "OPTIONS": {
        # What every session is told, whatever the role or the database has for an opinion.
        "session": {
            # A view that was answered is on disk.
            "synchronous_commit": "on",
            # Whoever holds a row for long makes the others fail, not wait without an end.
            "lock_timeout": "10s",
            # Import, export and migrations take as long as they take.
            "statement_timeout": "0",
            # A worker or a command that hangs with rows in hand gives them back at last.
            "idle_in_transaction_session_timeout": "1h",
            # Seconds after which the server notices that our machine has vanished, and frees what it held.
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "3",
            "tcp_keepalives_count": "3",
        },
        "connect_timeout": 3,
        # Milliseconds and seconds after which a machine that has vanished is noticed.
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
    },
}
# In a server process somebody waits for every answer. One that stands still lets go of its rows before those
# who wait for them, on other machines, have waited too long for a lock.
SERVING = {"statement_timeout": "30s", "idle_in_transaction_session_timeout": "8s"}
# Seconds after which a PostgreSQL that could not even say that it takes too long is not waited for.
HANGS = 35.0


def database(chosen: dict[str, Any], data: Path) -> dict[str, Any]:
    """Django's settings for the database of an address; for SQLite in the data folder without one."""
    ours = POSTGRESQL if chosen.get("ENGINE", "").endswith("postgresql") else SQLITE
    return {
        "NAME": str(data / "pagecast.sqlite3"),
        **chosen,
        "ENGINE": ours["ENGINE"],
        "OPTIONS": ours["OPTIONS"] | chosen.get("OPTIONS", {}),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def serve(database: dict[str, Any]) -> None:
    """Have the connections that this process will open keep nobody waiting for long."""
    if "session" in database["OPTIONS"]:
        database["OPTIONS"]["session"] |= SERVING
        database["OPTIONS"]["answers_within"] = HANGS
