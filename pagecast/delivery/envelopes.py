"""The headers of an answer: what Django's middleware and the API put around it, learned from themselves."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from rest_framework.request import Request
from rest_framework.response import Response

from pagecast.api.pages import PageViewSet
from pagecast.site.players import framed
from pagecast.site.views import answer

# Who differs in none of these, nor in the language that was chosen, gets the same headers.
LOOKED_AT = (b"host", b"accept", b"accept-language", b"origin")
LOOKED_AT_ON_SITE = (b"host", b"accept-language")
# How many different readers are remembered, and how many bytes of each at most. Whoever is not costs what a
# request to Django costs.
REMEMBERED, LENGTH = 2048, 1000

KIND, COOKIE = "pagecast.kind", b"cookie"

Traits = tuple[bytes | None, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """What an answer wears, and whom it is for."""

    status: int
    headers: list[tuple[bytes, bytes]]
    #: The server's own address, as this reader knows it.
    origin: bytes
    #: The language of error messages.
    language: str


class Sample(PageViewSet):
    """The API's own view, which says nothing and counts nothing."""

    def list(self, request: Request) -> HttpResponse:
        return Response({})

    def retrieve(self, request: Request, pk: int) -> HttpResponse:
        return Response({})

    def look(self, request: Request, pk: int) -> HttpResponse:
        return Response({})

    def tell(self, request: Request, pk: int) -> HttpResponse:
        return Response(status=204)


VIEWS: Mapping[str, Any] = {
    "list": Sample.as_view({"get": "list", "post": "create"}),
    "page": Sample.as_view({"get": "retrieve", "patch": "partial_update", "delete": "destroy"}),
    "counters": Sample.as_view({"get": "look"}),
    "views": Sample.as_view({"post": "tell"}, authentication_classes=[], permission_classes=[]),
}
OF_SITE = {
    "home": reverse_lazy("site:home"),
    "site": reverse_lazy("site:page", args=["x"]),
    "embed": reverse_lazy("site:players", args=["x"]),
}


class Envelopes(BaseHandler):
    """Django with its middleware, around a view that answers nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()
        self._remembered = lru_cache(REMEMBERED)(self._envelope)

    def envelope(self, kind: str, scheme: str, traits: Traits) -> Envelope | None:
        """What the answers to such a reader wear; None for whom Django is to answer itself."""
        if sum(len(trait) for trait in traits if trait) > LENGTH:
            return None
        return self._remembered(kind, scheme, traits)

    def _envelope(self, kind: str, scheme: str, traits: Traits) -> Envelope | None:
        if kind not in OF_SITE and b"indent" in (traits[LOOKED_AT.index(b"accept")] or b"").lower():
            return None
        request = WSGIRequest(_environment(kind, scheme, traits))
        response = self.get_response(request)
        if response.status_code not in (200, 204) or response.cookies:
            return None
        headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
        kept = [(name, value) for name, value in headers if name != b"content-length"]
        origin = f"{request.scheme}://{request.get_host()}"
        language = response.headers.get("Content-Language", settings.LANGUAGE_CODE)
        return Envelope(response.status_code, kept, origin.encode(), language)

    def _get_response(self, request: HttpRequest) -> Any:
        kind = request.META[KIND]
        if kind in OF_SITE:
            return framed(request, answer(b"")) if kind == "embed" else answer(b"")
        response = VIEWS[kind](request, **({} if kind == "list" else {"pk": 1}))
        # What the API refuses comes as it is.
        return response.render() if isinstance(response, Response) else response


def _environment(kind: str, scheme: str, traits: Traits) -> dict[str, Any]:
    looked_at = (*(LOOKED_AT_ON_SITE if kind in OF_SITE else LOOKED_AT), COOKIE)
    said = {
        f"HTTP_{name.decode().upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in zip(looked_at, traits, strict=True)
        if value is not None
    }
    if chosen := said.pop("HTTP_COOKIE", None):
        said["HTTP_COOKIE"] = f"{settings.LANGUAGE_COOKIE_NAME}={quote(chosen)}"
    return {
        "REQUEST_METHOD": "POST" if kind == "views" else "GET",
        "PATH_INFO": str(OF_SITE.get(kind) or reverse("api:page-list")),
        "SERVER_NAME": "",
        "SERVER_PORT": "",
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(),
        KIND: kind,
        **said,
    }
