"""The tables of the ledger. All numbers are 64-bit."""

import time
from datetime import UTC, datetime
from typing import ClassVar

from django.db import models
from django.db.models import F

# The history keeps under this moment what was settled before there was a history.
BEFORE_THE_HISTORY = datetime(1970, 1, 1, tzinfo=UTC)
# In the history, the group of the views of all groups that are gone.
GONE = 0


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
    seen = models.BigIntegerField(default=0)

    class Meta:
        # For lists in the order of what was seen most.
        indexes = [models.Index(fields=["seen", "member_id"], name="count_seen_most")]

    def __str__(self) -> str:
        return f"member {self.member_id}: seen {self.seen} times"


class Catalogue(models.Model):
    """One row: the edition of the list of all groups. It rises when one comes, goes, is shown or hidden."""

    edition = models.BigIntegerField(default=clock_edition)

    def __str__(self) -> str:
        return f"catalogue, edition {self.edition}"


class Hours(models.Model):
    """Settled views by the hour in which they were settled. An owner's rows add up to what is settled of it.

    The hours of days that are long over are folded into one row a day.
    """

    #: The column with the id of whose views they are.
    owner: ClassVar[str]

    # The start of the hour, or of the day in the time zone of the settings.
    hour = models.DateTimeField()
    views = models.BigIntegerField()
    is_day = models.BooleanField(default=False, db_default=False)

    class Meta:
        abstract = True


class GroupHour(Hours):
    """How often a group was viewed in an hour. When a group goes, its hours become those of `GONE`."""

    owner = "group_id"

    pk = models.CompositePrimaryKey("group_id", "hour")
    group_id = models.BigIntegerField()

    class Meta:
        indexes = [
            # Sums over all groups since a moment.
            models.Index(fields=["hour"], name="group_hour"),
            # What is still to be folded, oldest first. `views` is in no index, so PostgreSQL adds in place.
            models.Index(
                fields=["hour", "group_id"], condition=models.Q(is_day=False), name="group_hour_to_fold"
            ),
        ]

    def __str__(self) -> str:
        return f"group {self.group_id} since {self.hour}: {self.views} views"


class MemberHour(Hours):
    """How often a member was seen in an hour, over all groups that showed it."""

    owner = "member_id"

    pk = models.CompositePrimaryKey("member_id", "hour")
    member_id = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["hour"], name="member_hour"),
            models.Index(
                fields=["hour", "member_id"], condition=models.Q(is_day=False), name="member_hour_to_fold"
            ),
        ]

    def __str__(self) -> str:
        return f"member {self.member_id} since {self.hour}: seen {self.views} times"
