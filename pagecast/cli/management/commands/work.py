"""pagecast work"""

import os
import re
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from pagecast.cli import database, worker
from pagecast.cli.command import PagecastCommand
from pagecast.cli.figures import FIGURES_AT
from pagecast.cli.processes import Keeper, follow_parent
from pagecast.cli.stopping import Stop
from pagecast.media import housekeeping

CELERY = ("-m", "celery", "--quiet", "--app", "pagecast.conf.celery")
QUIETLY = ("--loglevel", "WARNING")
WORKER = (*CELERY, "worker", "--pool", "threads", "--without-gossip", "--without-mingle", *QUIETLY)
# No file of a schedule: the rows say what is due, and the root file system may be read-only.
BEAT = (*CELERY, "beat", "--scheduler", "celery.beat:Scheduler", *QUIETLY)


class Command(PagecastCommand):
    help = (
        "Do the background work: file uploads, settle counters. With REDIS_URL this keeps a Celery worker "
        "and a beat running; without it `pagecast serve` does the work itself, and this command does the "
        "same by hand. Safe to start several times: each chore is done once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--threads",
            type=int,
            default=2,
            help="How many uploads are filed at once with REDIS_URL. Default: 2.",
        )
        part = parser.add_mutually_exclusive_group()
        part.add_argument(
            "--without-beat", action="store_true", help="Only the worker; some other machine has a beat."
        )
        part.add_argument(
            "--only-beat", action="store_true", help="Only the beat, which tells workers that it is time."
        )
        parser.add_argument(
            "--metrics",
            default="",
            metavar="ADDRESS:PORT",
            help="Where a Prometheus may ask for this worker's figures, with REDIS_URL: 127.0.0.1:9100, say.",
        )

    def handle(
        self,
        *_arguments: Any,
        threads: int,
        without_beat: bool,
        only_beat: bool,
        metrics: str,
        **_options: Any,
    ) -> None:
        if metrics and not re.fullmatch(r".+:\d{1,5}", metrics):
            message = f"--metrics {metrics} is no address with a port, such as 127.0.0.1:9100."
            raise CommandError(message)
        if metrics and not settings.PAGECAST_QUEUE:
            message = "--metrics needs REDIS_URL. Without it, /metrics of `pagecast serve` has the figures."
            raise CommandError(message)
        follow_parent()
        database.wait()
        housekeeping.clear_spool()
        if not settings.PAGECAST_QUEUE:
            if without_beat or only_beat:
                raise CommandError(
                    "Without REDIS_URL there is no beat: every worker looks for what is due. Leave out "
                    "--without-beat and --only-beat, or set REDIS_URL."
                )
            worker.run()
            return
        os.environ[FIGURES_AT] = metrics
        commands = {"worker": (*WORKER, "--concurrency", str(threads)), "beat": BEAT}
        if only_beat:
            del commands["worker"]
        if without_beat:
            del commands["beat"]
        stop = Stop()
        stop.listen()
        Keeper(commands).keep(stop.wait)
