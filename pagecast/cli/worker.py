"""Background work without a broker: one process, or several, that look for rows to do."""

import signal
from types import FrameType

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections

from pagecast.chores import pulse
from pagecast.pages import filing

from . import rounds
from .processes import end_in_time
from .stopping import Stop

log = structlog.get_logger(__name__)

# Seconds between two looks for something to do.
LOOK = 0.3


def run() -> None:
    """Work until SIGTERM or SIGINT, and finish what is in hand then, in bounded time.

    A database that goes away is waited for. Anything unforeseen ends the process; whoever started it
    starts it again, and the rows say what is left to do.
    """
    stop = Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.ask(number, frame)
        end_in_time()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    while not stop.wait(LOOK):
        close_old_connections()
        try:
            pulse.beat()
            with pulse.beating():
                work_through(stop)
                for name in rounds.CHORES:
                    if not stop.asked:
                        rounds.perform(name)
        except (DatabaseError, InterfaceError) as error:
            log.warning("worker_waits_for_the_database", error=str(error).strip())
            stop.wait(2)


def work_through(stop: Stop) -> int:
    """File all uploads that are due, and draw the pictures of files; answers how many were looked at."""
    done = 0
    while not stop.asked and filing.work():
        done += 1
    return done
