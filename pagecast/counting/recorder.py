"""Counting a view, and answering with what was counted."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeVar

from django.db import transaction
from django.db.models import F

from . import ledger
from .batches import batches
from .models import Tally

Answer = TypeVar("Answer")


class NotShown(Exception):  # noqa: N818 - it is an answer of the caller's, not an error
    """Raised by `show` for groups that are counted but can not be shown: their view is not kept."""

    def __init__(self, groups: Collection[int]) -> None:
        super().__init__(f"groups {sorted(groups)} are not shown")
        self.groups = frozenset(groups)


def record(groups: Iterable[int], show: Callable[[Mapping[int, Tally]], Answer]) -> Answer:
    """Add one view to each group, and return what `show` makes of them once the views are committed.

    `show` gets the tallies with this view in them; groups that the ledger does not know are absent.
    It runs inside the transaction that counts, while the tallies are locked, so what it reads is
    exactly what was counted. It may run more than once, in any thread, so it must only read: when it
    raises `NotShown` the views of those groups are taken back and it runs again without them.
    Anything else it raises counts nothing and reaches the caller.

    When this returns, the views are on disk. Raises `DatabaseError` if they could not be kept:
    do not answer then, or the counter becomes a guess.
    """
    wanted = frozenset(groups)
    while wanted:
        try:
            with transaction.atomic(durable=True):
                return show(_increment(wanted))
        except NotShown as refusal:
            if not refusal.groups & wanted:
                message = f"show() refused groups {sorted(refusal.groups)}, which were not counted"
                raise RuntimeError(message) from refusal
            wanted -= refusal.groups
    return show({})


def _increment(groups: Collection[int]) -> dict[int, Tally]:
    tallies = ledger.lock(groups)
    for batch in batches(sorted(tallies)):
        Tally.objects.filter(pk__in=batch).update(views=F("views") + 1)
    for tally in tallies.values():
        tally.views += 1
    return tallies
