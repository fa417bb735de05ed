"""python -m benchmarks.lists: fill a PostgreSQL, ask the lists everything, and print a table."""

import argparse
import os
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack
from itertools import chain
from statistics import median
from urllib.parse import unquote_plus

import django
from django.core.management import call_command

from benchmarks.results import say
from tests.services import postgres

#: Milliseconds that a list may take at the server.
BOUND = 300


def main() -> int:
    """Measure; 1 if a list took longer than it may."""
    options = _options()
    with ExitStack() as exits:
        # The settings are read once, so all that they depend on comes first.
        url = options.database or exits.enter_context(postgres(autovacuum="on"))
        os.environ["DATABASE_URL"] = url
        os.environ["PAGECAST_DATA"] = exits.enter_context(tempfile.TemporaryDirectory())
        os.environ["DJANGO_SETTINGS_MODULE"] = "pagecast.conf.settings"
        django.setup()
        if not options.database or options.fill:
            _fill(options.contents, options.pages)
        return _measure(options.rounds, options.slowest, options.only)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lists", description=__doc__)
    parser.add_argument("--contents", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5, help="how often each list is asked, warm")
    parser.add_argument("--slowest", type=int, default=15, help="how many single questions are told")
    parser.add_argument(
        "--database", default="", help="the address of a database; filled already but for --fill"
    )
    parser.add_argument("--fill", action="store_true")
    parser.add_argument("--only", default="", help="ask only what has this in its address")
    return parser.parse_args()


def _fill(contents: int, pages: int) -> None:
    from .filling import fill  # noqa: PLC0415 - models want the settings, which are chosen above

    started = time.monotonic()
    call_command("migrate", verbosity=0)
    fill(contents, pages)
    say(f"filled in {time.monotonic() - started:.0f} s")


def _measure(rounds: int, slowest: int, only: str) -> int:
    from .asking import Took, ask  # noqa: PLC0415 - as above
    from .questions import questions  # noqa: PLC0415

    groups: defaultdict[str, list[list[Took]]] = defaultdict(list)
    single: list[tuple[float, float, str]] = []
    wanted = [each for each in questions() if only in unquote_plus(each[1])]
    answers = ask([address for _group, address in wanted], rounds)
    for (group, _address), (address, took) in zip(wanted, answers, strict=True):
        groups[group].append(took)
        clock, processor = (max(times) for times in zip(*took, strict=True))
        single.append((processor or clock, clock, unquote_plus(address)))
    say("| what is asked | questions | processor, ms: median | worst | clock, ms: median | worst |")
    say("| --- | ---: | ---: | ---: | ---: | ---: |")
    for group, found in groups.items():
        clock, processor = zip(*chain.from_iterable(found), strict=True)
        figures = [median(processor), max(processor), median(clock), max(clock)]
        say(f"| {group} | {len(found)} | {' | '.join(f'{figure:.0f}' for figure in figures)} |")
    say("\nThe slowest single questions (worst on the processor, worst on the clock):")
    for processor, clock, address in sorted(single, reverse=True)[:slowest]:
        say(f"  {processor:5.0f} {clock:5.0f}  {address}")
    late = [address for processor, _clock, address in single if processor > BOUND]
    say(f"\n{len(single) - len(late)} of {len(single)} always took at most {BOUND} ms.")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
