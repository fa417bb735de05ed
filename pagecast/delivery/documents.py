"""A page's JSON as bytes, cut at its counters and at the server's own address."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pagecast.counting.expected import Counted
from pagecast.counting.increments import Expected

# Stands for the server's own address, which differs from reader to reader. Nobody can guess it, and so
# nobody can write it into a title.
ORIGIN = f"http://{secrets.token_hex(16)}.invalid"
# What an object costs beside its bytes, roughly.
OVERHEAD = 600
NUMBER = 40


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """What readers get of one page in one edition; `fill` joins it with the counters."""

    expected: Expected
    #: Templates for `%`, to be joined by the server's address. Each `%d` is a counter, in the page's order.
    pieces: tuple[bytes, ...]
    #: By content: what its counter has beside the views of the page.
    bases: tuple[int, ...]
    #: By place in `bases`: contents that other pages show, too, whose counter is not up to this page alone.
    shared: Mapping[int, int]

    @property
    def only(self) -> Expected | None:
        """What a view of it expects, if that is all: no content that other pages show."""
        return None if self.shared else self.expected

    @property
    def size(self) -> int:
        """The memory that it takes, in bytes."""
        return OVERHEAD + sum(map(len, self.pieces)) + NUMBER * (len(self.bases) + 2 * len(self.shared))

    def fill(self, origin: bytes, counted: Counted) -> bytes:
        """The JSON for readers of the server at this address, with the counters as they were counted."""
        views = counted.views[self.expected]
        numbers = [base + views for base in self.bases]
        if self.shared:
            for place, content in self.shared.items():
                numbers[place] = counted.counters[content]
        return origin.join(self.pieces) % tuple(numbers)


def cut(
    page: bytes,
    expected: Expected,
    mark: int,
    counters: Mapping[int, int],
    views: int,
    shared: Collection[int],
) -> Document:
    """A document out of a page's JSON, in which each counter is `mark` and the server's address is ORIGIN.

    `counters` holds the live counters of its contents, in the page's order, at so many views of the page.
    Raises `ValueError` if a content does not show its counter exactly once.
    """
    counter = b'"counter":%d' % mark
    if page.count(counter) != len(counters):
        message = f"page {expected[0]} shows {page.count(counter)} counters for {len(counters)} contents"
        raise ValueError(message)
    template = page.replace(b"%", b"%%").replace(counter, b'"counter":%d')
    return Document(
        expected,
        tuple(template.split(ORIGIN.encode())),
        tuple(live - views for live in counters.values()),
        {place: content for place, content in enumerate(counters) if content in shared},
    )


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """A part of the list of all pages in one edition of the catalogue: which pages, and the JSON around."""

    catalogue: int
    pages: tuple[int, ...]
    #: To be joined by the server's address.
    head: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """The memory that it takes, in bytes."""
        return OVERHEAD + sum(map(len, self.head)) + NUMBER * len(self.pages)

    def fill(self, origin: bytes, pages: Collection[bytes]) -> bytes:
        """The JSON of the list with these pages in it."""
        return b"%b%b]}" % (origin.join(self.head), b",".join(pages))
