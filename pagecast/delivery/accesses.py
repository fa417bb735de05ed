"""One request that waits for its views to be counted, and for the answer that they belong to."""

from abc import ABC, abstractmethod
from asyncio import Future
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import ClassVar

from pagecast.counting import ledger
from pagecast.counting.expected import Counted
from pagecast.counting.increments import Expected
from pagecast.site.drawing import PAGE, Drawn, draw
from pagecast.site.listing import draw_entries, draw_part
from pagecast.site.parts import Wish
from pagecast.site.players import PLAYERS

from .documents import Document, Slice, web_slice
from .rendering import cut_slice

Outcome = Counted | Exception
#: A page, by its id or by its address on the site, in one of its looks: JSON, or HTML in a language.
Shown = tuple[int | str, str]
#: What was drawn of a page, with the edition that the page had before.
Drawing = tuple[int, Drawn]

JSON, COUNTERS = "json", "counters"
# No page has this id.
NOWHERE = 0


def page_in(language: str) -> str:
    """The look of a page on the site."""
    return f"page-{language}"


def players_in(language: str) -> str:
    """The look of a page inside of a page of somebody else."""
    return f"players-{language}"


def entry_in(language: str) -> str:
    """The look of a page in the list on the site."""
    return f"entry-{language}"


class Access(ABC):
    """One request for pages, and what `counting` calls a view."""

    __slots__ = ("answer", "counts", "only", "since")

    #: How it came, in figures.
    way: ClassVar[str]
    #: Whether its pages must be held while what is not at hand is made of them: what tells of contents.
    holds: ClassVar[bool] = True
    #: In which look it shows its pages.
    look: str = JSON

    def __init__(self, only: Expected | None = None) -> None:
        #: The edition that it shows, when there is nothing else to it.
        self.only = only
        #: Whether it is a view of its pages, or only looks at what they are.
        self.counts = True
        #: Resolved once its views are on disk, with what was counted; or with the reason why they are not.
        self.answer: Future[Outcome]
        #: The moment from which it has been waiting for somebody who holds a page.
        self.since: float | None = None

    def only_look(self) -> None:
        """Count nothing."""
        self.only, self.counts = None, False

    @property
    @abstractmethod
    def pages(self) -> Sequence[int]:
        """The pages that it shows, as far as they are known."""

    @property
    @abstractmethod
    def expected(self) -> Sequence[Expected]:
        """The editions of the documents at hand."""

    @property
    @abstractmethod
    def catalogue(self) -> int | None:
        """The edition of the catalogue that it shows, if it lists pages."""

    @property
    @abstractmethod
    def shared(self) -> Collection[int]:
        """The contents in it that stand on other pages, too."""

    @property
    def is_missing(self) -> bool:
        """Whether nobody may see what it asks for."""
        return False

    @property
    def shown(self) -> list[Shown]:
        """Under which names its documents are kept, in the order of `pages`."""
        return [(page, self.look) for page in self.pages]

    @abstractmethod
    def show(self, documents: Mapping[Shown, Document]) -> None:
        """Take up the documents that are to be shown; a page without one is shown to nobody."""

    @abstractmethod
    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        """The answer, for readers of the server at this address. None: there is no such page."""


class PageAccess(Access):
    """Somebody opens a page."""

    __slots__ = ("document", "page")

    way = "page"
    catalogue: int | None = None

    def __init__(self, page: int, document: Document | None) -> None:
        super().__init__(document.only if document else None)
        self.page, self.document = page, document

    @property
    def pages(self) -> Sequence[int]:
        return (self.page,)

    @property
    def expected(self) -> Sequence[Expected]:
        return (self.document.expected,) if self.document else ()

    @property
    def shared(self) -> Collection[int]:
        return self.document.shared.values() if self.document else ()

    @property
    def is_missing(self) -> bool:
        return self.document is None

    def show(self, documents: Mapping[Shown, Document]) -> None:
        self.document = documents.get((self.page, self.look))

    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        return self.document.fill(origin, counted) if self.document else None


