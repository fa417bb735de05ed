"""Documents that server processes share through Django's cache, when there is a Redis.

They lie there by page, edition and look, and an edition is never used twice, so none can ever be out of date.
"""

import hashlib
import json
import time
from collections.abc import Collection, Mapping
from contextlib import suppress

import structlog
from django.conf import settings
from django.core.cache import caches
from django.utils.module_loading import import_string

from pagecast import __version__
from pagecast.counting.increments import Expected
from pagecast.pages.kinds import kinds
from pagecast.site import theme
from pagecast.site.marks import Cut

from .documents import Document, WebDocument

log = structlog.get_logger(__name__)

CACHE = "documents"
# Seconds: how long a document is kept, and how long a cache that does not answer is left alone.
KEPT, QUIET = 24 * 3600, 10.0


#: A page in an edition, and its look.
Name = tuple[Expected, str]


class SharedDocuments:
    """What other processes have rendered. A cache that does not answer is as good as an empty one."""

    def __init__(self) -> None:
        self._cache = caches[CACHE]
        self._error: type[Exception] = import_string("redis.exceptions.RedisError")
        self._prefix = _fingerprint()
        self._quiet_until = 0.0

    def get(self, wanted: Collection[Name]) -> dict[Name, Document]:
        """Those of the documents that are there."""
        if not wanted or time.monotonic() < self._quiet_until:
            return {}
        keys = {self._key(name): name for name in wanted}
        try:
            found = self._cache.get_many(keys)
        except self._error as error:
            self._leave_alone(error)
            return {}
        documents = {}
        for key, packed in found.items():
            # What somebody else has put there is no document.
            with suppress(ValueError, TypeError):
                document = unpack(packed)
                if document.expected == keys[key][0]:
                    documents[keys[key]] = document
        return documents

    def put(self, documents: Mapping[Name, Document]) -> None:
        """Let the others have these documents."""
        packed = {self._key(name): pack(document) for name, document in documents.items()}
        if not packed or time.monotonic() < self._quiet_until:
            return
        try:
            self._cache.set_many(packed, KEPT)
        except self._error as error:
            self._leave_alone(error)

    def _key(self, name: Name) -> str:
        (page, edition), look = name
        return f"{self._prefix}:{page}:{edition}:{look}"

    def _leave_alone(self, error: Exception) -> None:
        self._quiet_until = time.monotonic() + QUIET
        log.warning("documents_are_not_shared", error=str(error), again_after_seconds=QUIET)


def pack(document: Document) -> bytes:
    """The document as bytes."""
    lengths = [len(piece) for piece in document.pieces]
    shared = list(document.shared.items())
    web = (
        [document.slug, document.html.language, document.html.slots]
        if isinstance(document, WebDocument)
        else None
    )
    head = json.dumps([document.expected, lengths, document.bases, shared, web])
    return b"\n".join([head.encode(), b"".join(document.pieces)])


def unpack(packed: bytes) -> Document:
    """The document out of its bytes."""
    head, _, body = packed.partition(b"\n")
    expected, lengths, bases, shared, web = json.loads(head)
    pieces = []
    for length in lengths:
        pieces.append(body[:length])
        body = body[length:]
    plain = tuple(expected), tuple(pieces), tuple(bases), dict(shared)
    if web is None:
        return Document(*plain)
    slug, language, slots = web
    return WebDocument(*plain, slug, Cut(language, plain[1], tuple((place, form) for place, form in slots)))


def _fingerprint() -> str:
    """Differs between installations, and between versions, kinds and themes that show a page in another way.

    The code of a kind of somebody's own is not looked at: after a change of what its fields give, flush the
    cache, or wait a day.
    """
    database = settings.DATABASES["default"]
    looks = [
        __version__,
        [str(database.get(name)) for name in ("HOST", "PORT", "NAME")],
        [(name, kind.fields_of_kind()) for name, kind in kinds().items()],
        [settings.TIME_ZONE, settings.MEDIA_URL, *settings.PAGECAST_ORIGIN],
        theme.fingerprint(),
    ]
    return hashlib.sha256(json.dumps(looks).encode()).hexdigest()[:16]
