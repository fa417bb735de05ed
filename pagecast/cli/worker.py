"""Background work without a broker: one process that looks for rows to do."""

import signal
import threading
import time
from types import FrameType

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections

from pagecast.counting import ledger
from pagecast.pages import filing

log = structlog.get_logger(__name__)

# Seconds between two looks for uploads, and between two settlings.
LOOK, SETTLE = 0.3, 60.0


def run() -> None:
    """Work until SIGTERM or SIGINT, and finish what is in hand then.

    A database that goes away is waited for. Anything unforeseen ends the process; whoever started it
    starts it again, and the rows say what is left to do.
    """
    stop = threading.Event()

    def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask_to_stop)
    signal.signal(signal.SIGINT, ask_to_stop)
    settled = time.monotonic()
    while not stop.wait(LOOK):
        close_old_connections()
        try:
            work_through(stop)
            if time.monotonic() - settled > SETTLE:
                ledger.settle_all()
                settled = time.monotonic()
        except (DatabaseError, InterfaceError) as error:
            log.warning("worker_waits_for_the_database", error=str(error).strip())
            stop.wait(2)


def work_through(stop: threading.Event) -> int:
    """File all uploads that are due; answers how many were looked at."""
    done = 0
    while not stop.is_set() and (upload_id := filing.due().values_list("pk", flat=True).first()):
        filing.file(upload_id)
        done += 1
    return done
