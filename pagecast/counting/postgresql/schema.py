"""Changes of tables that keep nobody waiting."""

from typing import Any

from django.db.backends.postgresql import schema
from django.db.models import Index, Model

UNFINISHED = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(quote_ident(%s)) AND NOT indisvalid"


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Django's, but outside of a transaction an index is made beside those who read and write.

    So `AddIndex` in a migration with `atomic = False` does the same on SQLite and here, as each does it best.
    """

    def add_index(self, model: type[Model], index: Index, concurrently: bool = False) -> None:  # noqa: FBT001, FBT002 - Django's signature
        """Make the index; one that was left unfinished, by a kill say, is made anew."""
        if self.connection.in_atomic_block or self.collect_sql:
            super().add_index(model, index, concurrently)
            return
        connection: Any = self.connection
        lock_timeout = connection.session.get("lock_timeout", "0")
        # It waits for everybody who has the table in hand, and nobody waits for it.
        connection.tell(lock_timeout="0")
        try:
            if self._is_unfinished(index.name):
                self.remove_index(model, index, concurrently=True)
            super().add_index(model, index, concurrently=True)
        finally:
            connection.tell(lock_timeout=lock_timeout)

    def _is_unfinished(self, name: str) -> bool:
        with self.connection.cursor() as cursor:
            cursor.execute(UNFINISHED, [name])
            return cursor.fetchone() is not None
