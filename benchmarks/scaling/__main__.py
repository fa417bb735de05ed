"""python -m benchmarks.scaling: simulate, and write the tables of docs/scaling.md; takes some minutes."""

import argparse
import os
import re
import tempfile
from pathlib import Path

import django

# The bounds of the lanes are those of the code, whose modules are there once Django is set up.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
_folder = tempfile.TemporaryDirectory(prefix="pagecast-scaling-")
os.environ.setdefault("PAGECAST_DATA", _folder.name)
django.setup()

from .costs import measured  # noqa: E402 - see above
from .tables import TABLES  # noqa: E402

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"


def written(text: str, name: str, table: str) -> str:
    """The text with the table between its two marks. Raises `ValueError` when the marks are not there."""
    begin, end = f"<!-- {name}: simulated -->", f"<!-- {name}: end -->"
    pattern = re.compile(f"(?<={re.escape(begin)}\n).*?(?={re.escape(end)})", re.DOTALL)
    result, number = pattern.subn(lambda _: f"\n{table}\n\n", text)
    if number != 1:
        message = f"no place for the table: write {begin} and {end} on lines of their own"
        raise ValueError(message)
    return result


def main() -> None:
    """Write each table, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--only", choices=TABLES, action="append", help="these tables; may be repeated")
    names = parser.parse_args().only or list(TABLES)
    costs = measured()
    for name in names:
        table = TABLES[name](costs)
        print(f"{table}\n")  # noqa: T201 - whoever runs it looks on
        text = DOCUMENT.read_text(encoding="utf-8")
        DOCUMENT.write_text(written(text, name, table), encoding="utf-8")


if __name__ == "__main__":
    main()
