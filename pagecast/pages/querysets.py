"""Querysets whose bulk operations close the books like `save` and `delete` do."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, TypeVar, cast

from django.db import connection, models
from django.db.models.sql.subqueries import InsertQuery
from polymorphic.query import PolymorphicQuerySet

from pagecast.counting.batches import batches

from .books import Booked, editing, hold

Row = TypeVar("Row", bound=Booked)


class BookedQuerySet(models.QuerySet[Row]):
    """A queryset of a booked model. Row for row it does what Django's does, in one edit."""

    def update(self, **kwargs: Any) -> int:
        """Like Django's, but pinned to the rows that match when it begins."""
        with editing():
            changed = 0
            for batch in batches(sorted(set(self.order_by().values_list("pk", flat=True)))):
                hold(self.model, "pk", batch)
                self.model.remember(batch)
                self.model.touch(batch)
                changed += super(BookedQuerySet, self.filter(pk__in=batch)).update(**kwargs)
                self.model.touch(batch)
                self.model.derive(batch, kwargs.keys())
        self._result_cache = None
        return changed

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        """Like Django's, whose batches are one edit."""
        with editing():
            return super().bulk_update(*args, **kwargs)

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        """Like Django's, and what `save` would have filled in is filled in here too."""
        rows = list(objs)
        with editing():
            for row in rows:
                row.prepare()
            self.model.remember(self.model.keys_of(rows))
            self.model.touch_rows(rows)
            # Past polymorphic's own, which forgets what to do about conflicts.
            created = models.QuerySet.bulk_create(self, rows, *args, **kwargs)
            self.model.touch_rows(rows)
            return created

    def delete(self) -> tuple[int, dict[str, int]]:
        """Like Django's, but pinned to the rows that match when it begins, which are held in their order."""
        total, by_model = 0, Counter[str]()
        with editing():
            keys = sorted(set(self.order_by().values_list("pk", flat=True)))
            self.model.hold(keys)
            for batch in batches(keys):
                number, of_batch = super(BookedQuerySet, self.filter(pk__in=batch)).delete()
                total += number
                by_model.update(of_batch)
        self._result_cache = None
        return total, dict(by_model)

    # Django tells by this mark that a method belongs to querysets and not to managers.
    delete.queryset_only = True  # type: ignore[attr-defined]
    delete.alters_data = True  # type: ignore[attr-defined]


class BookedPolymorphicQuerySet(BookedQuerySet[Row], PolymorphicQuerySet[Row]):  # type: ignore[type-var]
    """The same for contents: rows come as their own kinds."""

    def bulk_create(self, objs: Iterable[Row], *args: Any, **kwargs: Any) -> list[Row]:
        """Like Django's; of a kind, too, whose rows are in two tables, and then without its options."""
        rows = list(objs)
        for row in rows:
            cast("Any", row).pre_save_polymorphic()
        roots = list(self.model._meta.parents)
        if len(roots) != 1 or args or kwargs:
            return super().bulk_create(rows, *args, **kwargs)
        with editing():
            for row in rows:
                row.prepare()
            _insert_in_two(cast("Any", self.model), roots[0], rows)
            self.model.touch_rows(rows)
        return rows


def _insert_in_two(kind: type[models.Model], root: type[models.Model], rows: list[Any]) -> None:
    """Insert the part of the rows that all kinds share, and then their own."""
    shared = [field.attname for field in root._meta.concrete_fields if not field.primary_key]
    parts = [root(**{name: getattr(row, name) for name in shared}) for row in rows]
    plain: models.QuerySet[Any] = models.QuerySet(root)
    plain.bulk_create(parts)
    link = kind._meta.get_ancestor_link(root)
    for row, part in zip(rows, parts, strict=True):
        # The database and the clock have filled some in.
        for name in [*shared, part._meta.pk.attname]:
            setattr(row, name, getattr(part, name))
        setattr(row, link.attname if link else "pk", part.pk)
        row._state.adding, row._state.db = False, part._state.db
    own = list(kind._meta.local_concrete_fields)
    size = max(connection.ops.bulk_batch_size(own, rows), 1)
    for start in range(0, len(rows), size):
        insert = InsertQuery(kind)
        insert.insert_values(own, rows[start : start + size])
        insert.get_compiler(connection=connection).execute_sql()
