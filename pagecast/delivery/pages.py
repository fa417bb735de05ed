"""Pages and the list of them, as JSON and as HTML, before Django is asked."""

from collections.abc import Hashable
from typing import Any, cast

from django.conf import settings
from django.http import Http404, parse_cookie
from django.urls import reverse
from starlette.types import ASGIApp, Receive, Scope, Send

from pagecast.site.parts import Wish as PartOfSite
from pagecast.site.urls import before_slug

from .accesses import (
    JSON,
    Access,
    CountersAccess,
    FramedAccess,
    HomeAccess,
    ListAccess,
    PageAccess,
    TellingAccess,
    WebAccess,
    entry_in,
)
from .careful import HandOn
from .delivery import Delivery
from .documents import Document, Slice
from .envelopes import LOOKED_AT, LOOKED_AT_ON_SITE, Envelope, Envelopes
from .figures import Figures
from .memory import Memory
from .problems import problem
from .shared import CACHE, SharedDocuments
from .wishes import COUNTERS, DETAIL, FRAMED, HOME, LIST, OF_SITE, TELLING, WEB_PAGE, Wish, Wishes

# A token shows more than readers see, and a body is refused or read by others.
FOREIGN = frozenset((b"authorization", b"transfer-encoding"))

# What is asked of a page by its id.
OF_A_PAGE = {DETAIL: PageAccess, TELLING: TellingAccess, COUNTERS: CountersAccess}
# What is asked of a page by its address on the site.
OF_A_PAGE_OF_SITE = {WEB_PAGE: WebAccess, FRAMED: FramedAccess}

Headers = dict[bytes, bytes]


class PageDocuments:
    """Answers readers of pages, as JSON below `url` or on the site, and POST to `views/`; hands on others."""

    def __init__(self, app: ASGIApp, *, url: str, room: int) -> None:
        self._app = app
        self._wishes = Wishes(url=url, home=reverse("site:home"), pages=before_slug())
        self._memory = Memory(room, SharedDocuments() if CACHE in settings.CACHES else None)
        self._delivery = Delivery(self._memory, url)
        self._envelopes = Envelopes()
        self._session_cookie = settings.SESSION_COOKIE_NAME.encode()
        self._language_cookie = settings.LANGUAGE_COOKIE_NAME

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
        if (
            scope["type"] == "http"
            and (wish := self._wishes.wish(scope))
            and (envelope := self._envelope(wish.kind, scope, dict(scope["headers"])))
        ):
            access, ready = self._access(wish, envelope)
            if scope["method"] == "HEAD":
                access.only_look()
            outcome = await self._delivery.count(access, ready=ready)
            if not isinstance(outcome, HandOn) and await self._send(scope, access, envelope, outcome, send):
                return
        await self._app(scope, receive, send)

    def _envelope(self, kind: str, scope: Scope, headers: Headers) -> Envelope | None:
        """What the answer wears, if it is one that everybody gets alike."""
        if len(headers) != len(scope["headers"]) or not FOREIGN.isdisjoint(headers):
            return None
        if headers.get(b"content-length", b"0") != b"0" or b"host" not in headers:
            return None
        traits = map(headers.get, LOOKED_AT_ON_SITE if kind in OF_SITE else LOOKED_AT)
        chosen = None
        if cookies := headers.get(b"cookie"):
            # Who is logged in may see more. Otherwise there is nothing to a cookie but the language.
            if self._session_cookie in cookies:
                return None
            if self._language_cookie.encode() in cookies:
                chosen = parse_cookie(cookies.decode("latin-1")).get(self._language_cookie, "").encode()
        return self._envelopes.envelope(kind, scope["scheme"], (*traits, chosen))

    def _access(self, wish: Wish, envelope: Envelope) -> tuple[Access, bool]:
        """The access, and whether all that it shows is at hand."""
        kind, key = wish
        if kind == LIST:
            query = cast("str", key)
            part, documents = self._recall_part(query, JSON)
            return ListAccess(query, part, documents), part is not None and len(documents) == len(part.pages)
        if kind == HOME:
            wanted, language = cast("PartOfSite", key), envelope.language
            part, documents = self._recall_part((wanted, language), entry_in(language))
            home = HomeAccess(wanted, language, part, documents)
            return home, part is not None and len(documents) == len(part.pages)
        if opens := OF_A_PAGE_OF_SITE.get(kind):
            slug = cast("str", key)
            document = self._memory.documents.get((slug, opens.look_in(envelope.language)))
            return opens(slug, envelope.language, document), document is not None
        number, make = cast("int", key), OF_A_PAGE[kind]
        document = self._memory.documents.get((number, make.look))
        return make(number, document), document is not None

    def _recall_part(self, name: Hashable, look: str) -> tuple[Slice | None, list[Document]]:
        """A part of a list, and those of its documents that are at hand."""
        part = self._memory.slices.get(name)
        documents = [self._memory.documents.get((page, look)) for page in part.pages] if part else []
        return part, [document for document in documents if document]

    async def _send(self, scope: Scope, access: Access, envelope: Envelope, outcome: Any, send: Send) -> bool:
        """Answer with what came out. False, and nothing is sent: Django knows better what to say."""
        of_site = isinstance(access, WebAccess | HomeAccess)
        if isinstance(outcome, Exception):
            messages = problem(outcome, envelope, scope, of_site=of_site)
            self._delivery.figures.failed[access.way, messages[0]["status"]] += 1
        elif (body := access.body(envelope.origin, outcome)) is not None:
            headers = [*envelope.headers, (b"content-length", b"%d" % len(body))]
            messages = (
                {"type": "http.response.start", "status": envelope.status, "headers": headers},
                {"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body},
            )
        elif of_site:
            return False
        else:
            messages = problem(Http404(), envelope, scope, of_site=False)
        for message in messages:
            await send(message)
        return True
