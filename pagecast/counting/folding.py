"""Folding the history: the hours of a day that is long over become one row, so that the tables stay small.

Killed anywhere, a batch is folded or it is not: what is added up is removed in the same transaction. Twice
or at once it does the same. No sum ever changes by it.
"""

from collections import Counter
from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from . import hours, ledger
from .models import BEFORE_THE_HISTORY, Count, GroupHour, Hours, MemberHour

# The hours of a day are kept for so long after its end.
KEPT = timedelta(days=2)
# Owners in one transaction; each has up to 25 hours on a day.
BATCH = 50
# As many batches as a worker does in one go.
PIECE = 40

# An hour, and one whose hour it is: rows to fold are passed in this order.
Place = tuple[datetime, int]
START: Place = (BEFORE_THE_HISTORY, -1)


def fold(most: int | None = None) -> bool:
    """Fold all hours that are due, or only so many batches of them; answers whether that was all.

    A day begins at midnight in the time zone of the settings. What somebody else holds at this moment is
    left for the next time.
    """
    done = 0
    for table in (GroupHour, MemberHour):
        after = START
        while due := _due(table, after):
            if done == most:
                return False
            # The rows of one day, however many days there are to fold.
            day, end = day_of(due[0][0])
            due = [(hour, owner) for hour, owner in due if hour < end]
            # What can only be passed over does not count, or pieces might never get beyond it.
            done += _fold_day(table, {owner for _hour, owner in due}, day, end)
            after = due[-1]
    return True


def day_of(moment: datetime) -> tuple[datetime, datetime]:
    """The beginning and the end of the day in which the moment is, in the time zone of the settings."""
    zone = timezone.get_default_timezone()
    date = moment.astimezone(zone).date()
    begin, end = (
        datetime.combine(each, time.min, zone).astimezone(UTC) for each in (date, date + timedelta(days=1))
    )
    return begin, end


def _due(table: type[Hours], after: Place) -> list[Place]:
    """The next rows to fold, oldest first."""
    last, _end = day_of(timezone.now() - KEPT)
    hour, owner = after
    beyond = Q(hour__gt=hour) | Q(**{f"{table.owner}__gt": owner})
    rows = table._base_manager.filter(beyond, hour__gte=hour, hour__lt=last, is_day=False)
    return list(rows.order_by("hour", table.owner).values_list("hour", table.owner)[:BATCH])


@transaction.atomic
def _fold_day(table: type[Hours], owners: Collection[int], day: datetime, end: datetime) -> bool:
    sums: Counter[int] = Counter()
    for owner, views in hours.take(table, _hold(table, owners), day, end):
        sums[owner] += views
    hours.add(table, [(owner, day, views) for owner, views in sums.items()], is_day=True)
    return bool(sums)


def _hold(table: type[Hours], owners: Collection[int]) -> list[int]:
    """Hold what the hours of these owners belong to, see `hours`; answers for whom that was possible."""
    if table is GroupHour:
        ledger.hold_catalogue()
        return sorted(owners)
    passing_over = connection.features.has_select_for_update_skip_locked
    counts = Count.objects.select_for_update(skip_locked=passing_over)
    return list(counts.filter(pk__in=owners).order_by("pk").values_list("pk", flat=True))
