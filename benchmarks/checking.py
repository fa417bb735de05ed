"""Load by readers who check every answer, and the books of what they were answered."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from typing import Any

import uvloop

from .load import Sample
from .reader import read
from .stock import Ask, Stock

COMPLAINTS = 5


class Books:
    """How often each page of one database was answered, and what was wrong with the answers."""

    def __init__(self, stock: Stock) -> None:
        self.answers: Counter[int] = Counter()
        self.complaints: list[str] = []
        self.wrong = self.unanswered = self.bytes = 0
        self._stock = stock
        self._contents: dict[int, Sequence[int]] = {}
        self._seen: dict[int, tuple[int, ...]] = {}

    def examine(self, ask: Ask) -> Callable[[bool, bytes], None]:
        """Check what comes: the right pages, all their contents in order, and counters that rise.

        A view is counted after it was asked for, so its counters exceed all that were seen before that.
        """
        floors = [self._floor(page) for page in ask.pages]

        def check(is_good: bool, body: bytes) -> None:  # noqa: FBT001
            try:
                if not is_good:
                    self._complain(f"{ask.path} is not answered with 200: {body[:200]!r}")
                    return
                self.bytes += len(body)
                answer = _page_of_site(body) if body.startswith(b"<") else json.loads(body)
                pages = answer.get("results", [answer])
                self._check(ask, pages, floors)
            except (ValueError, KeyError, TypeError) as error:
                self._complain(f"{ask.path} is answered with what is no page: {error!r}")

        return check

    def difference(self, before: dict[int, int], after: dict[int, int]) -> int:
        """How far the counters are off the answers, over all contents: 0 when each view counted once."""
        off = 0
        for page in self._stock.rich():
            for content in self._stock.contents(page):
                off += abs(after[content] - before[content] - self.answers[page])
        return off

    def _floor(self, page: int) -> tuple[int, ...]:
        return self._seen.get(page) or (0,) * len(self._stock.contents(page))

    def _check(self, ask: Ask, pages: list[Any], floors: list[tuple[int, ...]]) -> None:
        if [page["id"] for page in pages] != list(ask.pages):
            self._complain(f"{ask.path} is answered with other pages")
            return
        for page, floor in zip(pages, floors, strict=True):
            key = page["id"]
            self.answers[key] += 1
            expected = self._contents.get(key) or self._remember(key)
            shown = page["contents"]
            if [content["id"] for content in shown] != expected:
                self._complain(f"page {key} shows other contents, or in another order")
                continue
            counters = tuple([content["counter"] for content in shown])
            if any(counter <= least for counter, least in zip(counters, floor, strict=True)):
                self._complain(f"page {key} shows a counter that did not rise: {floor}, {counters}")
            self._seen[key] = tuple(map(max, counters, self._floor(key)))

    def _remember(self, page: int) -> Sequence[int]:
        self._contents[page] = list(self._stock.contents(page))
        return self._contents[page]

    def _complain(self, text: str) -> None:
        self.wrong += 1
        if len(self.complaints) < COMPLAINTS:
            self.complaints.append(text)


def _page_of_site(body: bytes) -> dict[str, Any]:
    """What the HTML of a page says, in the form of its JSON."""
    page = re.search(rb'data-page="(\d+)"', body)
    counters = re.findall(rb'data-content="(\d+)"[^>]*>([\d,]+) view', body)
    contents = [{"id": int(key), "counter": int(said.replace(b",", b""))} for key, said in counters]
    return {"id": int(page[1]) if page else None, "contents": contents}


def check_for(seconds: float, port: int, asks: Sequence[Ask], books: Books, connections: int) -> Sample:
    """Ask these in turn for so many seconds, and check every answer."""
    deadline = time.perf_counter() + seconds

    def until_late() -> Iterator[Ask]:
        for ask in cycle(asks):
            if time.perf_counter() >= deadline:
                return
            yield ask

    return _check(port, until_late(), books, connections)


def check_each(port: int, asks: Sequence[Ask], books: Books, connections: int, number: int = 0) -> Sample:
    """Ask each of these once, or that many of them in turn, and check every answer."""
    return _check(port, islice(cycle(asks), number or len(asks)), books, connections)


def _check(port: int, asks: Iterator[Ask], books: Books, connections: int) -> Sample:
    wrong = books.wrong
    started = time.perf_counter()
    readers = uvloop.run(read(port, asks, books.examine, connections))
    seconds = time.perf_counter() - started
    times = sorted(moment for reader in readers for moment in reader.times)
    unanswered = sum(reader.unanswered for reader in readers)
    books.unanswered += unanswered
    failed = books.wrong - wrong + unanswered

    def at(share: float) -> float:
        return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0

    return Sample(len(times) / seconds, len(times), failed, at(0.5), at(0.9), at(0.99))
