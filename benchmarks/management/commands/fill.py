"""pagecast fill PAGES: fill an empty database with what is measured."""

from typing import Any

from django.apps import apps
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection, transaction

from benchmarks import filling
from benchmarks.stock import WIDE, Stock


class Command(BaseCommand):
    help = "Fill an empty database with that many pages, straight into its tables."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pages", type=int)

    def handle(self, *_arguments: Any, pages: int, **_options: Any) -> None:
        stock = Stock(pages)
        call_command("migrate", interactive=False, verbosity=0, run_syncdb=True)
        if connection.vendor == "sqlite":
            _run("PRAGMA synchronous=OFF", "PRAGMA cache_size=-500000")
        with transaction.atomic():
            filling.number(max(stock.wide_page, WIDE))
            if apps.is_installed("benchmarks.plain"):
                filling.fill_plain(stock)
            else:
                filling.fill(stock)
        # What a database does by and by after such an onslaught would disturb the first rounds.
        if connection.vendor == "sqlite":
            _run("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            _run("VACUUM ANALYZE", "CHECKPOINT")


def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
