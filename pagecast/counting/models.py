"""The tables of the ledger. All numbers are 64-bit."""

import time

from django.db import models
from django.db.models import F


def clock_edition() -> int:
    """The clock, in microseconds: where a new edition starts, and what the next one is not below.

    Whoever keeps documents by (group, edition) must never meet one edition twice: not of a group that is
    deleted and made again under its old id, nor after a backup was put back that is older than the document.
    """
    return time.time_ns() // 1000


class Tally(models.Model):
    """One row a group: a view adds one to `views`, whatever the number of members."""

    # Given, never drawn. On SQLite only an automatic key is the row's own place, without an index beside it.
    group_id = models.BigAutoField(primary_key=True)
    views = models.BigIntegerField(default=0)
    # How many of the views are already in the counts of the members.
    settled = models.BigIntegerField(default=0)
    edition = models.BigIntegerField(default=clock_edition)
    # A group that is not shown to anybody counts nothing.
    shown = models.BooleanField(default=True, db_default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(settled__lte=F("views")), name="tally_settled_at_most_views"
            ),
        ]

    def __str__(self) -> str:
        return f"group {self.group_id}: {self.views} views, {self.settled} settled"

    @property
    def unsettled(self) -> int:
        """The views that the counts of the members do not hold yet."""
        return self.views - self.settled


class Member(models.Model):
    """A member that each unsettled view of a group has shown.

    The ledger keeps its own list, changed only while the tally is locked. So it can settle at any
    moment without asking anyone what the group looked like when the views were counted.
    """

    tally = models.ForeignKey(Tally, models.CASCADE, related_name="members", db_column="group_id")
    member_id = models.BigIntegerField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tally", "member_id"], name="member_once_in_a_group"),
        ]

    def __str__(self) -> str:
        return f"member {self.member_id} of group {self.tally_id}"


class Count(models.Model):
    """The settled views of one member, over all groups that have ever shown it."""

    member_id = models.BigIntegerField(primary_key=True)
    seen = models.BigIntegerField(default=0, db_index=True)

    def __str__(self) -> str:
        return f"member {self.member_id}: seen {self.seen} times"


class Catalogue(models.Model):
    """One row: the edition of the list of all groups. It rises when one comes, goes, is shown or hidden."""

    edition = models.BigIntegerField(default=clock_edition)

    def __str__(self) -> str:
        return f"catalogue, edition {self.edition}"
