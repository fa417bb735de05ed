"""What is said to readers whose view could not be counted, or who want what is not there."""

from functools import cache

from django.http import HttpResponse
from django.utils import translation
from starlette.types import Message, Scope
from structlog.contextvars import bound_contextvars

from pagecast.api import errors
from pagecast.counting.lane import Full
from pagecast.site import errors as site

from .envelopes import Envelope
from .request_ids import HEADER, request_id


def problem(error: Exception, envelope: Envelope, scope: Scope, *, of_site: bool) -> tuple[Message, Message]:
    """The answer in the manner of the API or of the site, with the headers that it shares with all others."""
    name = request_id(scope["headers"])
    if isinstance(error, Full):
        told = _full(envelope.language, of_site=of_site)
    else:
        with bound_contextvars(request_id=name):
            told = _told(error, envelope.language, of_site=of_site)
    own = {name.lower().encode(): value.encode() for name, value in told.items()}
    own |= {b"content-length": b"%d" % len(told.content), HEADER: name.encode()}
    kept = [(name, value) for name, value in envelope.headers if name not in own]
    return (
        {"type": "http.response.start", "status": told.status_code, "headers": [*kept, *own.items()]},
        {"type": "http.response.body", "body": told.content},
    )


def _told(error: Exception, language: str, *, of_site: bool) -> HttpResponse:
    with translation.override(language):
        found = errors.handle(error, {})
        assert isinstance(found, HttpResponse)  # noqa: S101 - there is one for each of these
        if not of_site:
            return found
        # As Django says it on the site: whatever the database refuses, a reader can only try again.
        answer = site.plain(503, errors.why_unavailable(error))
        answer.headers["Retry-After"] = errors.RETRY_AFTER
        return answer


@cache
def _full(language: str, *, of_site: bool) -> HttpResponse:
    """The same for all who are too many: to say so must cost less than to answer."""
    return _told(Full(), language, of_site=of_site)
