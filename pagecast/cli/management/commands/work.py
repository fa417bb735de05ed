"""pagecast work"""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser

from pagecast.cli import database, worker
from pagecast.cli.command import PagecastCommand
from pagecast.cli.processes import PARENT, follow_parent


class Command(PagecastCommand):
    help = (
        "Do the background work: file uploads, settle counters. With REDIS_URL this is a Celery worker with "
        "its beat; without it `pagecast serve` does the work itself, and this command does the same by hand. "
        "Safe to start several times."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--threads",
            type=int,
            default=2,
            help="How many uploads are filed at once with REDIS_URL. Default: 2.",
        )

    def handle(self, *_arguments: Any, threads: int, **_options: Any) -> None:
        follow_parent()
        database.wait()
        if not settings.PAGECAST_QUEUE:
            worker.run()
            return
        # Whom beat follows: the process stays the same when it becomes Celery.
        os.environ[PARENT] = str(os.getpid())
        schedule = settings.PAGECAST_DATA / "beat-schedule"
        # One process that is Celery itself, so that signals reach it.
        os.execv(  # noqa: S606 - the very interpreter that runs here
            sys.executable,
            [
                *(sys.executable, "-m", "celery", "--app", "pagecast.conf.celery", "worker"),
                *("--beat", "--schedule", str(schedule), "--pool", "threads", "--concurrency", str(threads)),
                *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            ],
        )
