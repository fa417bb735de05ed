"""What the tests of the ledger do all the time, in a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from unittest.mock import patch

from django.db.models import Sum
from django.utils import timezone

from pagecast.counting import ledger, recorder
from pagecast.counting.models import GONE, Count, GroupHour, Hours, Member, MemberHour, Tally


def show(group: int, *members: int) -> None:
    """Let the group show exactly these members from now on."""
    ledger.recompose({group: members})


def view(*groups: int, times: int = 1) -> None:
    """Count views of all these groups at once."""
    for _ in range(times):
        recorder.record(groups, lambda tallies: tallies)


def tally(group: int) -> Tally:
    """The group's row."""
    return Tally.objects.get(pk=group)


def editions() -> dict[int, int]:
    """The edition of each group."""
    return dict(Tally.objects.values_list("pk", "edition"))


def members() -> dict[int, set[int]]:
    """The members that the ledger has for each group."""
    found: dict[int, set[int]] = {group: set() for group in Tally.objects.values_list("pk", flat=True)}
    for group, member in Member.objects.values_list("tally_id", "member_id"):
        found[group].add(member)
    return found


def seen() -> Mapping[int, int]:
    """The settled count of each member."""
    return dict(Count.objects.values_list("member_id", "seen"))


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """What happens now happens then."""
    with patch.object(timezone, "now", lambda: moment):
        yield


def settle_at(moment: datetime, *groups: int, times: int = 1) -> None:
    """Views of these groups, settled in the hour of this moment."""
    view(*groups, times=times)
    with at(moment):
        ledger.settle_all()


def history(table: type[Hours]) -> dict[tuple[int, datetime], int]:
    """Every row of the history."""
    return {
        (owner, hour): views
        for owner, hour, views in table._base_manager.values_list(table.owner, "hour", "views")
    }


def sums(table: type[Hours]) -> dict[int, int]:
    """The views of each owner by its history."""
    rows = table._base_manager.values_list(table.owner).annotate(views=Sum("views"))
    return {owner: views for owner, views in rows if views}


def check_the_history() -> None:
    """Its hours add up to what is settled, of each group and each member that is there, and of no other."""
    of_groups = sums(GroupHour)
    of_groups.pop(GONE, None)
    settled = Tally.objects.exclude(settled=0).values_list("pk", "settled")
    assert of_groups == dict(settled)
    assert sums(MemberHour) == {member: views for member, views in seen().items() if views}
