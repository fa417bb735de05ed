"""What the measured databases hold, and what readers ask of them.

Page n has the id n. Every `step`-th page is a rich one: ten contents of its own, some 3 KB of JSON; the
others have one content each. With `step` 1 all are rich. One page more, the wide one, has a thousand.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

RICH_PAGES, SLOTS, WIDE = 1000, 10, 1000
SLICE = 20
# Ids of contents: of rich pages from 1, of the others from here, of the wide page from there.
OTHERS, OF_WIDE = 10_000, 5_000_000
SAMPLE = 20_000
# Prime, so that it walks over any number of pages and the hottest ones lie far apart.
STRIDE = 617_917
# Added to numbers in titles and addresses, so that all have the same length.
FIRST_NUMBER = 10_000_000


class Ask(NamedTuple):
    """A path, and the pages that its answer holds, in their order."""

    path: str
    pages: tuple[int, ...]


@dataclass(frozen=True)
class Stock:
    """How many pages, and which of them are rich."""

    pages: int = RICH_PAGES

    @property
    def step(self) -> int:
        """Every so many pages there is a rich one."""
        return self.pages // RICH_PAGES

    @property
    def wide_page(self) -> int:
        """The id of the page with a thousand contents."""
        return self.pages + 1

    def rich(self) -> range:
        """The ids of the thousand pages with ten contents, spread evenly."""
        return range(self.step, self.pages + 1, self.step)

    def contents(self, page: int) -> Sequence[int]:
        """The ids of a page's contents, in their order."""
        if page == self.wide_page:
            return range(OF_WIDE + 1, OF_WIDE + 1 + WIDE)
        if page % self.step:
            return range(OTHERS + page, OTHERS + page + 1)
        first = (page // self.step - 1) * SLOTS + 1
        return range(first, first + SLOTS)


def detail(pages: Sequence[int], address: str = "/api/page/content/{}/") -> list[Ask]:
    """Ask for each of these pages by itself."""
    return [Ask(address.format(page), (page,)) for page in pages]


def on_the_site(pages: Sequence[int]) -> list[Ask]:
    """Ask for each of these pages as a browser does, by the address that `filling` has given it."""
    return [Ask(f"/pages/page-{FIRST_NUMBER + page}/", (page,)) for page in pages]


def slices(stock: Stock) -> list[Ask]:
    """Ask for the list of rich pages, twenty at a time."""
    pages = stock.rich()
    starts = range(0, len(pages), SLICE)
    return [
        Ask(f"/api/page/content/?page={number}&page_size={SLICE}", tuple(pages[start : start + SLICE]))
        for number, start in enumerate(starts, start=1)
    ]


def _chance(seed: int) -> random.Random:
    """The same asks in every run."""
    return random.Random(seed)  # noqa: S311 - chance, not secrets


def at_random(asks: Sequence[Ask], seed: int, number: int = SAMPLE) -> list[Ask]:
    """That many of them, each as likely as the other."""
    return _chance(seed).choices(asks, k=number)


def uniform(stock: Stock, seed: int, number: int) -> Iterator[Ask]:
    """Any page of all, each as likely as the other."""
    return iter(detail(_chance(seed).choices(range(1, stock.pages + 1), k=number)))


def zipf(stock: Stock, seed: int, number: int) -> Iterator[Ask]:
    """Any page of all, the k-th most wanted with a likelihood of 1/k."""
    weights = list(accumulate(1 / rank for rank in range(1, stock.pages + 1)))
    ranks = _chance(seed).choices(range(stock.pages), cum_weights=weights, k=number)
    return iter(detail([rank * STRIDE % stock.pages + 1 for rank in ranks]))
