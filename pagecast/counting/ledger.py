"""The books: which members a group shows, and views folded into counts.

Locks are taken in one order everywhere, tallies by id, then counts by id, then the catalogue, so that no
two transactions that keep to it can deadlock. The rows of the history need no place in it: see `hours`.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from django.db import connection, transaction
from django.db.models import BigIntegerField, F, OuterRef, Subquery, Sum, Value
from django.db.models import Count as HowMany
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest

from . import hours
from .batches import batches
from .increments import Expected
from .models import Catalogue, Count, Member, Tally, clock_edition


def lock(groups: Iterable[int], *, patient: bool = True) -> dict[int, Tally]:
    """Hold the tallies of the groups until the transaction ends; groups without one are left out.

    While they are held no view of these groups is counted, and no other transaction changes
    what the groups show. Keep it short: readers of these groups wait. Not `patient`, it also leaves out
    what somebody else holds, where the database holds single rows.
    """
    rows = Tally.objects.select_for_update(
        skip_locked=not patient and connection.features.has_select_for_update_skip_locked
    ).order_by("pk")
    held: dict[int, Tally] = {}
    for batch in batches(sorted(set(groups))):
        held.update((tally.group_id, tally) for tally in rows.filter(pk__in=batch))
    return held


def tallies(groups: Iterable[int]) -> dict[int, Tally]:
    """The tallies of the groups as they are, whoever holds them; groups without one are left out."""
    found: dict[int, Tally] = {}
    for batch in batches(groups):
        found.update(Tally.objects.in_bulk(batch))
    return found


def editions(groups: Iterable[int]) -> dict[int, int]:
    """The edition of each of the groups that has a tally, whoever holds it."""
    found: dict[int, int] = {}
    for batch in batches(groups):
        found.update(Tally.objects.filter(pk__in=batch).values_list("pk", "edition"))
    return found


def views(expected: Iterable[Expected]) -> dict[Expected, int]:
    """How often each of the groups was viewed, of those that are shown and still have that edition."""
    wanted = set(expected)
    found: dict[Expected, int] = {}
    for batch in batches({group for group, _edition in wanted}):
        rows = Tally.objects.filter(pk__in=batch, shown=True).values_list("pk", "edition", "views")
        found.update(((group, edition), views) for group, edition, views in rows)
    return {pair: seen for pair, seen in found.items() if pair in wanted}


@transaction.atomic
def recompose(
    compositions: Mapping[int, Collection[int]],
    hidden: Collection[int] = (),
    gone: Collection[int] = (),
    beside: Collection[int] = (),
    *,
    relisted: bool = False,
) -> None:
    """Close the books of the groups and go on with these members, under a new edition.

    Views counted so far go to the members that they showed, views from now on to the new ones.
    A group whose members stay the same keeps its unsettled views and only gets a new edition.
    A group without a tally gets one. Those in `hidden` are shown to nobody and count nothing, and those in
    `gone` are no longer there. Those `beside` stay as they are, but get a new edition if they share a member
    that has come or gone: see `homes_of_few`. `relisted`: groups may stand elsewhere in the list of all.

    Call it in the transaction that changes the groups, after the change, with `lock` held.
    """
    new = sorted(compositions.keys() - editions(compositions).keys())
    Tally.objects.bulk_create([Tally(group_id=group) for group in new], ignore_conflicts=True)
    tallies = lock([*compositions, *gone, *beside])
    neighbours = {group: tallies.pop(group) for group in beside if group in tallies}
    moved = _replace_members(tallies, compositions)
    there = tallies.keys() & compositions.keys()
    turned = [group for group in there if tallies[group].shown == (group in hidden)]
    for shown in (True, False):
        for batch in batches(sorted(group for group in there if shown != (group in hidden))):
            Tally.objects.filter(pk__in=batch).update(shown=shown, edition=_next_edition())
    sharing = [group for group, members in _members_of(neighbours).items() if members & moved]
    for batch in batches(sorted(sharing)):
        Tally.objects.filter(pk__in=batch).update(edition=_next_edition())
    for batch in batches(sorted(tallies.keys() - there)):
        Tally.objects.filter(pk__in=batch).delete()
    if new or turned or relisted or tallies.keys() - there:
        _renew_catalogue()
    hours.retire(tallies.keys() - there)


def _replace_members(tallies: Mapping[int, Tally], compositions: Mapping[int, Collection[int]]) -> set[int]:
    """Settle the groups that change, and change them; answers with the members that have come or gone."""
    before = _members_of(tallies)
    after = {group: set(compositions.get(group, ())) for group in tallies}
    # Of a group that goes nothing may be left unsettled, also when it has shown nothing.
    changed = {group for group in tallies if before[group] != after[group] or group not in compositions}
    # All of them at once, so that the counts are locked in their order, too.
    _settle({group: tallies[group] for group in changed}, before)
    for group in changed:
        for batch in batches(sorted(before[group] - after[group])):
            Member.objects.filter(tally=group, member_id__in=batch).delete()
    come = sorted((group, member) for group in changed for member in after[group] - before[group])
    enroll(member for _, member in come)
    Member.objects.bulk_create([Member(tally_id=group, member_id=member) for group, member in come])
    return set().union(*(before[group] ^ after[group] for group in changed))


def drop(groups: Collection[int]) -> None:
    """Close the books of groups that are gone: their views stay with the members they showed."""
    recompose({}, gone=groups)


def catalogue() -> int:
    """The edition of the list of all groups."""
    return Catalogue.objects.values_list("edition", flat=True).first() or 0


def hold_catalogue() -> None:
    """Until the transaction ends no group comes, goes, is shown or hidden. Hold nothing after it."""
    Catalogue.objects.bulk_create([Catalogue(pk=1, edition=0)], ignore_conflicts=True)
    list(Catalogue.objects.select_for_update().filter(pk=1).values_list("pk"))


def homes_of_few(members: Iterable[int]) -> set[int]:
    """The groups that show those of the members which not more than two groups show.

    Whether a member is shown by one group alone is a part of what the group shows: in the edit that adds a
    second group, or leaves only one, the other must get a new edition, too. With more than two, nothing
    changes for the others.
    """
    found: set[int] = set()
    for batch in batches(sorted(set(members))):
        rows = Member.objects.filter(member_id__in=batch).order_by()
        few = rows.values("member_id").annotate(homes=HowMany("pk")).filter(homes__lte=2).values("member_id")
        found.update(rows.filter(member_id__in=few).values_list("tally_id", flat=True))
    return found


def shared_members(groups: Iterable[int]) -> set[int]:
    """Those of the members of these groups that other groups show, too."""
    members = set().union(*_members_of(groups).values())
    found: set[int] = set()
    for batch in batches(sorted(members)):
        rows = Member.objects.filter(member_id__in=batch).order_by().values("member_id")
        several = rows.annotate(homes=HowMany("pk")).filter(homes__gt=1)
        found.update(several.values_list("member_id", flat=True))
    return found


def enroll(members: Iterable[int]) -> None:
    """Start a count of 0 for each member that has none."""
    wanted = sorted(set(members))
    Count.objects.bulk_create([Count(member_id=member) for member in wanted], ignore_conflicts=True)


def forget(members: Iterable[int]) -> None:
    """Remove the counts of members that are gone for good. No group may show them any more."""
    for batch in batches(sorted(set(members))):
        Count.objects.filter(pk__in=batch).delete()
        hours.forget(batch)


@transaction.atomic
def settle(group: int, *, patient: bool = True) -> None:
    """Fold the unsettled views of one group into the counts of its members. Safe to run twice and at once.

    Not `patient`, it leaves a group alone that somebody else holds.
    """
    tallies = lock([group], patient=patient)
    _settle(tallies, _members_of(tallies))


def settle_all() -> int:
    """Settle every group that has unsettled views, each in a transaction of its own; answers how many.

    Stopped half-way it has settled some groups and not touched the others: run it again. A group that
    somebody holds at this moment, an editor say, is left for the next time.
    """
    waiting = Tally.objects.filter(views__gt=F("settled")).order_by("pk").values_list("pk", flat=True)
    groups = list(waiting)
    for group in groups:
        settle(group, patient=False)
    return len(groups)


def counters(members: Iterable[int]) -> dict[int, int]:
    """The live counter of each member: every view that is committed, settled or not. 0 for a stranger."""
    wanted = list(members)
    found = dict.fromkeys(wanted, 0)
    for batch in batches(wanted):
        found.update(
            Count.objects.filter(pk__in=batch).annotate(live=counter("pk")).values_list("pk", "live")
        )
    return found


def counter(member: str) -> Combinable:
    """The live counter as an expression, for a query whose column `member` holds the member's id."""
    seen = Count.objects.filter(pk=OuterRef(member)).values("seen")
    unsettled = (
        Member.objects.filter(member_id=OuterRef(member))
        .order_by()
        .values("member_id")
        .annotate(total=Sum(F("tally__views") - F("tally__settled")))
        .values("total")
    )
    zero = Value(0, output_field=BigIntegerField())
    return Coalesce(Subquery(seen), zero) + Coalesce(
        Subquery(unsettled, output_field=BigIntegerField()), zero
    )


