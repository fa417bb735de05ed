"""One request that waits for its views to be counted, and for the answer that they belong to."""

from abc import ABC, abstractmethod
from asyncio import Future
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from pagecast.counting.expected import Counted
from pagecast.counting.increments import Expected

from .documents import Document, Slice

Outcome = Counted | Exception


class Access(ABC):
    """One request for pages, and what `counting` calls a view."""

    __slots__ = ("answer", "only", "since")

    #: How it came, in figures.
    way: ClassVar[str]

    def __init__(self, only: Expected | None = None) -> None:
        #: The edition that it shows, when there is nothing else to it.
        self.only = only
        #: Resolved once its views are on disk, with what was counted; or with the reason why they are not.
        self.answer: Future[Outcome]
        #: The moment from which it has been waiting for somebody who holds a page.
        self.since: float | None = None

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

    @abstractmethod
    def show(self, documents: Mapping[int, Document]) -> None:
        """Take up the documents that are to be shown; a page without one is shown to nobody."""

    @abstractmethod
    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        """The JSON of the answer, for readers of the server at this address. None: there is no such page."""


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

    def show(self, documents: Mapping[int, Document]) -> None:
        self.document = documents.get(self.page)

    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        return self.document.fill(origin, counted) if self.document else None


class TellingAccess(PageAccess):
    """Somebody tells of a view of a page that came from elsewhere, and wants no page."""

    __slots__ = ()

    way = "views"

    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        return b"" if self.document else None


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

    def show(self, documents: Mapping[int, Document]) -> None:
        self.documents = [documents[page] for page in self.pages if page in documents]

    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        pages = [document.fill(origin, counted) for document in self.documents]
        return self.slice.fill(origin, pages) if self.slice else None
