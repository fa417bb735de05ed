"""The rows of an archive in the place of those that are here, in one transaction.

Readers see the old rows or the new ones. The ledger comes last, so that on PostgreSQL they wait from there
to the commit only; on SQLite, which has one writer, those who are counted wait from the beginning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from types import SimpleNamespace
from typing import Any, cast

from django.contrib.sessions.models import Session
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.models.sql.subqueries import InsertQuery

from pagecast.counting import renewing
from pagecast.media.models import Blob, Piece
from pagecast.media.staging.chosen import place

from .arriving import Arrival, lines
from .drawing import draw_past
from .errors import ArchiveError, first_line
from .form import Head
from .occupied import require_empty
from .progress import Tell
from .snapshot import LIFT
from .tables import Model, tables
from .values import Names, Row

# So many rows go into one statement at the most, and no more of them than have so many bytes.
_BATCH, _BYTES = 1000, 2**20
_LEDGER = "counting"
# Whoever edits or files at this moment is waited for, in milliseconds.
_PATIENCE = 60_000


class Replacement:
    """Puts rows in the place of others."""

    def __init__(self, head: Head, models: Sequence[Model], arrival: Arrival, tell: Tell) -> None:
        self._head, self._arrival, self._tell = head, arrival, tell
        self._sources = {
            model: (parts, table.last_key)
            for model, parts, table in zip(models, arrival.parts, head.tables, strict=True)
        }
        self._names = Names()

    def run(self, *, replace: bool) -> None:
        """Replace everything: all of it, or nothing.

        Raises `ArchiveError` for rows that the database does not take; and where somebody has made something
        here meanwhile, unless `replace` is said. Raises `OSError` if staged bytes find no place.
        """
        stage = place().bring(self._arrival.staged)
        try:
            with transaction.atomic(durable=True):
                self._replace(stage, replace=replace)
        except DatabaseError as error:
            message = f"Nothing was changed, try again: the database says {first_line(error)}"
            raise ArchiveError(message) from error

    def _replace(self, stage: Callable[[], object], *, replace: bool) -> None:
        ledger = [model for model in tables() if model._meta.app_label == _LEDGER]
        others: list[Model] = [model for model in tables() if model not in ledger]
        # Whoever is logged in is nobody from now on.
        others.append(Session)
        self._hold(others)
        if not replace:
            require_empty(self._head)
        for model in others:
            self._fill(model)
        # Whoever adds one holds its upload. Their objects are swept.
        self._fill(Piece)
        connection.check_constraints()
        self._hold(ledger)
        before = renewing.newest()
        for model in ledger:
            self._fill(model)
        connection.check_constraints()
        renewing.renew(before)
        stage()

    @staticmethod
    def _hold(models: Sequence[Model]) -> None:
        """Let nobody else write these tables any more; reading them goes on. SQLite has done it by itself."""
        if connection.vendor != "postgresql":
            return
        names = ", ".join(sorted(connection.ops.quote_name(model._meta.db_table) for model in models))
        with connection.cursor() as cursor:
            cursor.execute(LIFT)
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(_PATIENCE)])
            cursor.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")

    def _fill(self, model: Model) -> None:
        parts, last_key = self._sources.get(model, ([], None))
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608 - ours
        # The connection itself: what stands for it asks for it anew at each value.
        database = connections[DEFAULT_DB_ALIAS]
        row, done = Row(model, self._names), 0
        rows = (line for part in parts for line in lines(part))
        # As many as fit into one statement.
        size = min(_BATCH, connection.ops.bulk_batch_size(row.fields, range(_BATCH)))
        while batch := list(self._read(model, row, _few(rows, size), done)):
            insert = InsertQuery(model)
            # Raw: as they were, and not as a new row would be.
            insert.insert_values(row.fields, cast("Any", batch), raw=True)
            try:
                insert.get_compiler(connection=database).execute_sql()
            except (ValueError, TypeError, OverflowError, DatabaseError) as error:
                raise _refusal(model, f"{done + 1} to {done + len(batch)}", error) from error
            done += len(batch)
            self._tell("rows", len(batch))
        draw_past(model, last_key)

    def _read(self, model: Model, row: Row, told: Iterator[bytes], done: int) -> Iterator[SimpleNamespace]:
        for number, line in enumerate(told, start=done + 1):
            try:
                values = row.decode(line)
            except (ValueError, RecursionError) as error:
                raise _refusal(model, str(number), error) from error
            if model is Blob:
                values.path = self._arrival.moved.get(values.sha256, values.path)
                values.poster_path = self._arrival.moved_pictures.get(values.sha256, values.poster_path)
            yield values


def _few(rows: Iterator[bytes], most: int) -> Iterator[bytes]:
    """The next rows, as many as memory holds with ease: a text may have any length."""
    weight = 0
    for line in islice(rows, most):
        yield line
        weight += len(line)
        if weight >= _BYTES:
            return


def _refusal(model: Model, rows: str, error: Exception) -> ArchiveError:
    what = f"{rows} of {model._meta.label_lower}"
    return ArchiveError(f"Nothing was changed: rows {what} do not fit here: {first_line(error)}")
