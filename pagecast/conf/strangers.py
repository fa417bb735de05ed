"""Answers whoever looks for what is not here, before Django: in microseconds, and without filling the log."""

import re
from collections.abc import Awaitable, Mapping
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, parse_cookie
from django.urls import reverse
from django.utils import translation
from starlette.types import ASGIApp, Receive, Scope, Send

from pagecast.site.urls import before_slug

from . import mismatches
from .addresses import READING, Address, Addresses
from .hosts import parse_host
from .proxies import FOR_ANY_HOST
from .refusals import ADMIN, API, MALFORMED_HOST, NO_ADDRESS, ODD_METHOD, SITE, UNKNOWN_HOST, Refusals
from .summaries import note

METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
# How many wishes for a language are remembered, and how many bytes of one at most.
REMEMBERED, LENGTH = 1024, 200

CURE = "Nothing is wrong here. If it comes to much, have the proxy in front limit requests by address."

Headers = Mapping[bytes, bytes]


class Strangers:
    """Refuses what nothing answers, and hands every other request on untouched.

    404 for a path that no URL pattern and no file has, 405 for a method that the path does not take, 400 for
    a host that is not ours, which a layer outside says by `scope["pagecast.host"] = None`. The words, the
    language and the headers are Django's. Counts nothing, sets no cookie, and opens no database connection.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._addresses = Addresses()
        self._refusals = Refusals()
        # Whatever the number: readers are not kept waiting until a pattern is found.
        page = rf"{re.escape(reverse('api:page-list'))}(?:[0-9]{{1,18}}/(?:views/|counters/)?)?"
        self._is_page = re.compile(page).fullmatch
        of_site = re.escape(before_slug())
        self._is_page_of_site = re.compile(
            rf"{re.escape(reverse('site:home'))}|{of_site}[-\w]{{1,200}}/(?:embed/)?"
        ).fullmatch
        self._media, self._static = settings.MEDIA_URL, settings.STATIC_URL
        self._origins = frozenset(origin.encode() for origin in settings.CORS_ALLOWED_ORIGINS)
        self._language_cookie = settings.LANGUAGE_COOKIE_NAME
        self._language = lru_cache(REMEMBERED)(self._asked_language)

    # Without `async`: readers, who are by far the most, pay for a look and not for a coroutine.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        path, method = scope["path"], scope["method"]
        if scope.get("pagecast.host", True) is None and not self._is_for_any_host(path):
            return self._refuse_host(scope, send)
        if path.startswith(self._media) or (method in METHODS and self._is_page(path)):
            return self._app(scope, receive, send)
        if method in READING and self._is_page_of_site(path):
            return self._app(scope, receive, send)
        return self._find(scope, receive, send)

    async def _find(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method = scope["path"], scope["method"]
        address = self._addresses.find(path)
        if method not in METHODS:
            await self._refuse_method(scope, send, address)
        elif address is None:
            if self._is_redirected(path, method) or self._is_for_editors_elsewhere(scope):
                await self._app(scope, receive, send)
                return
            note("unknown_path", CURE, path=path)
            await self._refuse(scope, send, NO_ADDRESS, path.removeprefix(_area(path)))
        elif not path.startswith(API) and address.methods and method not in address.methods:
            await self._refuse_method(scope, send, address)
        else:
            await self._app(scope, receive, send)

    def _is_for_any_host(self, path: str) -> bool:
        """Whether it is told to whoever asks: also the looks of the page that says what is wrong."""
        is_of_ours = path.startswith(self._static) and self._addresses.find(path) is not None
        return path in FOR_ANY_HOST or is_of_ours

    def _is_redirected(self, path: str, method: str) -> bool:
        """Whether Django sends readers on to the same path with a slash."""
        is_short = method in READING and not path.endswith("/")
        return is_short and settings.APPEND_SLASH and self._addresses.find(f"{path}/") is not None

    def _is_for_editors_elsewhere(self, scope: Scope) -> bool:
        """Whether another site's page asks that may: Django knows what its browser has to be told."""
        return bool(self._origins) and dict(scope["headers"]).get(b"origin") in self._origins

    async def _refuse_host(self, scope: Scope, send: Send) -> None:
        host = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        note("unknown_host", mismatches.UNKNOWN_HOST, **mismatches.host_fields(host))
        kind = UNKNOWN_HOST if parse_host(host) else MALFORMED_HOST
        await self._refuse(scope, send, kind, host)

    async def _refuse_method(self, scope: Scope, send: Send, address: Address | None) -> None:
        method = scope["method"]
        note("odd_method", CURE, method=method, path=scope["path"])
        allowed = (address and address.methods) or READING
        area = API if address and address.is_api else _area(scope["path"])
        await self._refuse(
            scope, send, ODD_METHOD, method, (b"allow", ", ".join(allowed).encode()), area=area
        )

    async def _refuse(
        self, scope: Scope, send: Send, kind: str, asked: str, *more: tuple[bytes, bytes], area: str = ""
    ) -> None:
        headers = dict(scope["headers"])
        # What is said over TLS depends on the host; there are as many as the setting names.
        over_tls = headers[b"host"].decode() if scope["scheme"] == "https" and b"host" in headers else ""
        refusal = self._refusals.refusal(
            kind, area or _area(scope["path"]), self._language_of(headers), over_tls
        )
        if b"transfer-encoding" in headers or headers.get(b"content-length", b"0").strip(b" 0"):
            # What was not read cannot be told from the next request.
            more = (*more, (b"connection", b"close"))
        for message in refusal.messages(asked, *more, has_body=scope["method"] != "HEAD"):
            await send(message)

    def _language_of(self, headers: Headers) -> str:
        accepted, cookies = headers.get(b"accept-language", b""), headers.get(b"cookie", b"")
        if self._language_cookie.encode() not in cookies:
            cookies = b""
        if len(accepted) + len(cookies) <= LENGTH:
            return self._language(accepted, cookies)
        return self._asked_language(accepted, cookies)

    def _asked_language(self, accepted: bytes, cookies: bytes) -> str:
        """The language that Django would answer in."""
        request = HttpRequest()
        request.META["HTTP_ACCEPT_LANGUAGE"] = accepted.decode("latin-1")
        request.COOKIES = parse_cookie(cookies.decode("utf-8", "replace"))
        return translation.get_language_from_request(request)


def _area(path: str) -> str:
    """The part of the site that the path is in: each has headers and a manner of its own."""
    if path.startswith(API):
        return API
    return ADMIN if path.startswith(ADMIN) else SITE
