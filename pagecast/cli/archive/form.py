"""The form of an archive: its version, the names of its members, and how large they may be."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from .errors import ArchiveError

#: Rises when archives of the new form cannot be read by the code of the old one.
FORMAT = 1
HEAD, MANIFEST = "pagecast.json", "manifest.json"
#: Bytes. A member of rows is closed when it has so many; one row may have more.
ROWS_BYTES = 8 * 2**20
#: Bytes that a head and a member of rows have at the most: more was not written by us. No row of PostgreSQL
#: has a larger column.
MOST_HEAD, MOST_ROWS = 16 * 2**20, 2**30 + ROWS_BYTES


@dataclass(frozen=True, slots=True)
class Table:
    """A table in an archive: its model, its columns as each row has them, and the last key it has drawn."""

    model: str
    columns: list[str]
    last_key: int | None


@dataclass(frozen=True, slots=True)
class Head:
    """What an archive says of itself before anything else."""

    format: int
    pagecast: str
    created: str
    database: str
    migrations: dict[str, list[str]]
    tables: list[Table]

    def to_json(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()


def read_head(data: bytes) -> Head:
    """The head out of its bytes. Raises `ArchiveError` for what is none, or is of a form to come."""
    try:
        told: dict[str, Any] = json.loads(data)
        form = told["format"]
        if isinstance(form, int) and form > FORMAT:
            message = (
                f"The archive has the form {form}, and this Pagecast reads up to {FORMAT}: restore it with "
                f"Pagecast {told['pagecast']} or later."
            )
            raise ArchiveError(message)
        tables = [
            Table(str(each["model"]), [str(name) for name in each["columns"]], _key(each["last_key"]))
            for each in told["tables"]
        ]
        migrations = {str(app): [str(name) for name in names] for app, names in told["migrations"].items()}
        return Head(
            int(form), str(told["pagecast"]), str(told["created"]), str(told["database"]), migrations, tables
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        message = f"{HEAD} in the archive cannot be read: it was not written by `pagecast export`."
        raise ArchiveError(message) from None


def _key(value: Any) -> int | None:
    if value is None:
        return None
    key = int(value)
    if not 0 <= key < 2**63:
        raise ValueError
    return key


def rows_name(table: int, model: str, part: int) -> str:
    """The name of a member of rows; tables and parts count from 1."""
    return f"rows/{table:04}-{model}/{part:06}.jsonl"


def staged_name(upload: str) -> str:
    """The name of the bytes of an upload."""
    return f"staged/{upload}"


def media_name(sha256: str) -> str:
    """The name of a file."""
    return f"media/{sha256}"


def poster_name(sha256: str) -> str:
    """The name of the picture of a file."""
    return f"posters/{sha256}.jpg"
