"""The history of views: how many there were in which hour.

A view belongs to the hour in which it was settled, about a minute after it; those of now that are not
settled belong to the present hour. Of days that are long over only the days are known: such a row stands
under the local midnight at which its day began. So `since` is the start of an hour or of a day; rows that
began before it are left out. Each function takes one statement, so what it sums up is of one moment.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, F, QuerySet, Sum, Value
from django.utils import timezone

from .batches import batches
from .hours import hour_of
from .models import GONE, GroupHour, Member, MemberHour, Tally

UNSETTLED = F("views") - F("settled")


def views_of_all(since: datetime) -> dict[datetime, int]:
    """The views of all groups, also of those that are gone, by hour or day."""
    rows = GroupHour.objects.filter(hour__gte=since).values("hour").annotate(total=Sum("views"))
    return _by_hour(rows, Tally.objects.filter(views__gt=F("settled")).annotate(total=UNSETTLED), since)


def views_of_group(group: int, since: datetime) -> dict[datetime, int]:
    """The views of one group by hour or day; nothing for a stranger."""
    rows = GroupHour.objects.filter(group_id=group, hour__gte=since).annotate(total=F("views"))
    return _by_hour(rows, Tally.objects.filter(pk=group).annotate(total=UNSETTLED), since)


def views_of_member(member: int, since: datetime) -> dict[datetime, int]:
    """How often one member was seen, over all groups that showed it, by hour or day."""
    rows = MemberHour.objects.filter(member_id=member, hour__gte=since).annotate(total=F("views"))
    groups = Member.objects.filter(member_id=member, tally__views__gt=F("tally__settled"))
    return _by_hour(rows, groups.annotate(total=F("tally__views") - F("tally__settled")), since)


def views_since(groups: Collection[int], since: datetime) -> dict[int, int]:
    """The views of each of these groups since then; 0 for a stranger."""
    found = dict.fromkeys(groups, 0)
    for batch in batches(found):
        rows = GroupHour.objects.filter(group_id__in=batch, hour__gte=since).order_by()
        unsettled = Tally.objects.filter(pk__in=batch, views__gt=F("settled")).order_by()
        settled = rows.values("group_id").annotate(total=Sum("views")).values_list("group_id", "total")
        waiting = unsettled.annotate(total=UNSETTLED).values_list("group_id", "total")
        for group, views in settled.union(waiting, all=True):
            # A union of PostgreSQL answers with decimals.
            found[group] += int(views)
    return found


def most_viewed_groups(since: datetime, limit: int) -> list[tuple[int, int]]:
    """The groups with the most settled views since then, and these, best first."""
    rows = GroupHour.objects.filter(hour__gte=since).exclude(group_id=GONE)
    best = rows.values("group_id").annotate(total=Sum("views")).order_by("-total", "group_id")
    return list(best.values_list("group_id", "total")[:limit])


def most_seen_members(since: datetime, limit: int) -> list[tuple[int, int]]:
    """The members that were seen most since then by settled views, and how often, best first."""
    rows = MemberHour.objects.filter(hour__gte=since).values("member_id").annotate(total=Sum("views"))
    best = rows.order_by("-total", "member_id")
    return list(best.values_list("member_id", "total")[:limit])


def _by_hour(settled: "QuerySet[Any]", waiting: "QuerySet[Any]", since: datetime) -> dict[datetime, int]:
    """Sums of the column `total`: of the hours, and of what waits to be settled, which is of now."""
    now = hour_of(timezone.now())
    hours = waiting.annotate(hour=Value(now, output_field=DateTimeField())).order_by().values("hour")
    unsettled = hours.annotate(sum=Sum("total", default=0)).values_list("hour", "sum")
    found: Counter[datetime] = Counter()
    for hour, views in settled.order_by().values_list("hour", "total").union(unsettled, all=True):
        found[hour] += int(views)
    if now < since:
        del found[now]
    return {hour: views for hour, views in sorted(found.items()) if views}
