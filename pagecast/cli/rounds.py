"""The chores that every worker does when they are due, with a broker or without."""

import datetime as dt
from collections.abc import Callable

from pagecast.chores import claiming
from pagecast.counting import folding, ledger
from pagecast.media import housekeeping

MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


def settle() -> bool:
    """Fold the views of all pages into the counters of their contents."""
    ledger.settle_all()
    return True


def tidy() -> bool:
    """Remove what came in and came to nothing."""
    housekeeping.tidy_all()
    return True


def fold() -> bool:
    """Fold what is long over in the history of views: a piece of it, so that files need not wait for all."""
    return folding.fold(folding.PIECE)


#: By name: how long each rests between two rounds, and a round, which answers whether that was all.
CHORES: dict[str, tuple[dt.timedelta, Callable[[], bool]]] = {
    "settle": (MINUTE, settle),
    "tidy": (HOUR, tidy),
    "fold": (HOUR, fold),
}


def perform(name: str) -> bool:
    """Do a round of the chore if it is due and nobody else does it; answers whether it was done."""
    every, work = CHORES[name]
    return claiming.perform(name, every, work)
