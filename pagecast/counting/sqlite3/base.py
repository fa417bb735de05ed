"""Django's SQLite, whose writers wait for their turn in short steps.

SQLite by itself sleeps longer and longer, up to a tenth of a second, while whoever comes at the right
moment goes first: beside readers who are counted all the time an editor waited for seconds.
"""

import sqlite3
import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from django.db import OperationalError
from django.db.backends.sqlite3 import base

# Seconds between two tries.
STEP = 0.001
WRITING = ("INSERT", "UPDATE", "DELETE", "REPLACE")
LONGEST = max(map(len, WRITING))

Result = TypeVar("Result")


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that begins to write within milliseconds of when it can."""

    # Somebody further out waits already, and tries again.
    _waits = False

    def in_turn(self, attempt: Callable[[], Result]) -> Result:
        """Do it as soon as nobody else writes.

        Raises `OperationalError` once the connection's own patience is over, like Django's does.
        """
        if self._waits:
            return attempt()
        self.ensure_connection()
        (patience,) = self.connection.execute("PRAGMA busy_timeout").fetchone()
        deadline = time.monotonic() + patience / 1000
        self.connection.execute("PRAGMA busy_timeout = 0")
        self._waits = True
        try:
            while True:
                try:
                    return attempt()
                except (OperationalError, sqlite3.OperationalError) as error:
                    if "locked" not in str(error) or time.monotonic() > deadline:
                        raise
                time.sleep(STEP)
        finally:
            self._waits = False
            self.connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _start_transaction_under_autocommit(self) -> None:
        self.in_turn(super()._start_transaction_under_autocommit)  # type: ignore[misc]  # the stubs leave it out

    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(factory=partial(Cursor, self))


class Cursor(base.SQLiteCursorWrapper):
    """A cursor whose statements wait for their turn, too, where each is a transaction of its own."""

    def __init__(self, wrapper: DatabaseWrapper, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self._wrapper = wrapper

    def execute(self, query: str, params: Any = None) -> Any:
        if self._wrapper.in_atomic_block or not query.lstrip()[:LONGEST].upper().startswith(WRITING):
            return super().execute(query, params)
        return self._wrapper.in_turn(lambda: super(Cursor, self).execute(query, params))
