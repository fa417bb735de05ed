"""Django's SQLite, whose transactions wait for their turn in short steps.

SQLite by itself sleeps longer and longer, up to a tenth of a second, while whoever comes at the right
moment goes first: beside readers who are counted all the time an editor waited for seconds.
"""

import time

from django.db import OperationalError
from django.db.backends.sqlite3 import base

# Seconds between two tries.
STEP = 0.001


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that begins a transaction within milliseconds of when it can."""

    def _start_transaction_under_autocommit(self) -> None:
        """Raise `OperationalError` once the connection's own patience is over, like Django's does."""
        (patience,) = self.connection.execute("PRAGMA busy_timeout").fetchone()
        deadline = time.monotonic() + patience / 1000
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._begins():
                if time.monotonic() > deadline:
                    message = f"database is locked: somebody has been writing for {patience / 1000:g} s"
                    raise OperationalError(message)
                time.sleep(STEP)
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {patience}")

    def _begins(self) -> bool:
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
        except OperationalError as error:
            if "locked" not in str(error):
                raise
            return False
        return True
