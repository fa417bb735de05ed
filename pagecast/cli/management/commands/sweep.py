"""pagecast sweep"""

import argparse
import datetime as dt
from collections import Counter
from typing import Any

from django.core.management.base import CommandParser
from django.template.defaultfilters import filesizeformat

from pagecast.cli import database
from pagecast.cli.command import PagecastCommand
from pagecast.media.housekeeping import Waste, sweep

# A century: a larger number is a slip.
MOST_DAYS = 36_500


class Command(PagecastCommand):
    help = (
        "Remove what nobody needs: uploads that never came in whole or that nobody used, staged files "
        "without an upload, and files that nothing refers to. Never a file that anything still needs, also "
        "while uploads arrive. Look first with --dry-run. Safe to run at any time, and twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Only say what would be removed, and remove nothing."
        )
        parser.add_argument(
            "--older-than",
            type=_days,
            default=dt.timedelta(days=30),
            metavar="DAYS",
            help="Remove unused files and uploads that came in so many days ago or earlier. Default: 30.",
        )

    def handle(
        self, *_arguments: Any, dry_run: bool, older_than: dt.timedelta, verbosity: int, **_options: Any
    ) -> None:
        database.prepare()
        number: Counter[Waste] = Counter()
        size: Counter[Waste] = Counter()
        for swept in sweep(older_than, dry=dry_run):
            number[swept.waste] += 1
            size[swept.waste] += swept.size
            if dry_run or verbosity > 1:
                self.stdout.write(f"{swept.name} ({filesizeformat(swept.size)}): {swept.waste.value}")
        for waste in Waste:
            self.stdout.write(f"{number[waste]} {waste.value}: {filesizeformat(size[waste])}")
        if dry_run and number:
            self.stdout.write("Nothing was removed. Without --dry-run it would be.")


def _days(raw: str) -> dt.timedelta:
    try:
        days = float(raw)
    except ValueError:
        days = -1
    if not 0 <= days <= MOST_DAYS:
        message = f"{raw} is no number of days"
        raise argparse.ArgumentTypeError(message)
    return dt.timedelta(days=days)
