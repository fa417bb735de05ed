"""What the tests of the ledger do all the time, in a word."""

from __future__ import annotations

from collections.abc import Mapping

from pagecast.counting import ledger, recorder
from pagecast.counting.models import Count, Member, Tally


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
