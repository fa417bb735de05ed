"""What the careful lane does: look up what to show, hold it, count it, and render it if need be.

Here come the accesses of which something is not in memory, has changed, or is held by somebody.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial

from django.db import Error, OperationalError, connection

from pagecast.counting import ledger
from pagecast.counting.errors import is_waiting_too_long
from pagecast.counting.expected import Counted
from pagecast.counting.models import Tally
from pagecast.counting.recorder import committing, count_held

from . import web
from .accesses import COUNTERS, JSON, Access, HomeAccess, ListAccess, Outcome, Shown, WebAccess
from .documents import Document
from .figures import LaneFigures
from .memory import Memory
from .rendering import render, render_counters

# Seconds that the readers of a page wait for whoever holds it, before they are asked to come back later; and
# how many of them may wait.
DEADLINE, MOST = 3.0, 1000

HandBack = Callable[[Sequence[Access], Outcome], None]


class HandOn(Exception):  # noqa: N818 - it is an answer, not a fault
    """Let Django answer. Nothing was counted."""


class Careful:
    """Looks up, holds, counts and renders, for many accesses at once."""

    def __init__(self, memory: Memory, url: str, hand_back: HandBack, figures: LaneFigures) -> None:
        self._memory, self._url, self._hand_back, self._figures = memory, url, hand_back, figures
        #: Pages that somebody, an editor say, holds for long.
        self.stuck: set[int] = set()

    def work(self, batch: list[Access]) -> Sequence[Access]:
        """Answer for these accesses, but for those that must be tried again, which are returned."""
        begun = time.monotonic()
        # Whoever hung up waits for no answer.
        waiting = [access for access in batch if not access.answer.done()]
        later: set[Access] = set()
        ready = self._attempt(partial(self._look_up, later), waiting)
        free = [access for access in ready if not self._is_stuck(access)]
        stuck = [access for access in ready if self._is_stuck(access)]
        again = [
            *self._attempt(self._count, free),
            *self._attempt(self._count_free, stuck),
            *(access for access in waiting if access in later),
        ]
        # A page that nobody waits for any more may be free again.
        self.stuck &= {page for access in again for page in access.pages}
        if len(again) < len(waiting):
            self._figures.batch(len(waiting) - len(again), time.monotonic() - begun)
        return again

    def _attempt(
        self, step: Callable[[Sequence[Access]], Sequence[Access]], accesses: Sequence[Access]
    ) -> Sequence[Access]:
        """Go one step with the accesses; answers with those that it leaves, none when it fails."""
        if not accesses:
            return []
        try:
            return step(accesses)
        except Error as error:
            hang_up()
            self._hand_back(accesses, error)
        except Exception:  # noqa: BLE001 - a kind of somebody's own may raise anything: Django meets it too, and logs it
            self._hand_back(accesses, HandOn())
        return []

    def _look_up(self, later: set[Access], accesses: Sequence[Access]) -> Sequence[Access]:
        """Find out which pages are meant, leave those that have none to Django, draw what is not at hand.

        For those that are put into `later` there was no time to draw.
        """
        refused = {*self._look_at_lists(accesses), *web.find(accesses)}
        found = [access for access in accesses if access not in refused]
        drawing = [access for access in found if isinstance(access, WebAccess | HomeAccess)]
        # Here and not where they are counted: neither another machine nor templates must be waited for with
        # rows in hand.
        if drawing or self._memory.shared:
            editions = self._editions({page for access in found for page in access.pages})
            wanted = {
                shown: (page, editions[page])
                for access in found
                for page, shown in zip(access.pages, access.shown, strict=True)
                if page in editions
            }
            self._figures.shared += self._memory.fetch(wanted)
            failed, left = web.draw_missing(drawing, editions, self._memory)
            refused |= failed
            later |= left
        if refused:
            self._hand_back(list(refused), HandOn())
        return [access for access in found if access not in refused and access not in later]

    def _look_at_lists(self, accesses: Sequence[Access]) -> set[Access]:
        """Have them know the pages in them; answers with those that are refused."""
        lists = [access for access in accesses if isinstance(access, ListAccess)]
        edition = ledger.catalogue() if lists else None
        refused: set[Access] = set()
        for access in lists:
            if access.slice is None or access.slice.catalogue != edition:
                try:
                    access.slice = access.cut(self._url)
                except Error:
                    raise
                except Exception:  # noqa: BLE001 - a query that the API refuses, or a template of somebody's own: Django meets it, too
                    refused.add(access)
                else:
                    self._memory.slices.put(access.part, access.slice)
        return refused

    def _editions(self, pages: Collection[int]) -> dict[int, int]:
        try:
            return ledger.editions(pages)
        except OperationalError as error:
            # Without them nothing is fetched or drawn ahead.
            if not is_waiting_too_long(error):
                raise
            return {}

    def _count(self, accesses: Sequence[Access]) -> Sequence[Access]:
        """Count them; when somebody holds one of their pages for long, those of the others."""
        try:
            return self._count_held(accesses, patient=True)
        except OperationalError as error:
            if not is_waiting_too_long(error):
                raise
        return self._count_free(accesses)

    def _count_free(self, accesses: Sequence[Access]) -> Sequence[Access]:
        try:
            return self._count_held(accesses, patient=False)
        except OperationalError as error:
            if not is_waiting_too_long(error):
                raise
        # Somebody holds not only rows, but the table.
        in_time, late = self._not_for_ever(accesses)
        self._give_up(late)
        return in_time

    def _count_held(self, accesses: Sequence[Access], *, patient: bool) -> Sequence[Access]:
        wanted = {page for access in accesses if access.holds for page in access.pages}
        looked_at = {page for access in accesses for page in access.pages} - wanted
        with committing():
            tallies = ledger.lock(wanted, patient=patient) | ledger.tallies(looked_at)
            self.stuck -= wanted
            self.stuck |= set() if patient else ledger.editions(wanted - tallies.keys()).keys()
            going = [access for access in accesses if self._may_go(access, tallies)]
            others = [access for access in accesses if access not in going]
            counted, fresh = self._show(going, tallies)
        try:
            self._figures.counted(going)
            self._figures.rendered += len(fresh)
            self._memory.keep(fresh)
        finally:
            # They are counted, and whatever fails now must not have them counted again.
            self._hand_back(going, counted)
        if self._memory.shared:
            self._memory.shared.put({(each.expected, shown[1]): each for shown, each in fresh.items()})
        in_time, late = self._not_for_ever(others)
        self._give_up([access for access in late if self._is_stuck(access)])
        # Nobody holds the pages of the others: they were drawn again and again, and had changed each time.
        self._hand_back([access for access in late if not self._is_stuck(access)], HandOn())
        return in_time

    def _may_go(self, access: Access, tallies: Mapping[int, Tally]) -> bool:
        """Whether nobody holds its pages, and what was drawn of them is not out of date by now."""
        if self._is_stuck(access):
            return False
        return not isinstance(access, WebAccess | HomeAccess) or web.is_ready(access, tallies, self._memory)

    def _is_stuck(self, access: Access) -> bool:
        """Whether it must hold a page that somebody holds."""
        return access.holds and not self.stuck.isdisjoint(access.pages)

    def _show(
        self, accesses: Sequence[Access], tallies: Mapping[int, Tally]
    ) -> tuple[Counted, dict[Shown, Document]]:
        """Count, and give the accesses their documents, of which some are new."""
        amounts = Counter(page for access in accesses if access.counts for page in access.pages)
        shown = {page: tally for page, tally in tallies.items() if tally.shown}
        count_held({page: shown[page] for page in amounts if page in shown}, amounts)
        wanted = {
            name: page
            for access in accesses
            for page, name in zip(access.pages, access.shown, strict=True)
            if page in shown
        }
        known = {
            name: self._memory.document(name, (page, shown[page].edition)) for name, page in wanted.items()
        }
        documents = {name: document for name, document in known.items() if document}
        fresh: dict[Shown, Document] = {}
        for look, make in ((JSON, render), (COUNTERS, render_counters)):
            missing = [
                shown[page] for name, page in wanted.items() if name not in documents and name[1] == look
            ]
            fresh |= {(page, look): document for page, document in make(missing).items()}
        fresh |= web.documents(
            [each for each in accesses if isinstance(each, WebAccess | HomeAccess)], shown, documents
        )
        documents |= fresh
        for access in accesses:
            access.show(documents)
        contents = {content for document in documents.values() for content in document.shared.values()}
        views = {(page, tally.edition): tally.views for page, tally in shown.items()}
        return Counted(views, ledger.counters(contents)), fresh

    def _not_for_ever(self, accesses: Sequence[Access]) -> tuple[list[Access], list[Access]]:
        """Those of them that may be tried again, and those that have waited for long enough."""
        now = time.monotonic()
        late: list[Access] = []
        in_time: list[Access] = []
        for access in accesses:
            access.since = access.since or now
            # The readers of one page that is held must not fill the lane for those of all others.
            patient = now - access.since < DEADLINE and len(in_time) < MOST
            (in_time if patient else late).append(access)
        return in_time, late

    def _give_up(self, late: Sequence[Access]) -> None:
        if late:
            self._hand_back(late, OperationalError("somebody holds the page for too long"))


def hang_up() -> None:
    """Begin anew with the database, in whatever state the connection is."""
    with suppress(Error):
        connection.close()
