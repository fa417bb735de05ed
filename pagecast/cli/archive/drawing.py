"""The numbers that a database draws for new rows: none of them is drawn again after a restore.

Those of deleted rows neither: a page leaves its number to nobody, so that an address of the API never comes
to mean something else.
"""

from __future__ import annotations

from django.db import connection

from .tables import Model, key_column


def last_key(model: Model) -> int | None:
    """The last number that was drawn for the model; None if it draws none, or has drawn none."""
    if (column := key_column(model)) is None:
        return None
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [model._meta.db_table])
        else:
            sequence = _sequence(model, column)
            if sequence is None:
                return None
            cursor.execute(f"SELECT CASE WHEN is_called THEN last_value END FROM {sequence}")  # noqa: S608 - quoted by PostgreSQL
        row = cursor.fetchone()
    return row[0] if row else None


def draw_past(model: Model, number: int | None) -> None:
    """From now on, draw only higher numbers than this one and those that are there. It never goes back."""
    if (column := key_column(model)) is None:
        return
    table, quote = model._meta.db_table, connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max({quote(column)}) FROM {quote(table)}")  # noqa: S608 - names out of our own models
        highest = max(cursor.fetchone()[0] or 0, number or 0, last_key(model) or 0)
        if not highest:
            return
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(%s, %s)", [_sequence(model, column), highest])
            return
        cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [highest, table])
        if not cursor.rowcount:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, highest])


def _sequence(model: Model, column: str) -> str | None:
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(model._meta.db_table)
        cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [name, column])
        found: str | None = cursor.fetchone()[0]
    return found
