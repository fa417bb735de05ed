"""pagecast counters PAGES: the counters of all contents that are measured, as JSON."""

import json
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from benchmarks.stock import Stock
from pagecast.counting import ledger


class Command(BaseCommand):
    help = (
        "Print the live counters of the contents of the rich pages, and with --settle how long settling took."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pages", type=int)
        parser.add_argument("--settle", action="store_true")

    def handle(self, *_arguments: Any, pages: int, settle: bool, **_options: Any) -> None:
        started = time.perf_counter()
        settled = ledger.settle_all() if settle else 0
        seconds = time.perf_counter() - started
        stock = Stock(pages)
        counters = ledger.counters(content for page in stock.rich() for content in stock.contents(page))
        self.stdout.write(json.dumps({"settled": settled, "seconds": seconds, "counters": counters}))