class TellingAccess(PageAccess):
    """Somebody tells of a view of a page that came from elsewhere, and wants no page."""

    __slots__ = ()

    way = "views"

    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        return b"" if self.document else None


class CountersAccess(PageAccess):
    """Somebody asks how often the contents of a page were seen, which is no view of it."""

    __slots__ = ()

    way = "counters"
    look = COUNTERS

    def __init__(self, page: int, document: Document | None) -> None:
        super().__init__(page, document)
        self.only_look()


class ListAccess(Access):
    """Somebody opens a part of the list."""

    __slots__ = ("documents", "query", "slice")

    way = "list"

    def __init__(self, query: str, part: Slice | None, documents: Sequence[Document]) -> None:
        super().__init__()
        self.query, self.slice, self.documents = query, part, documents

    @property
    def pages(self) -> Sequence[int]:
        return self.slice.pages if self.slice else ()

    @property
    def expected(self) -> Sequence[Expected]:
        return [document.expected for document in self.documents]

    @property
    def catalogue(self) -> int | None:
        return self.slice.catalogue if self.slice else None

    @property
    def shared(self) -> Collection[int]:
        return [content for document in self.documents for content in document.shared.values()]

    def show(self, documents: Mapping[Shown, Document]) -> None:
        self.documents = [documents[shown] for shown in self.shown if shown in documents]

    @property
    def part(self) -> Hashable:
        """Under which name the part is kept."""
        return self.query

    def cut(self, url: str) -> Slice:
        """The part as it is now. Raises what the API raises for a query that it refuses."""
        return cut_slice(url, self.query)

    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        pages = [document.fill(origin, counted) for document in self.documents]
        return self.slice.fill(origin, pages) if self.slice else None


class WebAccess(PageAccess):
    """Somebody opens a page on the site, by its address."""

    __slots__ = ("drawn", "language", "look", "slug")

    way = "site"
    #: What draws it, and the look that this gives.
    template: ClassVar[str] = PAGE
    look_in = staticmethod(page_in)

    def __init__(self, slug: str, language: str, document: Document | None) -> None:
        super().__init__(document.expected[0] if document else NOWHERE, document)
        self.slug, self.language, self.look = slug, language, self.look_in(language)
        self.drawn: Mapping[int, Drawing] = {}

    @property
    def shown(self) -> list[Shown]:
        return [(self.slug, self.look)]

    def show(self, documents: Mapping[Shown, Document]) -> None:
        self.document = documents.get((self.slug, self.look))

    def draw(self, pages: Sequence[int]) -> dict[int, Drawn]:
        """Draw pages for readers of its language."""
        return draw(pages, self.language, template=self.template)


class FramedAccess(WebAccess):
    """Somebody opens a page inside of a page of somebody else."""

    __slots__ = ()

    way = "embed"
    template = PLAYERS
    look_in = staticmethod(players_in)


class HomeAccess(ListAccess):
    """Somebody opens a part of the list on the site, which is no view of the pages in it."""

    __slots__ = ("drawn", "language", "look", "wish")

    way = "home"
    holds = False

    def __init__(self, wish: Wish, language: str, part: Slice | None, documents: Sequence[Document]) -> None:
        super().__init__("", part, documents)
        self.only_look()
        self.wish, self.language, self.look = wish, language, entry_in(language)
        self.drawn: Mapping[int, Drawing] = {}

    @property
    def part(self) -> Hashable:
        return self.wish, self.language

    def cut(self, url: str) -> Slice:
        # Before the pages are read, as for JSON.
        catalogue = ledger.catalogue()
        return web_slice(draw_part(self.wish, self.language), catalogue)

    def draw(self, pages: Sequence[int]) -> dict[int, Drawn]:
        """Draw entries of pages for readers of its language."""
        return draw_entries(pages, self.language)
