"""What a server process has ready: documents of pages, slices of the list."""

from collections.abc import Hashable, Mapping

from pagecast.counting.increments import Expected

from .accesses import Shown
from .documents import Document, Slice
from .shared import SharedDocuments
from .shelf import Shelf


class Memory:
    """At most so many bytes of documents and slices; behind it what other processes have ready, if any."""

    def __init__(self, room: int, shared: SharedDocuments | None = None) -> None:
        self.slices: Shelf[Hashable, Slice] = Shelf(room // 8)
        self.documents: Shelf[Shown, Document] = Shelf(room - room // 8)
        self.shared = shared

    @property
    def taken(self) -> int:
        """The bytes that are held."""
        return self.slices.taken + self.documents.taken

    def document(self, shown: Shown, expected: Expected) -> Document | None:
        """The document of this edition, if it is at hand."""
        document = self.documents.get(shown)
        return document if document and document.expected == expected else None

    def keep(self, documents: Mapping[Shown, Document]) -> None:
        """Have these documents at hand from now on."""
        for shown, document in documents.items():
            self.documents.put(shown, document)

    def fetch(self, wanted: Mapping[Shown, Expected]) -> int:
        """Get those that are not at hand from the other processes; answers how many of them they had."""
        if not self.shared:
            return 0
        missing = {
            shown: (expected, shown[1])
            for shown, expected in wanted.items()
            if not self.document(shown, expected)
        }
        there = self.shared.get(missing.values())
        found = {shown: there[name] for shown, name in missing.items() if name in there}
        self.keep({shown: document for shown, document in found.items() if document.is_at(shown[0])})
        return len(found)
