"""pagecast work"""

import os
import re
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from pagecast.cli import worker
from pagecast.cli.command import PagecastCommand
from pagecast.cli.figures import FIGURES_AT
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

        parser.add_argument(
            "--metrics",
            default="",
            metavar="ADDRESS:PORT",
            help="Where a Prometheus may ask for this worker's figures, with REDIS_URL: 127.0.0.1:9100, say.",
        )

    def handle(self, *_arguments: Any, threads: int, metrics: str, **_options: Any) -> None:
        if metrics and not re.fullmatch(r".+:\d{1,5}", metrics):
            message = f"--metrics {metrics} is no address with a port, such as 127.0.0.1:9100."
            raise CommandError(message)
        if metrics and not settings.PAGECAST_QUEUE:
            message = "--metrics needs REDIS_URL. Without it, /metrics of `pagecast serve` has the figures."
            raise CommandError(message)
        follow_parent()
        if not settings.PAGECAST_QUEUE:
            worker.run()
            return
        os.environ[FIGURES_AT] = metrics
        # Whom beat follows: the process stays the same when it becomes Celery.
        os.environ[PARENT] = str(os.getpid())
        schedule = settings.PAGECAST_DATA / "beat-schedule"
        # One process that is Celery itself, so that signals reach it.
        os.execv(  # noqa: S606 - the very interpreter that runs here
            sys.executable,
            [
                *(sys.executable, "-m", "celery", "--quiet", "--app", "pagecast.conf.celery", "worker"),
                *("--beat", "--schedule", str(schedule), "--pool", "threads", "--concurrency", str(threads)),
                *("--loglevel", "WARNING", "--without-gossip", "--without-mingle"),
            ],
        )
