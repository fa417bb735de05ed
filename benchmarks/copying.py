"""Rows by the million: a table's rows from a query, inside the database, naming every column."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import AutoField, Field, Model
from django.db.models.fields import NOT_PROVIDED
from django.utils import timezone


def copy(model: type[Model], source: str, **expressions: str) -> None:
    """Insert a row of the model for each row of `source`, what follows FROM in a query.

    A field gets its expression; without one its default, the time or null. So a column that came later is
    filled in as well.
    """
    columns, selected, parameters = [], [], []
    for field in model._meta.local_concrete_fields:
        if field.name in expressions:
            selected.append(expressions[field.name])
        elif isinstance(field, AutoField) or _is_left_to_the_database(field):
            continue
        else:
            selected.append("%s")
            parameters.append(field.get_db_prep_save(_default(field), connection))
        columns.append(connection.ops.quote_name(str(field.column)))
    table = connection.ops.quote_name(model._meta.db_table)
    query = f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(selected)} FROM {source}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)


def _is_left_to_the_database(field: Field[Any, Any]) -> bool:
    return not field.has_default() and field.db_default is not NOT_PROVIDED


def _default(field: Field[Any, Any]) -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return timezone.now()
    if field.has_default() or field.null:
        return field.get_default()
    message = f"{field} has no default: give an expression for it"
    raise ValueError(message)
