"""New editions for everything, after the tables of the ledger were put in the place of others.

Documents may lie anywhere under (group, edition): of the rows that were there before, and of the
installation that the new ones come from, which went on. None of them must be taken for a document of the
rows that are here now.
"""

from django.db.models import BigIntegerField, F, Max, Value
from django.db.models.functions import Greatest

from .models import Catalogue, Tally, clock_edition


def newest() -> int:
    """The highest edition that a group or the catalogue has; 0 if there is none."""
    found = [rows.aggregate(newest=Max("edition"))["newest"] for rows in (Tally.objects, Catalogue.objects)]
    return max(filter(None, found), default=0)


def renew(above: int) -> None:
    """Give every group and the catalogue an edition above this one, above its own, and not below the clock.

    In the transaction that has put the rows there. Whoever puts them there has asked for `newest` before.
    """
    Catalogue.objects.bulk_create([Catalogue(pk=1, edition=0)], ignore_conflicts=True)
    floor = Value(max(above + 1, clock_edition()), output_field=BigIntegerField())
    for rows in (Tally.objects, Catalogue.objects):
        rows.update(edition=Greatest(F("edition") + 1, floor))
