"""pagecast probe FOLDER: what each file below the folder is, and how long it took to tell, as JSON."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from pagecast.media.errors import Refused
from pagecast.media.probing import probe


class Command(BaseCommand):
    help = (
        "Look at each file below the folder as an upload is looked at, one after the other, "
        "and print how long each took."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *_arguments: Any, folder: Path, **_options: Any) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        # The first one starts the process that looks.
        for path in paths[:1]:
            _look(path)
        found = []
        for path in paths:
            started = time.perf_counter()
            medium = _look(path)
            seconds = time.perf_counter() - started
            found.append({"path": str(path), "medium": medium, "seconds": seconds})
        self.stdout.write(json.dumps(found))


def _look(path: Path) -> str | None:
    """What it is; nothing if it is refused."""
    try:
        return probe(path, path.name).medium.value
    except Refused:
        return None
