"""Closing the books: no change of a page reaches readers without its ledger, whatever way it comes in.

Every way in runs inside `editing()`: `save`, `delete` and the querysets of the models open it by
themselves; a larger edit wraps itself in one, so that the tallies are locked once, at its very end.
What was touched meanwhile is noted on this thread, and closed in the same transaction.

Locks are taken in one order everywhere: pages, placements, contents, tallies, counts, each by id; then
the catalogue.
"""

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, Self

from django.apps import apps
from django.db import connection, models, transaction
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save

from pagecast.counting import ledger
from pagecast.counting.batches import batches
from pagecast.counting.recorder import committing

from .signals import page_edited


class Booked(models.Model):
    """A model whose rows decide what readers see of some pages."""

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Listen to the model, so that cascades and fixtures, which call no `save`, are noted too."""
        super().__init_subclass__(**kwargs)
        for signal in (pre_save, pre_delete):
            signal.connect(_remember_and_note, sender=cls)
        for signal in (post_save, post_delete):
            signal.connect(_note_and_close, sender=cls)

    @classmethod
    def remember(cls, keys: Iterable[int]) -> None:
        """Before rows change: note what nobody can tell any more afterwards."""

    @classmethod
    def touch(cls, keys: Iterable[int]) -> None:
        """Note what the rows with these keys have to do with, as they are now."""
        raise NotImplementedError

    @classmethod
    def touch_rows(cls, rows: Sequence[Self]) -> None:
        """Note what these rows have to do with, which may not be in the database or lack their key."""
        cls.touch(cls.keys_of(rows))

    @classmethod
    def keys_of(cls, rows: Sequence[Self]) -> list[int]:
        """The keys of these rows, as far as they have one."""
        return [row.pk for row in rows if row.pk is not None]

    @classmethod
    def derive(cls, keys: Iterable[int], changed: Collection[str]) -> None:
        """Bring columns that follow from the changed ones up to date, where no `save` does it."""

    def prepare(self) -> None:
        """Fill in, before the row is written, what its author need not know."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        with editing():
            super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with editing():
            type(self).hold([self.pk])
            return super().delete(*args, **kwargs)

    @classmethod
    def hold(cls, keys: Iterable[int]) -> None:
        """Before rows are deleted: hold them, and what goes with them, in the one order of locks."""
        hold(cls, "pk", keys, deleting=True)


def hold(model: type[models.Model], column: str, keys: Iterable[int], *, deleting: bool = False) -> set[int]:
    """Hold the rows that have one of these keys until the transaction ends, by id; answers with their ids.

    Others may still refer to them meanwhile, unless it is for deleting.
    """
    # A kind is held by its Content: that is the row which whoever places it holds.
    root = (model._meta.get_parent_list() or [model])[-1]
    rows: models.QuerySet[Any] = models.QuerySet(root).select_for_update(no_key=not deleting).order_by("pk")
    held: set[int] = set()
    for batch in batches(sorted(set(keys))):
        held.update(rows.filter(**{f"{column}__in": batch}).values_list("pk", flat=True))
    return held


class _Touched(threading.local):
    def __init__(self) -> None:
        self.depth = 0
        self.clear()

    def clear(self) -> None:
        self.raw = False
        self.pages: set[int] = set()
        self.contents: set[int] = set()
        # Contents that were put somewhere: nobody else may switch one off until we are done.
        self.placed: set[int] = set()
        # The address under which readers saw a page before the edit, or None if they saw it nowhere.
        self.addresses: dict[int, str | None] = {}


_touched = _Touched()


@contextmanager
def editing() -> Iterator[None]:
    """One edit: a transaction at whose end the books of all pages that it touched are closed.

    Nested, the outermost one closes. Readers of a touched page wait from the moment the outermost
    block ends until its commit, and no longer; so open no transaction of your own around it.
    """
    with committing(durable=False):
        _touched.depth += 1
        try:
            yield
            if _touched.depth == 1:
                _close()
        finally:
            _touched.depth -= 1
            if _touched.depth == 0:
                _touched.clear()


def visible(prefix: str = "") -> models.Q:
    """What readers see of a content: it is active, and it has something else to show than a file to come."""
    has_source = models.Q(
        (f"{prefix}upload", None),
        (f"{prefix}blob__isnull", False),
        (f"{prefix}has_link", True),
        _connector="OR",
    )
    return models.Q((f"{prefix}is_active", True)) & has_source


def touch_pages(keys: Iterable[int]) -> None:
    """Readers see something else of these pages, or these pages are new, or gone."""
    _touched.pages.update(keys)


