"""Errors that no view answers: in the API's shape under /api/, as a page for people elsewhere."""

from django.core.exceptions import DisallowedHost
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from pagecast.api import errors as api
from pagecast.counting.errors import OutcomeUnknown
from pagecast.site import errors as site

from . import mismatches
from .summaries import note


def _of_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before any view: an unknown host, a broken form."""
    if isinstance(exception, DisallowedHost):
        # Said before Django as a rule (strangers.py), which has the words from here, and writes the log.
        mismatch = mismatches.unknown_host(request.META.get("HTTP_HOST", ""))
        refusal = api.Problem if _of_api(request) else site.plain
        return refusal(400, mismatch.text)
    if _of_api(request):
        return api.bad_request(request, exception)
    return site.plain(400, _("The request can not be read: %(reason)s") % {"reason": exception})


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A page that its visitor may not open."""
    return site.plain(403, str(exception) or _("You may not do this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address."""
    return api.not_found(request, exception) if _of_api(request) else site.not_found(request)


def database_away(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database does not answer: say so, and when to come back."""
    if request.method not in ("GET", "HEAD") and not connection.is_usable():
        # It broke in an edit, perhaps while it was committed.
        error = OutcomeUnknown(*error.args)
    problem = api.handle(error, {})
    if _of_api(request) and problem is not None:
        return problem
    answer = site.plain(503, api.why_unavailable(error))
    answer.headers["Retry-After"] = api.RETRY_AFTER
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours."""
    if _of_api(request):
        return api.server_error(request)
    return site.plain(500, _("Pagecast made a mistake. Nothing was changed; its log says what went wrong."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that does not come from a page of ours, as far as the browser tells."""
    mismatch = mismatches.refused_form(request)
    note("form_refused", mismatch.cure, **mismatch.fields)
    return api.Problem(403, mismatch.text) if _of_api(request) else site.plain(403, mismatch.text)
