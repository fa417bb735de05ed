"""What the two sides of an upload tell each other: the view, and whoever takes the body off the network."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from rest_framework.request import Request

from pagecast.media.staging.place import Writer

# In the ASGI scope, where no header of a client ever gets.
KEY = "pagecast.incoming"


class Broken(Exception):  # noqa: N818 - no error of ours
    """The sender hung up, or sent nothing for a long time."""


@dataclass(slots=True)
class Incoming:
    """A body that comes in. The view lets it in by `writer`, and gives the answer when asked again."""

    # None: in chunks, and nobody knows how many.
    length: int | None
    # Somebody else reads the body: the view must not.
    is_streamed: bool = False
    writer: Writer | None = None
    # The upload that the request has made.
    made: UUID | None = None
    # All of it is taken, or `error` says why it is not.
    is_over: bool = False
    error: Exception | None = None

    @classmethod
    def of(cls, request: Request) -> Self:
        """The body of this request; one that the view reads itself unless somebody before it does."""
        found = request.META.get("asgi.scope", {}).get(KEY)
        if isinstance(found, cls):
            return found
        length = request.META.get("CONTENT_LENGTH") or "0"
        return cls(int(length) if length.isdecimal() else 0)
