"""Documents that server processes share through Django's cache, when there is a Redis.

They lie there by page and edition, and an edition is never used twice, so none can ever be out of date.
"""

import hashlib
import json
import time
from collections.abc import Collection, Iterable
from contextlib import suppress

import structlog
from django.conf import settings
from django.core.cache import caches
from django.utils.module_loading import import_string

from pagecast import __version__
from pagecast.counting.increments import Expected
from pagecast.pages.kinds import kinds

from .documents import Document

log = structlog.get_logger(__name__)

CACHE = "documents"
# Seconds: how long a document is kept, and how long a cache that does not answer is left alone.
KEPT, QUIET = 24 * 3600, 10.0


class SharedDocuments:
    """What other processes have rendered. A cache that does not answer is as good as an empty one."""

    def __init__(self) -> None:
        self._cache = caches[CACHE]
        self._error: type[Exception] = import_string("redis.exceptions.RedisError")
        self._prefix = _fingerprint()
        self._quiet_until = 0.0

    def get(self, wanted: Collection[Expected]) -> dict[int, Document]:
        """Those of the documents that are there."""
        if not wanted or time.monotonic() < self._quiet_until:
            return {}
        try:
            found = self._cache.get_many([self._key(expected) for expected in wanted])
        except self._error as error:
            self._leave_alone(error)
            return {}
        documents = {}
        for packed in found.values():
            # What somebody else has put there is no document.
            with suppress(ValueError, TypeError):
                document = unpack(packed)
                documents[document.expected[0]] = document
        return documents

    def put(self, documents: Iterable[Document]) -> None:
        """Let the others have these documents."""
        packed = {self._key(document.expected): pack(document) for document in documents}
        if not packed or time.monotonic() < self._quiet_until:
            return
        try:
            self._cache.set_many(packed, KEPT)
        except self._error as error:
            self._leave_alone(error)

    def _key(self, expected: Expected) -> str:
        return f"{self._prefix}:{expected[0]}:{expected[1]}"

    def _leave_alone(self, error: Exception) -> None:
        self._quiet_until = time.monotonic() + QUIET
        log.warning("documents_are_not_shared", error=str(error), again_after_seconds=QUIET)


def pack(document: Document) -> bytes:
    """The document as bytes."""
    lengths = [len(piece) for piece in document.pieces]
    shared = list(document.shared.items())
    head = json.dumps([document.expected, lengths, document.bases, shared])
    return b"\n".join([head.encode(), b"".join(document.pieces)])


def unpack(packed: bytes) -> Document:
    """The document out of its bytes."""
    head, _, body = packed.partition(b"\n")
    expected, lengths, bases, shared = json.loads(head)
    pieces = []
    for length in lengths:
        pieces.append(body[:length])
        body = body[length:]
    return Document(tuple(expected), tuple(pieces), tuple(bases), dict(shared))


def _fingerprint() -> str:
    """Differs between installations, and between versions and kinds that show a page in another way.

    The code of a kind of somebody's own is not looked at: after a change of what its fields give, flush the
    cache, or wait a day.
    """
    database = settings.DATABASES["default"]
    looks = [
        __version__,
        [str(database.get(name)) for name in ("HOST", "PORT", "NAME")],
        [(name, kind.fields_of_kind()) for name, kind in kinds().items()],
        [settings.TIME_ZONE, settings.MEDIA_URL],
    ]
    return hashlib.sha256(json.dumps(looks).encode()).hexdigest()[:16]