def _next_edition() -> Combinable:
    return Greatest(F("edition") + 1, Value(clock_edition(), output_field=BigIntegerField()))


def _renew_catalogue() -> None:
    Catalogue.objects.bulk_create([Catalogue(pk=1, edition=0)], ignore_conflicts=True)
    Catalogue.objects.filter(pk=1).update(edition=_next_edition())


def _members_of(tallies: Iterable[int]) -> dict[int, set[int]]:
    members: dict[int, set[int]] = {group: set() for group in tallies}
    for batch in batches(sorted(members)):
        for group, member in Member.objects.filter(tally__in=batch).values_list("tally_id", "member_id"):
            members[group].add(member)
    return members


def _settle(tallies: Mapping[int, Tally], members: Mapping[int, set[int]]) -> None:
    """Settle locked tallies: one sum a member, however many of the groups show it."""
    waiting = [tally for tally in tallies.values() if tally.unsettled]
    amounts: Counter[int] = Counter()
    for tally in waiting:
        for member in members[tally.group_id]:
            amounts[member] += tally.unsettled
    for batch in batches(sorted(amounts)):
        list(Count.objects.select_for_update().filter(pk__in=batch).order_by("pk").values_list("pk"))
    same_amount: defaultdict[int, list[int]] = defaultdict(list)
    for member, amount in amounts.items():
        same_amount[amount].append(member)
    for amount, those in same_amount.items():
        for batch in batches(those):
            Count.objects.filter(pk__in=batch).update(seen=F("seen") + amount)
    for tally in waiting:
        # Not F("views"): the row is locked, so its number is the one that was just folded in.
        Tally.objects.filter(pk=tally.group_id).update(settled=tally.views)
    hours.settled({tally.group_id: tally.unsettled for tally in waiting}, amounts)
