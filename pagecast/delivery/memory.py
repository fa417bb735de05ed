"""What a server process keeps ready: documents of pages, slices of the list."""

from collections.abc import Mapping

from .documents import Document, Slice
from .shelf import Shelf


class Memory:
    """At most so many bytes of documents and slices."""

    def __init__(self, room: int) -> None:
        self.slices: Shelf[str, Slice] = Shelf(room // 8)
        self.documents: Shelf[int, Document] = Shelf(room - room // 8)

    def document(self, page: int, edition: int) -> Document | None:
        """The page's document of this edition, if it is at hand."""
        document = self.documents.get(page)
        return document if document and document.expected == (page, edition) else None

    def keep(self, documents: Mapping[int, Document]) -> None:
        """Have these documents at hand from now on."""
        for page, document in documents.items():
            self.documents.put(page, document)
