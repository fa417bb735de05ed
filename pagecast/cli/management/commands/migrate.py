"""pagecast migrate"""

from typing import Any

from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS

from pagecast.cli import migrating


class Command(migrate.Command):
    help = (
        "Bring the database up to date, while other versions serve from it. One process does it at a time, "
        "others wait; a table that is in use is left alone for a while and tried again, so that no reader "
        "waits for long. `serve` does the same as it starts."
    )

    def handle(self, *arguments: Any, **options: Any) -> None:
        super_handle = super().handle
        if options["database"] != DEFAULT_DB_ALIAS:
            super_handle(*arguments, **options)
            return
        with migrating.alone():
            migrating.patiently(lambda: super_handle(*arguments, **options))
