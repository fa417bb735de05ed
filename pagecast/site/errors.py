"""Errors as a person reads them."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from pagecast.pages import addresses

from .frame import asked_anew, frame, origin_of

# What the standard calls them, marked for translation.
NAMES = {
    HTTPStatus.BAD_REQUEST: gettext_noop("Bad Request"),
    HTTPStatus.FORBIDDEN: gettext_noop("Forbidden"),
    HTTPStatus.NOT_FOUND: gettext_noop("Not Found"),
    HTTPStatus.INTERNAL_SERVER_ERROR: gettext_noop("Internal Server Error"),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_noop("Service Unavailable"),
}


def plain(status: int, text: str) -> HttpResponse:
    """A page with one sentence; needs no database and no session, and does not know where it is."""
    phrase = _(NAMES[HTTPStatus(status)])
    context = frame("/") | {"origin": "", "title": phrase, "text": text}
    return asked_anew(HttpResponse(render_to_string("site/error.html", context), status=status))


def not_found(_request: HttpRequest) -> HttpResponse:
    """No such page, or none that readers may see."""
    return plain(404, _("There is no such page. It may have been renamed or taken away."))


def lost(request: HttpRequest, slug: str, view: str = "site:page") -> HttpResponse:
    """What is said at the address of a page where readers see none. Counts nothing.

    The same at what goes with a page, its feed say: `view` is the name of its address.

    A page that was renamed is elsewhere now, one that was taken away is gone, and of one that is switched off
    nothing is known. A new page may take the address at any time, so nobody keeps the answer.
    """
    former = addresses.find(slug)
    if former is None:
        return _missing(request, slug)
    if former.slug is None:
        return _gone(request)
    query = request.META.get("QUERY_STRING", "")
    path = reverse(view, args=[former.slug])
    return asked_anew(HttpResponsePermanentRedirect(f"{path}?{query}" if query else path))


def _missing(request: HttpRequest, slug: str) -> HttpResponse:
    text = _("Perhaps there is a mistake in the address, or the page has another one now.")
    context = {"words": addresses.words_of(slug), "near": addresses.like(slug)}
    return _helpful(request, 404, {"title": _("There is no such page"), "text": text} | context)


def _gone(request: HttpRequest) -> HttpResponse:
    text = _("It was here once. Perhaps another page has what you are looking for.")
    return _helpful(request, 410, {"title": _("This page was taken away"), "text": text})


def _helpful(request: HttpRequest, status: int, context: dict[str, Any]) -> HttpResponse:
    # Nothing here is kept, so the address of the server is said at once.
    whole = frame(request.get_full_path()) | {"origin": origin_of(request)} | context
    return asked_anew(HttpResponse(render_to_string("site/missing.html", whole), status=status))
