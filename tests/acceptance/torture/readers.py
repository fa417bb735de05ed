"""Readers: each reads one answer after the other, and remembers what it showed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

from .answers import Sight, missed, of_json, of_site, places, stale, wrong_list
from .compositions import Page, names
from .connection import CUT, NOT_SENT, Answer
from .edits import PAGES, path_of
from .world import PagesOf, World

# Enough for all pages, so that none may be missing.
ALL, SOME = 100, 4


class Reader:
    """One of many."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        self._number = number
        self._chance = random.Random(f"{world.seed} {number}")
        self._connection = world.connection()
        # The counters that it saw last.
        self._last: dict[str, int] = {}

    async def run(self) -> None:
        """Read until it is over."""
        # Most of them never ask for anything that is slow, so that many short requests meet every kill.
        ways = {self._detail: 80, self._views: 10, self._list: 10}
        if self._number % 4 == 0:
            ways = {self._site: 40, self._list: 30, self._views: 30}
        while not self._world.over.is_set():
            (way,) = self._chance.choices(list(ways), list(ways.values()))
            async with self._world.gate:
                try:
                    status = await way()
                except AssertionError as error:
                    self._world.fail(str(error))
            if status in {NOT_SENT, 503}:
                await asyncio.sleep(0.05)

    async def _detail(self) -> int:
        page = self._page()
        answer = await self._connection.ask("GET", path_of(page))
        if answer.status == 200:
            sight = of_json(answer.json())
            assert sight.slug == page.slug, f"{sight.slug} instead of {page.slug}: {answer}"
            self._see([sight], answer)
        else:
            self._see_none(page, answer)
        return answer.status

    async def _site(self) -> int:
        page = self._page()
        answer = await self._connection.ask("GET", f"/pages/{page.slug}/")
        if answer.status == 200:
            self._see([of_site(page.slug, answer.body.decode())], answer)
        else:
            self._see_none(page, answer)
        return answer.status

    async def _views(self) -> int:
        page = self._chance.choice([page for page in self._world.pages if page.steady])
        answer = await self._connection.ask("POST", f"{path_of(page)}views/")
        if answer.status == 204:
            # Its titles may change meanwhile, but not which contents it shows.
            self._world.accounts.acknowledge(names(page.shown()), answer.ended)
            self._world.figures["answers"] += 1
        else:
            self._see_none(page, answer)
        return answer.status

    async def _list(self) -> int:
        size, number = self._chance.choice([(ALL, 1), (SOME, self._chance.randint(1, 4))])
        ordering = self._chance.choice(["", "&ordering=id", "&ordering=-id"])
        start, newest_first = (number - 1) * size, ordering == "&ordering=-id"
        answer = await self._connection.ask("GET", f"{PAGES}?page_size={size}&page={number}{ordering}")
        found = places(self._world, answer, newest_first=newest_first)
        if answer.status == 200:
            data = answer.json()
            if wrong := wrong_list(found, data, start, size):
                shown = [(place.page.slug, place.page.id, place.is_sure) for place in found]
                self._world.fail(f"{wrong}: {ordering} from {start}, {size} of {shown}: {answer}")
            self._see([of_json(each) for each in data["results"]], answer)
        elif answer.status == 404:
            if sum(place.is_sure for place in found) > start:
                self._world.fail(f"there is a page {number} of the list: {answer}")
            self._world.figures["not found"] += 1
        else:

            def within(answer: Answer) -> list[Page]:
                may = places(self._world, answer, newest_first=newest_first)
                return [each.page for each in may if each.least < start + size and each.most >= start]

            self._unanswered(within, answer)
        return answer.status

    def _page(self) -> Page:
        """Some page, be it switched off or gone; the first ones more often."""
        known = [page for page in self._world.pages if page.id]
        return known[int(len(known) * self._chance.random() ** 2)]

    def _see(self, sights: Sequence[Sight], answer: Answer) -> None:
        world = self._world
        for sight in sights:
            if wrong := stale(world, sight, answer):
                world.fail(wrong)
        for wrong in missed(world, sights, self._last, answer):
            world.fail(wrong)
        for sight in sights:
            shown = names(sight.shown)
            world.accounts.acknowledge(shown, answer.ended)
            self._last.update(zip(shown, sight.counters, strict=True))
        world.figures["answers"] += 1

    def _see_none(self, page: Page, answer: Answer) -> None:
        if answer.status in (404, 410):
            versions = page.history.within(answer.begun, answer.ended)
            if all(version.shown is not None for version in versions):
                self._world.fail(f"{page.slug} was there all the time: {answer}")
            self._world.figures["not found"] += 1
        else:
            self._unanswered(lambda _answer: [page], answer)

    def _unanswered(self, pages: PagesOf, answer: Answer) -> None:
        world = self._world
        if world.is_open(answer):
            world.leave_open(answer, pages)
        if excuse := world.excuse(answer):
            world.figures[excuse] += 1
        elif answer.status not in {CUT, NOT_SENT}:
            world.fail(f"{[page.slug for page in pages(answer)]}: {answer}")
