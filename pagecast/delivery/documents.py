"""What readers get of a page, as bytes: cut at its counters and at the server's own address."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from pagecast.counting.expected import Counted
from pagecast.counting.increments import Expected
from pagecast.site.drawing import Drawn
from pagecast.site.listing import Part
from pagecast.site.marks import ORIGIN, Cut

# What an object costs beside its bytes, roughly.
OVERHEAD = 600
NUMBER = 40


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """What readers get of one page in one edition, as JSON; `fill` joins it with the counters."""

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

    def is_at(self, slug: int | str) -> bool:
        """Whether it is what stands at this address; one that is known by its id has none."""
        return True

    def numbers(self, counted: Counted) -> list[int]:
        """Its counters, as they were counted."""
        views = counted.views[self.expected]
        numbers = [base + views for base in self.bases]
        if self.shared:
            for place, content in self.shared.items():
                numbers[place] = counted.counters[content]
        return numbers

    def fill(self, origin: bytes, counted: Counted) -> bytes:
        """What readers of the server at this address get, with the counters as they were counted."""
        return origin.join(self.pieces) % tuple(self.numbers(counted))


@dataclass(frozen=True, slots=True, eq=False)
class WebDocument(Document):
    """The same as HTML in one language. After the counters of its contents comes that of the page itself."""

    slug: str
    html: Cut

    def is_at(self, slug: int | str) -> bool:
        return slug in (self.slug, self.expected[0])

    def fill(self, origin: bytes, counted: Counted) -> bytes:
        return self.html.fill(origin, self.numbers(counted))


def web_document(
    drawn: Drawn, expected: Expected, counters: Mapping[int, int], views: int, shared: Collection[int]
) -> WebDocument:
    """A document out of what was drawn of the page in this edition.

    `counters` holds the live counters of its contents at so many views of the page.
    """
    bases = [counters[content] - views for content in drawn.contents]
    elsewhere = {place: content for place, content in enumerate(drawn.contents) if content in shared}
    return WebDocument(expected, drawn.html.pieces, (*bases, 0), elsewhere, drawn.slug, drawn.html)


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


def with_views(document: Document, mark: int) -> Document:
    """The same, where it tells at its end how often the page itself was viewed, by `mark`."""
    *pieces, last = document.pieces
    told = last.replace(b'"views":%d' % mark, b'"views":%d')
    return replace(document, pieces=(*pieces, told), bases=(*document.bases, 0))


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


@dataclass(frozen=True, slots=True, eq=False)
class WebSlice(Slice):
    """The same as HTML. `head` is what stands around its entries."""

    part: Part

    def fill(self, origin: bytes, pages: Collection[bytes]) -> bytes:
        return self.part.fill(origin, pages)


def web_slice(part: Part, catalogue: int) -> WebSlice:
    """A part of the list of the site, drawn in this edition of the catalogue or after it."""
    return WebSlice(catalogue, part.pages, (*part.before.pieces, *part.after.pieces), part)
