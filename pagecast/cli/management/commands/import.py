"""pagecast import FOLDER"""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from tqdm import tqdm

from pagecast.cli import database
from pagecast.cli.command import PagecastCommand
from pagecast.cli.importing import Outcome, import_folders
from pagecast.cli.scanning import scan


class Command(PagecastCommand):
    help = (
        "Make a page for each folder below FOLDER, and a content for each film, sound and text file in it, "
        "in name order; subtitles beside a film go with it. Safe to run again: what is there already is left "
        "alone, a file that has changed replaces its earlier self, and an import that was stopped goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=_folder, metavar="FOLDER", help="The folder to import.")

    def handle(self, *_arguments: Any, folder: Path, **_options: Any) -> None:
        database.prepare()
        folders, unknown = scan(folder)
        outcomes: Counter[Outcome] = Counter()
        refused = []
        with tqdm(total=sum(map(len, folders)), unit="file") as bar:
            for file, outcome, reason in import_folders(folders):
                bar.update()
                outcomes[outcome] += 1
                if outcome is Outcome.REFUSED:
                    refused.append(f"refused: {file}: {reason}")
        for line in refused:
            self.stderr.write(line)
        if unknown:
            self.stderr.write(
                f"left out, of no kind that is installed: {len(unknown)} files, such as {unknown[0]}"
            )
        counts = ", ".join(f"{outcomes[outcome]} {outcome.value}" for outcome in Outcome)
        self.stdout.write(f"{len(folders)} folders: {counts}.")
        if refused:
            message = f"{len(refused)} files were refused, the others are in."
            raise CommandError(message)


def _folder(raw: str) -> Path:
    path = Path(raw)
    if not path.is_dir():
        message = f"{raw} is not a folder"
        raise argparse.ArgumentTypeError(message)
    return path.resolve()
