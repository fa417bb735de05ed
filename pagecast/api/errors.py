"""Every error of the API in one shape: RFC 9457, application/problem+json."""

import json
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import (
    NON_FIELD_ERRORS,
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from rest_framework import exceptions

from pagecast.counting.errors import OutcomeUnknown
from pagecast.counting.lane import Full
from pagecast.media.errors import NoRoom, Refused, TooLarge, Unreachable
from pagecast.pages.errors import Conflict

log = structlog.get_logger(__name__)

# Seconds after which a server that could not reach its database is worth another try.
RETRY_AFTER = "2"
# The type of the one problem that leaves open whether a view was counted, or an edit made.
OUTCOME_UNKNOWN = "urn:pagecast:outcome-unknown"
# What is not the file's fault, or not what it holds.
REFUSALS = {TooLarge: 413, NoRoom: 507, Unreachable: 503}
# Seconds between two log lines about a database that does not answer, however many requests meet it.
SILENCE = 10.0


class _Complaint:
    """Says the same thing once in a while, and how often it would have been said since."""

    def __init__(self) -> None:
        self._next, self._times = 0.0, 0

    def say(self, error: Exception) -> None:
        self._times += 1
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + SILENCE
            log.error("database_unavailable", error=str(error).strip(), requests=self._times)
            self._times = 0


_complaint = _Complaint()


class Problem(HttpResponse):
    """An answer that says what is wrong, with which field, and what would be right."""

    def __init__(
        self,
        status: int,
        detail: str,
        errors: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        kind: str = "about:blank",
    ) -> None:
        body: dict[str, Any] = {
            "type": kind,
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
        }
        if errors:
            body["errors"] = errors
        # Half a character that was sent to us goes back as the JSON escape that it came as.
        content = json.dumps(body, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace")
        super().__init__(
            content, status=status, content_type="application/problem+json", headers=dict(headers or {})
        )


class FormRefused(exceptions.PermissionDenied):
    """An edit from a browser that does not come from a page of ours; `answer` says why."""

    def __init__(self, answer: HttpResponse) -> None:
        super().__init__()
        self.answer = answer


def handle(error: Exception, _context: Mapping[str, Any]) -> HttpResponse | None:  # noqa: C901, PLR0911 - a table
    """What the API answers when a view raises; None for what nobody foresaw."""
    match error:
        case exceptions.ValidationError():
            return _invalid(400, _by_field(error.detail))
        case FormRefused():
            return error.answer
        case exceptions.APIException():
            return _of_rest_framework(error)
        case ValidationError():
            return _invalid(409 if isinstance(error, Conflict) else 400, _by_field(_of_django(error)))
        case Refused():
            return _invalid(REFUSALS.get(type(error), 400), {"file": [str(error)]})
        case Http404() | ObjectDoesNotExist():
            return Problem(404, _("There is nothing here that you may see."))
        case PermissionDenied():
            return Problem(403, str(error) or _("You may not do this."))
        case RequestDataTooBig():
            limit = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            return Problem(
                413, _("The body is larger than %(limit)s. Send files as multipart.") % {"limit": limit}
            )
        case UnreadablePostError() | SuspiciousOperation():
            return Problem(400, _("The request can not be read: %(reason)s") % {"reason": error})
        case DataError():
            return Problem(
                400, _("The request can not be read: %(reason)s") % {"reason": _("a value is out of range")}
            )
        case IntegrityError():
            return Problem(
                409, _("Somebody changed the same thing at the same moment. Look at it and try again.")
            )
        case DatabaseError() | InterfaceError() | Full():
            return _unavailable(error)
    return None


def _unavailable(error: Exception) -> Problem:
    if not isinstance(error, Full):
        _complaint.say(error)
    kind = OUTCOME_UNKNOWN if isinstance(error, OutcomeUnknown) else "about:blank"
    return Problem(503, why_unavailable(error), headers={"Retry-After": RETRY_AFTER}, kind=kind)


def why_unavailable(error: Exception) -> str:
    """What is to be said of a 503: what has become of the request, and what to do."""
    match error:
        case Full():
            return _("Too many readers at once. Nothing was counted; try again.")
        case OutcomeUnknown():
            return _("The database went away meanwhile. What you asked for may be done, or not: look first.")
        case DatabaseError() if "full" in str(error) or "No space left" in str(error):
            return _("The disk of the database is full. Nothing was changed and nothing counted; try again.")
    return _("The database does not answer right now. Nothing was changed and nothing counted; try again.")


def bad_request(_request: HttpRequest, exception: Exception) -> HttpResponse:
    """What Django refuses before any view."""
    return Problem(400, _("The request can not be read: %(reason)s") % {"reason": exception})


def not_found(request: HttpRequest, _exception: Exception) -> HttpResponse:
    """No such address."""
    return Problem(
        404, _("There is no address %(path)s in the API; /swagger/ lists them.") % {"path": request.path}
    )


def server_error(_request: HttpRequest) -> HttpResponse:
    """A fault of ours: the log has the details, the answer has none."""
    return Problem(500, _("Pagecast made a mistake. Nothing was changed; its log says what went wrong."))


def _of_rest_framework(error: exceptions.APIException) -> Problem:
    headers = {}
    if auth := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return Problem(error.status_code, str(error.detail), headers=headers)


def _of_django(error: ValidationError) -> Any:
    return error.message_dict if hasattr(error, "error_dict") else error.messages


def _invalid(status: int, errors: Mapping[str, Any]) -> Problem:
    names = ", ".join(errors)
    text = _("Not accepted: %(fields)s. Nothing was changed; `errors` says what would be right.")
    headers = {"Retry-After": RETRY_AFTER} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return Problem(status, text % {"fields": names}, errors, headers)


def _by_field(detail: Any) -> dict[str, Any]:
    if isinstance(detail, Mapping):
        return {_name(field): messages for field, messages in detail.items()}
    return {"body": detail if isinstance(detail, Sequence) and not isinstance(detail, str) else [detail]}


def _name(field: Any) -> str:
    return "body" if field in ("non_field_errors", NON_FIELD_ERRORS) else str(field)
