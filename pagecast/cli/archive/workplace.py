"""A folder for what an archive takes while it is written or read; killed, it leaves the folder to a sweep."""

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django.conf import settings

from pagecast.chores.repeating import repeating

# Well below the age at which `media.housekeeping` clears up what lies in the staging folder.
_ALIVE = dt.timedelta(minutes=1)


@contextmanager
def workplace(purpose: str) -> Iterator[Path]:
    """A folder in the staging folder. Whoever clears up there sees that somebody is at it."""
    staging = Path(settings.PAGECAST_STAGING)
    staging.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{purpose}-", dir=staging) as name:
        folder = Path(name)
        with repeating(partial(os.utime, folder), _ALIVE):
            yield folder
