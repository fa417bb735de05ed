"""What a server process has ready: documents of pages, slices of the list."""

from collections.abc import Mapping

from pagecast.counting.increments import Expected

from .documents import Document, Slice
from .shared import SharedDocuments
from .shelf import Shelf


class Memory:
    """At most so many bytes of documents and slices; behind it what other processes have ready, if any."""

    def __init__(self, room: int, shared: SharedDocuments | None = None) -> None:
        self.slices: Shelf[str, Slice] = Shelf(room // 8)
        self.documents: Shelf[int, Document] = Shelf(room - room // 8)
        self.shared = shared

    @property
    def taken(self) -> int:
        """The bytes that are held."""
        return self.slices.taken + self.documents.taken

    def document(self, expected: Expected) -> Document | None:
        """The page's document of this edition, if it is at hand."""
        document = self.documents.get(expected[0])
        return document if document and document.expected == expected else None

    def keep(self, documents: Mapping[int, Document]) -> None:
        """Have these documents at hand from now on."""
        for page, document in documents.items():
            self.documents.put(page, document)

    def fetch(self, editions: Mapping[int, int]) -> int:
        """Get those that are not at hand from the other processes; answers how many of them they had."""
        if not self.shared:
            return 0
        wanted = [expected for expected in editions.items() if not self.document(expected)]
        found = self.shared.get(wanted)
        self.keep(found)
        return len(found)
