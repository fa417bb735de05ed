"""Answers to strangers, as Django would give them: learned from itself, each when it is first needed."""

import io
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import translation
from django.utils.html import escape
from rest_framework.exceptions import MethodNotAllowed

from pagecast.api import errors

NO_ADDRESS, ODD_METHOD, UNKNOWN_HOST, MALFORMED_HOST = "address", "method", "host", "malformed host"
API, ADMIN, SITE = "/api/", "/admin/", "/"
# Stands for what a stranger has sent. The one with an underscore is no host by any standard.
MARKER, MALFORMED = "marker-of-strangers.invalid", "marker_of_strangers.invalid"
KIND = "pagecast.refusal"

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer, cut where it repeats what was asked."""

    status: int
    headers: list[tuple[bytes, bytes]]
    pieces: list[bytes]
    is_json: bool

    def messages(self, asked: str, *more: tuple[bytes, bytes], has_body: bool) -> tuple[Message, Message]:
        """What is sent, with what was asked put in and made harmless."""
        body = self.pieces[0] if len(self.pieces) == 1 else self._quote(asked).join(self.pieces)
        headers = [*self.headers, (b"content-length", b"%d" % len(body)), *more]
        return (
            {"type": "http.response.start", "status": self.status, "headers": headers},
            {"type": "http.response.body", "body": body if has_body else b""},
        )

    def _quote(self, asked: str) -> bytes:
        if self.is_json:
            return json.dumps(asked, ensure_ascii=False)[1:-1].encode("utf-8", "backslashreplace")
        return escape(asked).encode("utf-8", "backslashreplace")


class Refusals(BaseHandler):
    """Django with its middleware, asked about a marker in place of what strangers ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()
        # A kind, an area, a language and an own host over TLS: there are few of each.
        self.refusal = cache(self._learn)

    def _learn(self, kind: str, area: str, language: str, over_tls: str) -> Refusal:
        """What Django says below `area` to browsers of this language, who asked that host over TLS."""
        marker = MALFORMED if kind == MALFORMED_HOST else MARKER
        host = marker if kind in {UNKNOWN_HOST, MALFORMED_HOST} else over_tls or _own_host()
        # Asking leaves its language behind.
        with translation.override(language):
            request = WSGIRequest(_environment(kind, area, language, "https" if over_tls else "http", host))
            response: Any = self.get_response(request)
        headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
        return Refusal(
            response.status_code,
            [(name, value) for name, value in headers if name not in {b"content-length", b"allow"}],
            response.content.split(marker.encode()),
            is_json="json" in response.headers.get("Content-Type", ""),
        )

    def _get_response(self, request: HttpRequest) -> Any:
        if request.META[KIND] != ODD_METHOD:
            raise Http404
        if not request.path.startswith(API):
            return HttpResponseNotAllowed(())
        problem = errors.handle(MethodNotAllowed(MARKER), {})
        assert isinstance(problem, HttpResponse)  # noqa: S101 - there is one for every error of the framework
        return problem


def _own_host() -> str:
    """A host that Django takes for its own."""
    return next((host for host in settings.ALLOWED_HOSTS if host[:1] not in {"*", "."}), "localhost")


def _environment(kind: str, area: str, language: str, scheme: str, host: str) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"{area}{MARKER}",
        "HTTP_HOST": host,
        "HTTP_ACCEPT_LANGUAGE": language,
        "SERVER_NAME": "",
        "SERVER_PORT": "",
        "wsgi.url_scheme": scheme,
        "wsgi.input": io.BytesIO(),
        KIND: kind,
    }
