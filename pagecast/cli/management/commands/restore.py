"""pagecast restore FILE"""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, InterfaceError

from pagecast.cli import database
from pagecast.cli.archive.errors import ArchiveError, first_line
from pagecast.cli.archive.progress import progress
from pagecast.cli.archive.restoring import restore
from pagecast.cli.command import PagecastCommand

STANDARD = "-"


class Command(PagecastCommand):
    help = (
        "Put everything that is in FILE, an archive by `pagecast export`, into this installation, whatever "
        "its database and its store. Refused where something is here already, unless --replace is said: then "
        "all of it is replaced. It works whole or not at all: killed anywhere, what was here is as it was. "
        "FILE - is the standard input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="The archive to read, or - for the standard input.")
        parser.add_argument(
            "--replace", action="store_true", help="Replace what is here: users, pages, counters, everything."
        )

    def handle(self, *_arguments: Any, file: str, replace: bool, **_options: Any) -> None:
        try:
            database.prepare()
            opened = nullcontext(sys.stdin.buffer) if file == STANDARD else _open(file)
            with opened as archive, progress() as tell:
                restored = restore(archive, replace=replace, tell=tell)
        except ArchiveError as error:
            raise CommandError(str(error)) from None
        except (OSError, DatabaseError, InterfaceError) as error:
            message = f"Nothing was restored: {first_line(error)}."
            raise CommandError(message) from None
        if restored.replaced:
            self.stdout.write(f"Replaced: {', '.join(restored.replaced)}.")
        for what, names in (("missing", restored.missing), ("damaged", restored.damaged)):
            for name in names:
                self.stderr.write(f"{name} was {what} when the archive was made.")
        self.stdout.write(
            f"Restored the archive of {restored.head.created}, made by Pagecast {restored.head.pagecast}, "
            f"with {restored.files} files. Come in with the users and passwords that are in it."
        )


def _open(file: str) -> BinaryIO:
    return Path(file).open("rb")
