"""Background work without a broker: one process that looks for rows to do."""

import os
import select
import signal
import time
from types import FrameType

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections

from pagecast.counting import folding, ledger
from pagecast.media import housekeeping
from pagecast.pages import filing

log = structlog.get_logger(__name__)

# Seconds between two looks for uploads, and between two rounds of each chore.
LOOK, SETTLE, TIDY, FOLD = 0.3, 60.0, 3600.0, 3600.0


class Stop:
    """Set by signals, one of which may interrupt another: so there is no lock to wait for in each other."""

    def __init__(self) -> None:
        self.asked = False
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    def ask(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        """Ask for it; also in the middle of asking for it."""
        self.asked = True
        os.write(self._writer, b"!")

    def wait(self, seconds: float) -> bool:
        """Wait until it is asked for, or the time is over; answers whether it is."""
        select.select([self._reader], [], [], seconds)
        return self.asked


def run() -> None:
    """Work until SIGTERM or SIGINT, and finish what is in hand then.

    A database that goes away is waited for. Anything unforeseen ends the process; whoever started it
    starts it again, and the rows say what is left to do.
    """
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    signal.signal(signal.SIGINT, stop.ask)
    settled = tidied = time.monotonic()
    folded = settled - FOLD
    while not stop.wait(LOOK):
        close_old_connections()
        try:
            work_through(stop)
            if time.monotonic() - settled > SETTLE:
                ledger.settle_all()
                settled = time.monotonic()
            if time.monotonic() - tidied > TIDY:
                housekeeping.tidy_all()
                tidied = time.monotonic()
            # In pieces, so that files need not wait for all of it.
            if time.monotonic() - folded > FOLD and folding.fold(folding.PIECE):
                folded = time.monotonic()
        except (DatabaseError, InterfaceError) as error:
            log.warning("worker_waits_for_the_database", error=str(error).strip())
            stop.wait(2)


def work_through(stop: Stop) -> int:
    """File all uploads that are due, and draw the pictures of files; answers how many were looked at."""
    done = 0
    while not stop.asked and filing.work():
        done += 1
    return done
