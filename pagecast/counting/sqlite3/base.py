"""Django's SQLite, whose writers wait for their turn in short steps.

SQLite by itself sleeps longer and longer, up to a tenth of a second, while whoever comes at the right
moment goes first: beside readers who are counted all the time an editor waited for seconds.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError
from django.db.backends.sqlite3 import base

# Seconds between two tries.
STEP = 0.001

Result = TypeVar("Result")


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that begins to write within milliseconds of when it can."""

    def in_turn(self, attempt: Callable[[], Result]) -> Result:
        """Do it as soon as nobody else writes.

        Raises `OperationalError` once the connection's own patience is over, like Django's does.
        """
        self.ensure_connection()
        (patience,) = self.connection.execute("PRAGMA busy_timeout").fetchone()
        deadline = time.monotonic() + patience / 1000
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while True:
                try:
                    return attempt()
                except OperationalError as error:
                    if "locked" not in str(error) or time.monotonic() > deadline:
                        raise
                time.sleep(STEP)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _start_transaction_under_autocommit(self) -> None:
        self.in_turn(super()._start_transaction_under_autocommit)  # type: ignore[misc]  # the stubs leave it out
