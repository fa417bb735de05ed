"""The part of the careful lane that is for the site: pages are found by their addresses, and drawn.

They are drawn before anything is held, and only if nothing has changed by then they are counted and shown.
"""

import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from pagecast.counting import ledger
from pagecast.counting.batches import batches
from pagecast.counting.models import Tally
from pagecast.pages.models import Page

from .accesses import NOWHERE, Access, Drawing, HomeAccess, Shown, WebAccess
from .documents import Document, web_document
from .memory import Memory

Drawn = WebAccess | HomeAccess
# Seconds after which nothing more is begun to be drawn: first whoever waits for something else is answered.
LONG_ENOUGH = 0.3


def find(accesses: Iterable[Access]) -> set[WebAccess]:
    """Have those for an address know its page; answers with those for which there is none."""
    asked = [access for access in accesses if isinstance(access, WebAccess)]
    pages: dict[str, int] = {}
    for batch in batches({access.slug for access in asked}):
        rows = Page.objects.filter(slug__in=batch, is_active=True)
        pages.update(rows.values_list("slug", "pk"))
    for access in asked:
        access.page = pages.get(access.slug, NOWHERE)
    return {access for access in asked if access.page == NOWHERE}


def draw_missing(
    accesses: Collection[Drawn], editions: Mapping[int, int], memory: Memory
) -> tuple[set[Access], set[Access]]:
    """Draw what is not at hand in these editions, as far as there is time for it.

    Answers with those for which that cannot be done, and with those that are to be tried again: whoever waits
    for something else must not wait until all of it is drawn.

    The editions were read before. What has changed since is drawn as it is now, and will not be shown under
    the edition that it had.
    """
    drawings: defaultdict[str, dict[int, Drawing]] = defaultdict(dict)
    tried, broken = set[Shown](), set[Shown]()
    failed, later = set[Access](), set[Access]()
    until = time.monotonic() + LONG_ENOUGH
    for access in accesses:
        access.drawn = drawings[access.look]
        missing = {
            (page, access.look)
            for page, shown in zip(access.pages, access.shown, strict=True)
            if page in editions and not memory.document(shown, (page, editions[page]))
        }
        wanted = missing - tried
        if wanted and time.monotonic() > until:
            later.add(access)
            continue
        if wanted:
            tried |= wanted
            try:
                drawn = access.draw(sorted(page for page, _look in wanted))
            except Exception:  # noqa: BLE001 - a template of somebody's own may raise anything: Django meets it too, and logs it
                broken |= wanted
            else:
                drawings[access.look].update((page, (editions[page], each)) for page, each in drawn.items())
        if not missing.isdisjoint(broken) or _has_moved(access):
            failed.add(access)
    return failed, later


def _has_moved(access: Drawn) -> bool:
    """Whether its page turned out to have another address by now."""
    if not isinstance(access, WebAccess) or access.page not in access.drawn:
        return False
    return access.drawn[access.page][1].slug != access.slug


def is_ready(access: Drawn, tallies: Mapping[int, Tally], memory: Memory) -> bool:
    """Whether all that it shows is at hand as it is now: in memory, or drawn."""
    return all(
        access.drawn.get(page, (None, None))[0] == tallies[page].edition
        or memory.document(shown, (page, tallies[page].edition))
        for page, shown in zip(access.pages, access.shown, strict=True)
        if page in tallies and tallies[page].shown
    )


def documents(
    accesses: Sequence[Drawn], tallies: Mapping[int, Tally], known: Collection[Shown]
) -> dict[Shown, Document]:
    """Documents of what was drawn for these accesses and is not known yet, by tallies that are held."""
    wanted = {
        shown: (tallies[page], access.drawn[page][1])
        for access in accesses
        for page, shown in zip(access.pages, access.shown, strict=True)
        if shown not in known and page in tallies and page in access.drawn
    }
    if not wanted:
        return {}
    # Before the counters are read, as for JSON.
    shared = ledger.shared_members({tally.group_id for tally, _drawn in wanted.values()})
    counters = ledger.counters({content for _tally, drawn in wanted.values() for content in drawn.contents})
    return {
        shown: web_document(drawn, (tally.group_id, tally.edition), counters, tally.views, shared)
        for shown, (tally, drawn) in wanted.items()
    }
