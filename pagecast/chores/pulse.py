"""Whether anybody does background work at all."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from .claiming import age, claim
from .repeating import repeating

NAME = "pulse"
#: A worker that works has said so within this time; past `SILENCE` there is none, or it hangs.
EVERY, SILENCE = dt.timedelta(seconds=10), dt.timedelta(seconds=45)


def beat() -> None:
    """Said by a worker, as often as it likes: it is written down once in `EVERY`."""
    claim(NAME, EVERY)


@contextmanager
def beating() -> Iterator[None]:
    """Work on something that may take long, and be heard of all the while."""
    with repeating(beat, EVERY):
        yield


def silence() -> dt.timedelta | None:
    """How long no worker has said anything; None if none ever has."""
    return age(NAME)
