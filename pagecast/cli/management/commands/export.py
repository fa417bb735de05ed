"""pagecast export FILE"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, connection
from django.template.defaultfilters import filesizeformat

from pagecast.cli import database
from pagecast.cli.archive.errors import ArchiveError, first_line
from pagecast.cli.archive.exporting import Exported, export
from pagecast.cli.archive.progress import progress
from pagecast.cli.archive.target import new_file, standard_output
from pagecast.cli.command import PagecastCommand

STANDARD = "-"


class Command(PagecastCommand):
    help = (
        "Write everything into FILE: pages, contents, counters and their history, users with their password "
        "hashes and tokens, and every file, verified by its SHA-256. Readers and editors go on meanwhile; "
        "the rows are those of one moment. The secret key is not in it. FILE - is the standard output."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", metavar="FILE", help="The archive to write, or - for the standard output."
        )
        parser.add_argument("--force", action="store_true", help="Write over FILE if it is there already.")

    def handle(self, *_arguments: Any, file: str, force: bool, **_options: Any) -> None:
        target: AbstractContextManager[BinaryIO] = (
            standard_output() if file == STANDARD else new_file(Path(file).absolute(), force=force)
        )
        try:
            _require_installation()
            database.prepare()
            with target as archive, progress() as tell:
                exported = export(archive, tell)
        except ArchiveError as error:
            raise CommandError(str(error)) from None
        except (OSError, DatabaseError, InterfaceError) as error:
            message = f"Nothing was exported: {first_line(error)}."
            raise CommandError(message) from None
        self._report(exported, file)

    def _report(self, exported: Exported, file: str) -> None:
        for line in [*exported.notices, *exported.faults]:
            self.stderr.write(line)
        # Beside an archive on the standard output nothing else may stand there.
        out = self.stderr if file == STANDARD else self.stdout
        size = filesizeformat(exported.bytes)
        out.write(f"{exported.rows} rows and {exported.files} files, {size}: {file}")
        if exported.faults:
            message = (
                f"{len(exported.faults)} files are damaged or missing; the archive is whole but for them."
            )
            raise CommandError(message)


def _require_installation() -> None:
    """Raises `ArchiveError` where there is none: whoever saves it every night must not save nothing."""
    if not database.is_there():
        name = connection.settings_dict["NAME"]
        message = (
            f"There is nothing to export: {name} is no database of Pagecast. Check PAGECAST_DATA and "
            "DATABASE_URL."
        )
        raise ArchiveError(message)
