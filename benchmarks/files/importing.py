"""A folder that is imported, and imported again when nothing in it is new."""

import os
import re
import shutil
import time
from pathlib import Path

from benchmarks.installation import Installation
from benchmarks.options import Options
from benchmarks.results import Results, say
from benchmarks.stage import new_database
from benchmarks.stock import Stock

from .programs import COPIES, QUICK_SUMS, SUMS, SYNCED_COPIES, has_openssl, seconds_of
from .receiving import SETTINGS

DATABASES = ("SQLite", "PostgreSQL")


def measure(options: Options, library: Path, postgresql: str, results: Results) -> None:
    """Import the library into new installations, round by round, beside programs that read and copy it."""
    for number in range(options.file_rounds):
        say(f"round {number + 1} of {options.file_rounds}, imports")
        _read_and_copy(library, results)
        for database in DATABASES:
            _import_twice(options, library, database, number, postgresql, results)


def _read_and_copy(library: Path, results: Results) -> None:
    """What every import does at least: read all bytes, and write them."""
    copy = library.with_name("copy")
    results.add_round("sums", "sha256sum of each", "s", seconds_of(SUMS, library))
    if has_openssl():
        results.add_round("quick sums", "openssl dgst of each", "s", seconds_of(QUICK_SUMS, library))
    for key, program, what in (
        ("copies", COPIES, "cp of all"),
        ("synced copies", SYNCED_COPIES, "cp of all, sync of each"),
    ):
        results.add_round(key, what, "s", seconds_of(program, library, copy))
        shutil.rmtree(copy)


def _import_twice(
    options: Options, library: Path, database: str, number: int, postgresql: str, results: Results
) -> None:
    data = options.folder / f"import-{database}-{number}"
    data.mkdir()
    url = new_database(postgresql, f"import {number}") if database == "PostgreSQL" else ""
    installation = Installation(data, Stock(), SETTINGS, url)
    # Brings the database up to date.
    installation.run("token", "alice")
    for key, what, outcome in (
        ("import", "import", "added"),
        ("again", "import of nothing new", "there already"),
    ):
        seconds = _import(installation, library, options.files, outcome)
        results.add_round(f"{key} {database}", f"{what}, {database}", "s", seconds)
    shutil.rmtree(data)


def _import(installation: Installation, library: Path, number: int, outcome: str) -> float:
    """Seconds of `pagecast import`, from its start to its end. Raises unless all files have this outcome."""
    os.sync()
    started = time.perf_counter()
    printed = installation.run("import", str(library))
    seconds = time.perf_counter() - started
    if not re.search(rf"\b{number} {outcome}\b", printed):
        raise RuntimeError(f"the import was something else: {printed}")  # noqa: EM102
    return seconds
