"""What the careful lane does: look up what to show, hold it, count it, and render it if need be.

Here come the accesses of which something is not in memory, has changed, or is held by somebody.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress

from django.db import Error, OperationalError, connection
from rest_framework.exceptions import APIException

from pagecast.counting import ledger
from pagecast.counting.errors import is_waiting_too_long
from pagecast.counting.expected import Counted
from pagecast.counting.models import Tally
from pagecast.counting.recorder import committing, count_held

from .accesses import Access, ListAccess, Outcome
from .documents import Document
from .figures import LaneFigures
from .memory import Memory
from .rendering import cut_slice, render

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
        ready = self._attempt(self._look_up, waiting)
        free = [access for access in ready if self.stuck.isdisjoint(access.pages)]
        stuck = [access for access in ready if not self.stuck.isdisjoint(access.pages)]
        again = [*self._attempt(self._count, free), *self._attempt(self._count_free, stuck)]
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

    def _look_up(self, accesses: Sequence[Access]) -> Sequence[Access]:
        """Find out which pages are on the lists, and leave those to Django that have none."""
        lists = [access for access in accesses if isinstance(access, ListAccess)]
        edition = ledger.catalogue() if lists else None
        refused: set[Access] = set()
        for access in lists:
            if access.slice is None or access.slice.catalogue != edition:
                try:
                    access.slice = cut_slice(self._url, access.query)
                except APIException:
                    refused.add(access)
                else:
                    self._memory.slices.put(access.query, access.slice)
        if refused:
            self._hand_back(list(refused), HandOn())
        found = [access for access in accesses if access not in refused]
        if self._memory.shared:
            # Here and not where they are counted: another machine must not be waited for with rows in hand.
            self._fetch({page for access in found for page in access.pages})
        return found

    def _fetch(self, pages: Collection[int]) -> None:
        try:
            self._figures.shared += self._memory.fetch(ledger.editions(pages))
        except OperationalError as error:
            # It would only have been quicker.
            if not is_waiting_too_long(error):
                raise

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
        return self._not_for_ever(accesses)

    def _count_held(self, accesses: Sequence[Access], *, patient: bool) -> Sequence[Access]:
        wanted = {page for access in accesses for page in access.pages}
        with committing():
            tallies = ledger.lock(wanted, patient=patient)
            self.stuck -= wanted
            self.stuck |= set() if patient else ledger.editions(wanted - tallies.keys()).keys()
            going = [access for access in accesses if self.stuck.isdisjoint(access.pages)]
            others = [access for access in accesses if not self.stuck.isdisjoint(access.pages)]
            counted, fresh = self._show(going, tallies)
        try:
            self._figures.counted(going)
            self._figures.rendered += len(fresh)
            self._memory.keep(fresh)
        finally:
            # They are counted, and whatever fails now must not have them counted again.
            self._hand_back(going, counted)
        if self._memory.shared:
            self._memory.shared.put(fresh.values())
        return self._not_for_ever(others)

    def _show(
        self, accesses: Sequence[Access], tallies: Mapping[int, Tally]
    ) -> tuple[Counted, dict[int, Document]]:
        """Count, and give the accesses their documents, of which some are new."""
        amounts = Counter(page for access in accesses for page in access.pages)
        shown = count_held({page: tallies[page] for page in amounts if page in tallies}, amounts)
        known = {page: self._memory.document((page, tally.edition)) for page, tally in shown.items()}
        documents = {page: document for page, document in known.items() if document}
        fresh = render(tally for page, tally in shown.items() if page not in documents)
        documents |= fresh
        for access in accesses:
            access.show(documents)
        contents = {content for document in documents.values() for content in document.shared.values()}
        views = {(page, tally.edition): tally.views for page, tally in shown.items()}
        return Counted(views, ledger.counters(contents)), fresh

    def _not_for_ever(self, accesses: Sequence[Access]) -> Sequence[Access]:
        now = time.monotonic()
        late: list[Access] = []
        in_time: list[Access] = []
        for access in accesses:
            access.since = access.since or now
            # The readers of one page that is held must not fill the lane for those of all others.
            patient = now - access.since < DEADLINE and len(in_time) < MOST
            (in_time if patient else late).append(access)
        if late:
            self._hand_back(late, OperationalError("somebody holds the page for too long"))
        return in_time


def hang_up() -> None:
    """Begin anew with the database, in whatever state the connection is."""
    with suppress(Error):
        connection.close()
