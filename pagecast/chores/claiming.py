"""Who does a chore: of all the workers that would, one."""

import datetime as dt

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from .models import Chore


# A transaction, so that on SQLite it waits for its turn like every other writer.
@transaction.atomic
def claim(name: str, every: dt.timedelta) -> bool:
    """Whether the chore is ours to do now; for the next `every` it is then nobody else's.

    By the clock of the database, so that machines need not agree on the time. If whoever claimed it dies, it
    is left undone until it is due again: claim only what may wait so long.
    """
    due = Chore.objects.filter(pk=name, due_at__lte=Now())
    later = {"due_at": Now() + every, "ran_at": Now(), "runs": F("runs") + 1}
    if due.update(**later):
        return True
    Chore.objects.bulk_create([Chore(name=name)], ignore_conflicts=True)
    return bool(due.update(**later))


def age(name: str) -> dt.timedelta | None:
    """How long ago the chore was claimed last; None for never."""
    since = ExpressionWrapper(Now() - F("ran_at"), output_field=DurationField())
    return Chore.objects.filter(pk=name, ran_at__isnull=False).values_list(since, flat=True).first()
