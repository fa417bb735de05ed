"""Pages and the list of them as JSON, before Django is asked."""

import re
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import Http404, HttpResponse
from django.utils import translation
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from pagecast.api import errors
from pagecast.api.fields import BIGGEST
from pagecast.counting.lane import Full

from .accesses import Access, ListAccess, PageAccess, TellingAccess
from .careful import HandOn
from .delivery import Delivery
from .envelopes import LOOKED_AT, Envelope, Envelopes
from .figures import Figures
from .memory import Memory
from .request_ids import HEADER, request_id
from .shared import CACHE, SharedDocuments

# Written as we write them; how else they may be written is Django's to judge.
PAGE, SIZE = rb"page=[1-9]\d{0,8}", rb"page_size=(?:100|[1-9]\d?)"
QUERY = re.compile(rb"(?:%b(?:&%b)?|%b(?:&%b)?)?" % (PAGE, SIZE, SIZE, PAGE))
# Digits of an id that is too large for a database; whoever has that many asks Django.
LONGEST = len(str(BIGGEST))
# A token shows more than readers see, and a body is refused or read by others.
FOREIGN = frozenset((b"authorization", b"transfer-encoding"))

Headers = dict[bytes, bytes]
Wish = tuple[str, int | str]


class PageDocuments:
    """Answers GET of pages for JSON below `url`, and POST to `views/`; hands every other request on."""

    def __init__(self, app: ASGIApp, *, url: str, room: int) -> None:
        self._app, self._url = app, url
        self._memory = Memory(room, SharedDocuments() if CACHE in settings.CACHES else None)
        self._delivery = Delivery(self._memory, url)
        self._envelopes = Envelopes()
        names = settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME
        self._our_cookies = tuple(name.encode() for name in (*names, CookieStorage.cookie_name))

    @property
    def figures(self) -> Figures:
        """What was answered."""
        return self._delivery.figures

    def waiting(self) -> dict[str, int]:
        """How many requests wait in each lane."""
        return self._delivery.waiting()

    @property
    def taken(self) -> int:
        """The bytes of the documents that are held."""
        return self._memory.taken

    def start(self) -> None:
        """Begin to count, for the event loop that runs."""
        self._delivery.start()

    async def stop(self) -> None:
        """Answer whoever waits, and end."""
        await self._delivery.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(self._url):
            headers = dict(scope["headers"])
            if (wish := self._wish(scope)) and (envelope := self._envelope(wish[0], scope, headers)):
                access, ready = self._access(wish)
                outcome = await self._delivery.count(access, ready=ready)
                if not isinstance(outcome, HandOn):
                    await self._send(scope, access, envelope, outcome, send)
                    return
        await self._app(scope, receive, send)

    def _wish(self, scope: Scope) -> Wish | None:
        """Which of our answers is asked for: its kind, with the page or with the query."""
        query, rest = scope["query_string"], scope["path"][len(self._url) :]
        if scope["method"] == "GET":
            if not rest:
                return ("list", query.decode()) if QUERY.fullmatch(query) else None
            kind, number, end = "page", rest[:-1], rest[-1:]
        elif scope["method"] == "POST":
            number, _, end = rest.partition("/")
            kind, end = "views", "/" if end == "views/" else ""
        else:
            return None
        return (kind, int(number)) if end == "/" and not query and _is_written_plainly(number) else None

    def _envelope(self, kind: str, scope: Scope, headers: Headers) -> Envelope | None:
        """What the answer wears, if it is one that everybody gets alike."""
        if len(headers) != len(scope["headers"]) or not FOREIGN.isdisjoint(headers):
            return None
        if headers.get(b"content-length", b"0") != b"0" or b"host" not in headers:
            return None
        if (cookies := headers.get(b"cookie")) and any(name in cookies for name in self._our_cookies):
            return None
        return self._envelopes.envelope(kind, scope["scheme"], tuple(map(headers.get, LOOKED_AT)))

    def _access(self, wish: Wish) -> tuple[Access, bool]:
        """The access, and whether all that it shows is at hand."""
        kind, key = wish
        if isinstance(key, str):
            part = self._memory.slices.get(key)
            documents = [self._memory.documents.get(page) for page in part.pages] if part else []
            known = [document for document in documents if document]
            return ListAccess(key, part, known), part is not None and len(known) == len(documents)
        document = self._memory.documents.get(key)
        access = TellingAccess(key, document) if kind == "views" else PageAccess(key, document)
        return access, document is not None

    async def _send(self, scope: Scope, access: Access, envelope: Envelope, outcome: Any, send: Send) -> None:
        if isinstance(outcome, Exception):
            problem = _problem(outcome, envelope, scope)
            self._delivery.figures.failed[access.way, problem[0]["status"]] += 1
        elif (body := access.body(envelope.origin, outcome)) is None:
            problem = _problem(Http404(), envelope, scope)
        else:
            headers = [*envelope.headers, (b"content-length", b"%d" % len(body))]
            await send({"type": "http.response.start", "status": envelope.status, "headers": headers})
            await send({"type": "http.response.body", "body": body})
            return
        for message in problem:
            await send(message)


def _told(error: Exception, language: str) -> HttpResponse:
    with translation.override(language):
        problem = errors.handle(error, {})
    assert isinstance(problem, HttpResponse)  # noqa: S101 - there is one for each of these
    return problem


@cache
def _full(language: str) -> HttpResponse:
    """The same for all who are too many: to say so must cost less than to answer."""
    return _told(Full(), language)


def _is_written_plainly(number: str) -> bool:
    """As we write it; and no database has a longer one."""
    return number.isascii() and number.isdecimal() and number[0] != "0" and len(number) < LONGEST


def _problem(error: Exception, envelope: Envelope, scope: Scope) -> tuple[Message, Message]:
    name = request_id(scope["headers"])
    if isinstance(error, Full):
        problem = _full(envelope.language)
    else:
        with bound_contextvars(request_id=name):
            problem = _told(error, envelope.language)
    own = {name.lower().encode(): value.encode() for name, value in problem.items()}
    own |= {b"content-length": b"%d" % len(problem.content), HEADER: name.encode()}
    kept = [(name, value) for name, value in envelope.headers if name not in own]
    return (
        {"type": "http.response.start", "status": problem.status_code, "headers": [*kept, *own.items()]},
        {"type": "http.response.body", "body": problem.content},
    )
