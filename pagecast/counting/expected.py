"""Views whose answers are ready but for their counters: counted only if nothing has changed since."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, cast

from django.db import Error, connection

from . import increments, ledger
from .increments import Expected
from .recorder import committing, raise_if_unknown


class View(Protocol):
    """One answer that waits to be counted, with what it expects."""

    @property
    def expected(self) -> Sequence[Expected]:
        """The groups that it shows, each with the edition that it shows. All of them are counted, or none."""

    @property
    def counts(self) -> bool:
        """Whether the groups are viewed, or only looked at."""

    @property
    def catalogue(self) -> int | None:
        """The edition of the catalogue that it shows, if it lists groups."""

    @property
    def only(self) -> Expected | None:
        """What it expects, when it shows one group and nothing else is to be looked at."""

    @property
    def shared(self) -> Collection[int]:
        """The members in it that other groups show, too: their counters are not in the groups' own views."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What became of a batch: on disk, but for the views that are left out."""

    #: How often each group of an edition has been viewed.
    views: dict[Expected, int]
    #: The live counter of each shared member.
    counters: dict[int, int] = field(default_factory=dict)
    #: Something was not as they expected, or is held by somebody. They have not been counted.
    left_out: Collection[View] = frozenset()


class _Incomplete(Exception):  # noqa: N818 - it takes back what was counted for a part of them
    def __init__(self, views: Iterable[View]) -> None:
        super().__init__()
        self.views = frozenset(views)


def count_expected(batch: Sequence[View], *, patient: bool = True) -> Counted:
    """Count those of the views that find everything as they expect, in one transaction.

    Those that only look are told what there is, before, and hold nothing.

    Not `patient`, those are left out of which somebody holds a group. Raises `DatabaseError` if nothing
    could be counted, and `OutcomeUnknown` if that is not known.
    """
    amounts = Counter(view.only for view in batch)
    if None not in amounts:
        return _count_singly(batch, cast("Counter[Expected]", amounts), patient=patient)
    looking = [view for view in batch if not view.counts]
    if looking:
        seen, others = _look(looking), [view for view in batch if view.counts]
        counted = count_expected(others, patient=patient) if others else Counted({})
        left = {*seen.left_out, *counted.left_out}
        return Counted(seen.views | counted.views, seen.counters | counted.counters, left)
    left_out: frozenset[View] = frozenset()
    while True:
        try:
            remaining = [view for view in batch if view not in left_out]
            return _count_together(remaining, left_out, patient=patient)
        except _Incomplete as incomplete:
            left_out |= incomplete.views


def _count_singly(batch: Sequence[View], amounts: Counter[Expected], *, patient: bool) -> Counted:
    """The hot path: one statement, which is a transaction by itself."""
    # When there is no way to the database, nothing was sent: that much is known.
    connection.ensure_connection()
    try:
        views = increments.count(amounts, patient=patient)
    except Error as error:
        raise_if_unknown(error)
        raise
    if len(views) == len(amounts):
        return Counted(views)
    return Counted(views, left_out={view for view in batch if view.only not in views})


def _look(batch: Sequence[View]) -> Counted:
    edition = ledger.catalogue()
    views = ledger.views({pair for view in batch for pair in view.expected})
    missed = frozenset(view for view in batch if not _is_as_expected(view, edition, views))
    return Counted(views, ledger.counters({member for view in batch for member in view.shared}), missed)


def _count_together(batch: Sequence[View], left_out: frozenset[View], *, patient: bool) -> Counted:
    with committing():
        listing = any(view.catalogue is not None for view in batch)
        edition = ledger.catalogue() if listing else None
        views = increments.count(_amounts(batch), patient=patient)
        missed = frozenset(view for view in batch if not _is_as_expected(view, edition, views))
        if any(len(view.expected) != 1 or view.catalogue is not None for view in missed):
            raise _Incomplete(missed)
        counters = ledger.counters({member for view in batch for member in view.shared})
    return Counted(views, counters, left_out | missed)


def _is_as_expected(view: View, catalogue: int | None, views: Mapping[Expected, int]) -> bool:
    return view.catalogue in (None, catalogue) and all(pair in views for pair in view.expected)


def _amounts(batch: Sequence[View]) -> Counter[Expected]:
    return Counter(pair for view in batch for pair in view.expected)
