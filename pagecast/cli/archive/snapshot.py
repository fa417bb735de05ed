"""One moment of the database, looked at for as long as it takes, while others read and write."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

# On SQLite by its own words: Django's transactions are those of a writer, and would make the readers wait.
_BEGIN = {"postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "sqlite": "BEGIN DEFERRED"}
# Limits that others may have set for quicker work; those that this PostgreSQL knows.
LIFT = """SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN
    ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')"""


@contextmanager
def snapshot() -> Iterator[None]:
    """What is read inside is as it was at the beginning. Nobody waits for it; nothing can be written."""
    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN[connection.vendor])
        try:
            # The moment is that of the first look.
            cursor.execute(
                LIFT if connection.vendor == "postgresql" else "SELECT count(*) FROM sqlite_master"
            )
            cursor.fetchall()
            yield
        finally:
            cursor.execute("ROLLBACK")
