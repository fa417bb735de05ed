"""Rows out of the database, in members of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.db import models

from .form import ROWS_BYTES
from .tables import Model
from .values import Names, Row
from .wanted import NOTED, disown

# So many rows are asked for at once: a few at first, and then as many as their size allows.
_FEW, _MANY, _BYTES = 10, 2000, 2**20

Note = Callable[[Model, Mapping[str, Any]], None]


def members(model: Model, names: Names, note: Note) -> Iterator[tuple[bytes, int]]:
    """The rows of a model in the order of their keys, as the bytes of one member after another, and how many.

    `note` is shown each row that tells of a file. Memory holds one member, however many rows there are.
    """
    row, data, number = Row(model, names), bytearray(), 0
    attributes, is_noted = [field.attname for field in row.fields], model._meta.label_lower in NOTED
    for values in _values(model, attributes):
        if is_noted:
            told = dict(zip(attributes, values, strict=True))
            if "lease_until" in told:
                disown(told)
            note(model, told)
            values = tuple(told.values())
        data += row.encode(values) + b"\n"
        number += 1
        if len(data) >= ROWS_BYTES:
            yield bytes(data), number
            data, number = bytearray(), 0
    if data:
        yield bytes(data), number


def _values(model: Model, attributes: list[str]) -> Iterator[tuple[Any, ...]]:
    # Past managers and kinds: this table, row by row. From key to key, as a cursor that stays open holds
    # every row in memory behind some poolers.
    rows: models.QuerySet[Any] = models.QuerySet(model).order_by("pk")
    found, size = list(rows.values_list("pk", *attributes)[:_FEW]), _FEW
    while found:
        for _key, *values in found:
            yield tuple(values)
        weight = sum(len(value) for row in found for value in row if isinstance(value, str)) + 1
        last, asked, size = found[-1][0], size, max(1, min(_MANY, size * _BYTES // weight))
        if len(found) < asked:
            return
        found = list(rows.filter(pk__gt=last).values_list("pk", *attributes)[:size])
