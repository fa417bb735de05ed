"""Counting a view, and answering with what was counted."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from django.db import Error, connection, transaction

from . import increments, ledger
from .errors import OutcomeUnknown
from .models import Tally
from .signals import views_recorded

Answer = TypeVar("Answer")


def record(groups: Iterable[int], show: Callable[[Mapping[int, Tally]], Answer]) -> Answer:
    """Add one view to each group, and return what `show` makes of them once the views are committed.

    `show` gets the tallies with this view in them; groups that the ledger does not know, or that are shown
    to nobody, are absent. It runs inside the transaction that counts, while the tallies are locked, so what
    it reads is exactly what was counted. It must only read. Whatever it raises counts nothing and reaches
    the caller.

    When this returns, the views are on disk. Raises `DatabaseError` if they could not be kept:
    do not answer then, or the counter becomes a guess. Raises `OutcomeUnknown` if that is not known.
    """
    wanted = frozenset(groups)
    if not wanted:
        return show({})
    with committing():
        shown = count_held(ledger.lock(wanted), dict.fromkeys(wanted, 1))
        answer = show(shown)
    views_recorded.send(sender=None, views=len(shown))
    return answer


def count_held(tallies: Mapping[int, Tally], amounts: Mapping[int, int]) -> dict[int, Tally]:
    """Add so many views to each of these locked tallies, and answer with those that are shown to somebody."""
    shown = {group: tally for group, tally in tallies.items() if tally.shown}
    counted = increments.count({(group, tally.edition): amounts[group] for group, tally in shown.items()})
    for (group, _edition), views in counted.items():
        shown[group].views = views
    return shown


@contextmanager
def committing(*, durable: bool = True) -> Iterator[None]:
    """A transaction, committed when the block is left: all of it is on disk, or none.

    Raises `OutcomeUnknown` when the connection broke while it was committed. `durable` refuses to be a part
    of another transaction, which could still take it back.
    """
    at_the_end, is_outermost = False, not connection.in_atomic_block
    try:
        with transaction.atomic(durable=durable):
            yield
            at_the_end = True
    except Error as error:
        if at_the_end and is_outermost:
            raise_if_unknown(error)
        raise


def raise_if_unknown(error: Exception) -> None:
    """Raise `OutcomeUnknown` if the connection broke in the statement that commits, and raised this error."""
    # A file has no connection that could break: what SQLite says of a commit is so.
    if connection.vendor != "sqlite" and not connection.is_usable():
        raise OutcomeUnknown(*error.args) from error
