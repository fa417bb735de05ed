"""pagecast doctor"""

import argparse
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import CommandError, CommandParser, handle_default_options

from pagecast.cli.command import PagecastCommand
from pagecast.cli.doctor import outside, starting, telling
from pagecast.cli.doctor.check import Outcome
from pagecast.cli.doctor.running import Result, exit_code, run
from pagecast.cli.doctor.visit import Visit


class Command(PagecastCommand):
    help = (
        "Look for what is wrong with this installation, or with a live one from outside, and say what to do "
        "about it. Ends with 0 if all is well, else with the code of the first check that failed. From "
        "outside it counts up to five views of pages, and changes nothing else; it needs no settings."
    )
    # It is to work above all where they fail.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--url", type=_address, default=None, help="Look from outside, at https://pages.example.org say."
        )
        parser.add_argument("--local", action="store_true", help="With --url: look at this machine, too.")
        parser.add_argument(
            "--only", action="append", default=[], metavar="NAME", help="Only this check; may be given again."
        )
        parser.add_argument(
            "--timeout", type=_seconds, default=10.0, metavar="SECONDS", help="For one answer. Default: 10."
        )
        parser.add_argument("--database-port", type=int, default=5432, help="To be closed to --url's host.")
        parser.add_argument("--redis-port", type=int, default=6379, help="To be closed to --url's host.")
        parser.add_argument("--strict", action="store_true", help="Take a warning for a failure.")
        parser.add_argument("--json", action="store_true", help="Say everything as one JSON object.")

    def run_from_argv(self, argv: list[str]) -> None:
        """As Django's, but for its look at the databases afterwards: for that it would read the settings."""
        self._called_from_command_line = True
        options = self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
        handle_default_options(options)
        try:
            self.execute(**vars(options))
        except CommandError as error:
            self.stderr.write(f"CommandError: {error}")
            sys.exit(error.returncode)

    def handle(self, *_arguments: Any, only: list[str], strict: bool, **options: Any) -> None:
        visit = Visit(
            options["url"] or "", options["timeout"], options["database_port"], options["redis_port"]
        )
        results: list[Result] = []
        for result in _examine(visit, set(only), here=options["local"] or not visit.url):
            results.append(result)
            if not options["json"]:
                self.stdout.write(telling.told(result))
                self.stdout.flush()
        unknown = set(only) - {result.check.name for result in results}
        if unknown and not any(result.check is starting.readable for result in results):
            message = f"There is no check {', '.join(sorted(unknown))}; docs/doctor.md names all of them."
            raise CommandError(message)
        code = exit_code(results, strict=strict)
        last = (
            telling.as_json(results, code, visit.url) if options["json"] else telling.summed_up(results, code)
        )
        self.stdout.write(last)
        sys.exit(code)


def _examine(visit: Visit, only: set[str], *, here: bool) -> Iterator[Result]:
    """The findings, one after the other."""
    if here:
        (first,) = run([starting.readable], visit)
        is_bad = first.finding.outcome == Outcome.FAILED
        if is_bad or not only or first.check.name in only:
            yield first
        if is_bad:
            return
        checks = [each for each in starting.inside() if not only or each.name in only]
        yield from run(checks, visit, starting.secrets(), starting.release)
    if visit.url:
        yield from run([each for each in outside.CHECKS if not only or each.name in only], visit)


def _address(raw: str) -> str:
    parts = urlsplit(raw)
    # It may hold a password, which is not repeated.
    shown = "this" if "@" in raw else raw
    try:
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address or "@" in raw:
        message = f"{shown} is no address; write it like https://pages.example.org"
        raise argparse.ArgumentTypeError(message)
    return raw


def _seconds(raw: str) -> float:
    try:
        seconds = float(raw)
    except ValueError:
        seconds = 0
    if not 0 < seconds < 3600:  # noqa: PLR2004 - an hour is no answer
        message = f"{raw} is no number of seconds"
        raise argparse.ArgumentTypeError(message)
    return seconds
