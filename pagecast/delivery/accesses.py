"""One request that waits for its views to be counted, and for the answer that they belong to."""

from asyncio import Future
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from pagecast.counting.expected import Counted
from pagecast.counting.increments import Expected

from .documents import Document, Slice

Outcome = Counted | Exception


class Access(Protocol):
    """One request for pages. It is also what `counting` calls a view."""

    #: Resolved once its views are on disk, with what was counted; or with the reason why they are not.
    answer: Future[Outcome]
    #: The moment from which it has been waiting for somebody who holds a page.
    since: float | None

    @property
    def pages(self) -> Sequence[int]:
        """The pages that it shows, as far as they are known."""

    @property
    def expected(self) -> Sequence[Expected]:
        """The editions of the documents at hand."""

    @property
    def catalogue(self) -> int | None:
        """The edition of the catalogue that it shows, if it lists pages."""

    @property
    def shared(self) -> Collection[int]:
        """The contents in it that stand on other pages, too."""

    def show(self, documents: Mapping[int, Document]) -> None:
        """Take up the documents that are to be shown; a page without one is shown to nobody."""

    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        """The JSON of the answer, for readers of the server at this address. None: there is no such page."""


class PageAccess:
    """Somebody opens a page."""

    __slots__ = ("answer", "document", "page", "since")

    catalogue: int | None = None

    def __init__(self, page: int, document: Document | None) -> None:
        self.page, self.document = page, document
        self.since: float | None = None
        self.answer: Future[Outcome]

    @property
    def pages(self) -> Sequence[int]:
        return (self.page,)

    @property
    def expected(self) -> Sequence[Expected]:
        return (self.document.expected,) if self.document else ()

    @property
    def shared(self) -> Collection[int]:
        return self.document.shared.values() if self.document else ()

    def show(self, documents: Mapping[int, Document]) -> None:
        self.document = documents.get(self.page)

    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        return self.document.fill(origin, counted) if self.document else None


class TellingAccess(PageAccess):
    """Somebody tells of a view of a page that came from elsewhere, and wants no page."""

    __slots__ = ()

    def body(self, origin: bytes, counted: Counted) -> bytes | None:
        return b"" if self.document else None


class ListAccess:
    """Somebody opens a part of the list."""

    __slots__ = ("answer", "documents", "query", "since", "slice")

    def __init__(self, query: str, part: Slice | None, documents: Sequence[Document]) -> None:
        self.query, self.slice, self.documents = query, part, documents
        self.since: float | None = None
        self.answer: Future[Outcome]

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
