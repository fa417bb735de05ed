"""Errors as a person reads them."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from .frame import frame

# What the standard calls them, marked for translation.
NAMES = {
    HTTPStatus.BAD_REQUEST: gettext_noop("Bad Request"),
    HTTPStatus.FORBIDDEN: gettext_noop("Forbidden"),
    HTTPStatus.NOT_FOUND: gettext_noop("Not Found"),
    HTTPStatus.INTERNAL_SERVER_ERROR: gettext_noop("Internal Server Error"),
    HTTPStatus.SERVICE_UNAVAILABLE: gettext_noop("Service Unavailable"),
}


def plain(status: int, text: str) -> HttpResponse:
    """A page with one sentence; needs no database and no session."""
    phrase = _(NAMES[HTTPStatus(status)])
    return HttpResponse(
        render_to_string("site/error.html", frame("/") | {"title": phrase, "text": text}), status=status
    )


def not_found(_request: HttpRequest) -> HttpResponse:
    """No such page, or none that readers may see."""
    return plain(404, _("There is no such page. It may have been renamed or taken away."))