def remember_addresses(keys: Iterable[int]) -> None:
    """Note where readers see these pages before they change; from here on they are held."""
    pages: models.QuerySet[Any] = models.QuerySet(apps.get_model("pages", "Page")).order_by("pk")
    if connection.in_atomic_block:
        # A fixture or a cascade may be announced before its transaction begins.
        pages = pages.select_for_update(no_key=True)
    for batch in batches(sorted(set(keys) - _touched.addresses.keys())):
        for page, slug, is_active in pages.filter(pk__in=batch).values_list("pk", "slug", "is_active"):
            _touched.addresses[page] = slug if is_active else None


def touch_whole_pages(keys: Iterable[int]) -> None:
    """Something was written to these pages themselves. Those that are not remembered have come just now."""
    for page in keys:
        touch_pages([page])
        _touched.addresses.setdefault(page, None)


def touch_contents(keys: Iterable[int]) -> None:
    """Readers see something else of these contents, on whatever pages they stand when the edit ends."""
    _touched.contents.update(keys)


def touch_placed(keys: Iterable[int]) -> None:
    """These contents were put on a page."""
    _touched.placed.update(keys)


def _note(sender: type[Booked], instance: Booked, *, raw: bool = False, **_kwargs: Any) -> None:
    # By the row in the database and by the instance: after a cascade there is no row any more.
    sender.touch_rows([instance])
    _touched.raw |= raw


def _remember_and_note(sender: type[Booked], instance: Booked, **kwargs: Any) -> None:
    if instance.pk is not None:
        sender.remember([instance.pk])
    _note(sender, instance, **kwargs)


def _note_and_close(sender: type[Booked], instance: Booked, **kwargs: Any) -> None:
    _note(sender, instance, **kwargs)
    if _touched.depth == 0:
        with editing():
            """The signal came from outside of any edit: this is its end."""


def _note_where_contents_stand(keys: Iterable[int]) -> None:
    """Bring `is_placed` up to date: of contents that came to a page or left one, and of those written whole.

    The former are held, so nobody places them meanwhile; the latter were held when they were written.
    """
    stands = models.Exists(
        apps.get_model("pages", "Placement")._base_manager.filter(content=models.OuterRef("pk")).order_by()
    )
    contents: models.QuerySet[Any] = models.QuerySet(apps.get_model("pages", "Content"))
    for batch in batches(sorted(set(keys))):
        contents.filter(stands, pk__in=batch, is_placed=False).update(is_placed=True)
        contents.filter(~stands, pk__in=batch, is_placed=True).update(is_placed=False)


def _close() -> None:
    # Plain querysets: the kinds do not matter here.
    contents: models.QuerySet[Any] = models.QuerySet(apps.get_model("pages", "Content")).order_by("pk")
    placements = apps.get_model("pages", "Placement")._base_manager
    if connection.vendor == "postgresql" and not _touched.raw:
        # At commit it would wait for the pages and contents of new placements with the tallies in its hands.
        connection.check_constraints()
    hold(contents.model, "pk", _touched.placed)
    _note_where_contents_stand(_touched.placed | _touched.contents)
    for batch in batches(sorted(_touched.contents)):
        touch_pages(placements.filter(content__in=batch).values_list("page", flat=True))
    # Held above, these can be put on no further page meanwhile.
    beside = ledger.homes_of_few(_touched.placed) - _touched.pages
    ledger.lock(_touched.pages | beside)
    _close_pages(beside)
    there: set[int] = set()
    for batch in batches(sorted(_touched.contents)):
        there.update(contents.filter(pk__in=batch).values_list("pk", flat=True))
    ledger.enroll(there)
    ledger.forget(_touched.contents - there)
    page_model = apps.get_model("pages", "Page")
    for page in sorted(_touched.pages):
        transaction.on_commit(partial(page_edited.send_robust, sender=page_model, page_id=page))


def _close_pages(beside: set[int]) -> None:
    """Tell the ledger what the touched pages show now, and note which addresses lead to them no longer."""
    pages = apps.get_model("pages", "Page")._base_manager
    placements = apps.get_model("pages", "Placement")._base_manager
    compositions: dict[int, list[int]] = {}
    shown_at: dict[int, str] = {}
    for batch in batches(sorted(_touched.pages)):
        for page, slug, is_active in pages.filter(pk__in=batch).values_list("pk", "slug", "is_active"):
            compositions[page] = []
            if is_active:
                shown_at[page] = slug
        shown = placements.filter(visible("content__"), page__in=batch)
        for page, content in shown.values_list("page", "content"):
            # A placement may come before its page, in a fixture, or after it is gone.
            if page in compositions:
                compositions[page].append(content)
    before = {page: slug for page, slug in _touched.addresses.items() if slug and page in _touched.pages}
    apps.get_model("pages", "FormerAddress").note(
        {slug: page for page, slug in before.items() if shown_at.get(page) != slug}
    )
    ledger.recompose(
        compositions,
        hidden=compositions.keys() - shown_at.keys(),
        gone=_touched.pages - compositions.keys(),
        beside=beside,
        # A page that was written itself may have another title, and so another place in the list.
        relisted=bool(_touched.addresses),
    )
