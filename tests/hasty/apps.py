from __future__ import annotations

import datetime as dt
import os
import time
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings

#: A round rests for so long, in seconds; and a beat asks so often.
PAUSE, ASK = 1.0, 0.2
#: In the data folder: the journal of all rounds, and what holds up whoever is in one.
JOURNAL, HOLD = "rounds", "hold"


class HastyConfig(AppConfig):
    name = "tests.hasty"
    label = "hasty"

    def ready(self) -> None:
        """Shorten the rounds."""
        from pagecast.cli import rounds  # noqa: PLC0415 - it stands on models

        _every, settle = rounds.CHORES["settle"]

        def settle_and_tell() -> bool:
            began = time.time()
            tell(f"begins {os.getpid()}")
            while (settings.PAGECAST_DATA / HOLD).exists():
                time.sleep(0.05)
            is_done = settle()
            tell(f"ends {os.getpid()} {began} {time.time()}")
            return is_done

        rounds.CHORES["settle"] = (dt.timedelta(seconds=PAUSE), settle_and_tell)
        if settings.PAGECAST_QUEUE:
            from pagecast.conf.celery import app  # noqa: PLC0415 - only where there is a Celery

            app.conf.beat_schedule["settle"]["schedule"] = ASK


def tell(what: str) -> None:
    """Write a line that no other process can come between."""
    journal = Path(settings.PAGECAST_DATA, JOURNAL)
    line = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(line, f"{what}\n".encode())
    finally:
        os.close(line)
