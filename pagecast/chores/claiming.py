"""Who does a chore: of all the workers that would, one.

By the clock of the database, so that machines need not agree on the time.
"""

import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from .models import Chore
from .repeating import repeating

#: A worker that is killed, or hangs, in the middle of a chore keeps the others from it for so long.
LEASE = dt.timedelta(seconds=20)
# What is due later than anybody can have meant tells of a clock that was put back. Longer than a statement
# waits for a row: its own now is then older than that of whoever held the row.
SLACK = dt.timedelta(minutes=1)


def claim(name: str, every: dt.timedelta) -> bool:
    """Whether the chore is ours to do now; for the next `every` it is then nobody else's.

    For what is done in a moment: if whoever claimed it dies, it is left undone until it is due again.
    """
    return _take(name, every, every, holder=None, ran_at=Now(), runs=F("runs") + 1)


def perform(name: str, every: dt.timedelta, work: Callable[[], bool]) -> bool:
    """Do one round of the chore if it is due and in nobody's hands; answers whether it was done.

    `work` answers whether that was all; the rest is due at once. Then the chore rests for `every`. As long as
    it runs it holds a lease. Whoever is killed or stopped in the middle loses that after `LEASE`, and another
    one begins, so `work` must be safe to run again, and also twice at once: who was stopped may go on.
    What it raises is raised; then, too, the chore is due again after `LEASE`.
    """
    holder = uuid4()
    if not _take(name, LEASE, max(every, LEASE), holder=holder):
        return False
    with repeating(partial(_renew, name, holder), LEASE / 4):
        is_done = work()
    # Whoever lost it meanwhile has nothing to say.
    Chore.objects.filter(pk=name, holder=holder).update(
        due_at=Now() + every if is_done else Now(), holder=None, ran_at=Now(), runs=F("runs") + 1
    )
    return True


def age(name: str) -> dt.timedelta | None:
    """How long ago the chore was done last; None for never."""
    since = ExpressionWrapper(Now() - F("ran_at"), output_field=DurationField())
    return Chore.objects.filter(pk=name, ran_at__isnull=False).values_list(since, flat=True).first()


def _take(name: str, until: dt.timedelta, most: dt.timedelta, **values: Any) -> bool:
    """Take it if it is due, or due later than `most` from now on: then a clock was put back."""
    most += SLACK
    if Chore.objects.filter(pk=name, due_at__gt=Now(), due_at__lte=Now() + most).exists():
        # Nearly always so, and reading holds up nobody.
        return False
    due = Chore.objects.filter(Q(due_at__lte=Now()) | Q(due_at__gt=Now() + most), pk=name)
    # A transaction, so that on SQLite it waits for its turn like every other writer.
    with transaction.atomic():
        if due.update(due_at=Now() + until, **values):
            return True
        Chore.objects.bulk_create([Chore(name=name)], ignore_conflicts=True)
        return bool(due.update(due_at=Now() + until, **values))


def _renew(name: str, holder: UUID) -> None:
    Chore.objects.filter(pk=name, holder=holder).update(due_at=Now() + LEASE)
