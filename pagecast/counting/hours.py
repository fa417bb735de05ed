"""Writing the history: settled views, by the hour in which they were settled.

Rows of the history are written only by who holds the row that they belong to: the present hour of a group by
who holds its tally, the hours of a member by who holds its count, and hours of groups that are over, like all
hours of the groups that are gone, by who holds the catalogue. So nobody waits for anybody at these rows.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from .batches import batches
from .models import GONE, GroupHour, Hours, MemberHour

# The owner, the hour, the views.
Row = tuple[int, datetime, int]

# The texts never change, so SQLite compiles each once. It wants the WHERE to tell ON CONFLICT from a join.
ROWS = {
    "sqlite": """
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), %s
        FROM json_each(%s) WHERE TRUE""",
    "postgresql": """
        SELECT owner, hour, views, %s
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[]) AS row (owner, hour, views)""",
}

OWNERS = {"sqlite": "SELECT value FROM json_each(%s)", "postgresql": "SELECT unnest(%s::bigint[])"}


def hour_of(moment: datetime) -> datetime:
    """The start of the hour of this moment, in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def add(table: type[Hours], rows: Sequence[Row], *, is_day: bool = False) -> None:
    """Add so many views to the hour of each owner, in one statement. No hour of an owner may come twice."""
    if not rows:
        return
    name, owner = table._meta.db_table, table.owner
    if connection.vendor == "sqlite":
        adapt = connection.ops.adapt_datetimefield_value
        parameters: list[Any] = [json.dumps([(one, adapt(hour), views) for one, hour, views in rows])]
    else:
        parameters = [list(column) for column in zip(*rows, strict=True)]
    statement = f"""INSERT INTO {name} ({owner}, hour, views, is_day) {ROWS[connection.vendor]}
        ON CONFLICT ({owner}, hour) DO UPDATE SET views = {name}.views + EXCLUDED.views"""
    with connection.cursor() as cursor:
        cursor.execute(statement, [is_day, *parameters])


def take(
    table: type[Hours], owners: Collection[int], begin: datetime, end: datetime
) -> list[tuple[int, int]]:
    """Remove the hours of these owners in that time, but no whole days; answers with owner and views of each.

    It is one statement: what is removed is what is told, whoever adds to it at the same moment.
    """
    name, owner = table._meta.db_table, table.owner
    is_sqlite = connection.vendor == "sqlite"
    statement = f"""DELETE FROM {name} WHERE {owner} IN ({OWNERS[connection.vendor]})
        AND hour >= %s AND hour < %s AND NOT is_day RETURNING {owner}, views"""  # noqa: S608 - our own names
    adapt = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        listed = json.dumps([*owners]) if is_sqlite else [*owners]
        cursor.execute(statement, [listed, adapt(begin), adapt(end)])
        return list(cursor.fetchall())


def settled(groups: Mapping[int, int], members: Mapping[int, int]) -> None:
    """Note what has just been settled of each, with the tallies and the counts held."""
    hour = hour_of(timezone.now())
    add(GroupHour, [(group, hour, views) for group, views in groups.items()])
    add(MemberHour, [(member, hour, views) for member, views in members.items()])


def retire(groups: Collection[int]) -> None:
    """Give the hours of these groups to those that are gone, with the catalogue held."""
    for batch in batches(sorted(groups)):
        rows = GroupHour.objects.filter(group_id__in=batch)
        for is_day in (True, False):
            sums = rows.filter(is_day=is_day).values_list("hour").annotate(Sum("views")).order_by("hour")
            add(GroupHour, [(GONE, hour, views) for hour, views in sums], is_day=is_day)
        rows.delete()


def forget(members: Collection[int]) -> None:
    """Remove the hours of members whose counts have just been removed."""
    MemberHour.objects.filter(member_id__in=members).delete()
