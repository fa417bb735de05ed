"""What was measured so far: plain data, as it stands in results.json."""

import json
import sys
from pathlib import Path
from typing import Any

from .checking import Books
from .load import Sample
from .targets import Target


def say(text: str) -> None:
    """Print at once, also into a file or a pipe."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Results:
    """Collects samples by target and by who measured them, and whatever else there is to say."""

    def __init__(self, data: dict[str, Any] | None = None) -> None:
        empty: dict[str, Any] = {
            "facts": {},
            "commits": {},
            "targets": {},
            "books": {},
            "memory": {},
            "work": {},
            "files": {},
        }
        self.data: dict[str, Any] = empty | (data or {})

    @classmethod
    def read(cls, file: Path) -> "Results":
        """Those of an earlier run."""
        return cls(json.loads(file.read_text(encoding="utf-8")))

    def write(self, file: Path) -> None:
        """Keep them, so that the report can be written again without measuring."""
        file.write_text(json.dumps(self.data, indent=1) + "\n", encoding="utf-8")

    def add(self, target: Target, seat: str, sample: Sample) -> None:
        """One round, as seen from the seat of `wrk` or of the readers who check."""
        seats = self.data["targets"].setdefault(target.name, {"label": target.label})
        seats.setdefault(seat, []).append(sample.plain())
        what = f"{target.label}: {sample.rate:,.0f} answers/s, p99 {sample.p99 * 1000:.1f} ms"
        say(f"  {seat:<8}{what}{f', {sample.failed} FAILED' if sample.failed else ''}")

    def add_commit(self, database: str, seconds: float) -> None:
        """What a commit took between two rounds."""
        self.data["commits"].setdefault(database, []).append(seconds)
        say(f"  a commit on {database}: {seconds * 1000:.2f} ms")

    def add_round(self, key: str, label: str, unit: str, value: float) -> None:
        """One round of something about files."""
        found = self.data["files"].setdefault(key, {"label": label, "unit": unit, "rounds": []})
        found["rounds"].append(value)
        say(f"  {label}: {value:.4g} {unit}")

    def add_books(self, name: str, books: Books, difference: int | None) -> None:
        """What the readers who check found in all their rounds on one database."""
        found = {
            "answers": books.answers.total(),
            "bytes": books.bytes / max(1, books.answers.total()),
            "wrong": books.wrong,
            "unanswered": books.unanswered,
            "difference": difference,
            "complaints": books.complaints,
        }
        self.data["books"][name] = found
        say(f"  checked {name}: {found['answers']:,} pages, {found['wrong']} wrong, difference {difference}")
        for complaint in books.complaints:
            say(f"    {complaint}")
