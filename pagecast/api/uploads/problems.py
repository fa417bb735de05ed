"""What goes wrong with an upload, in the statuses that tus 1.0.0 wants and the shape that the API has."""

import json
from collections.abc import Mapping
from typing import Any

from django.db.models import ProtectedError
from django.http import HttpResponse
from django.utils.translation import gettext as _

from pagecast.api import errors
from pagecast.api.errors import Problem
from pagecast.media.appending import Gone, Mismatch, Moved, NoSpace, TooMuch
from pagecast.media.errors import NoRoom, NotComplete, Unreachable
from pagecast.media.resuming import Busy, NotParts, Taken

from .incoming import Broken

STATUSES: dict[type[Exception], int] = {
    NotParts: 400,
    Moved: 409,
    Busy: 409,
    Taken: 409,
    NotComplete: 409,
    Gone: 410,
    TooMuch: 413,
    NoSpace: 507,
    NoRoom: 507,
}


def handle(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """What is answered when an upload raises; everything else is answered as in the rest of the API."""
    if status := STATUSES.get(type(error)):
        return Problem(status, str(error))
    match error:
        case Unreachable():
            return Problem(503, str(error), headers={"Retry-After": errors.RETRY_AFTER})
        case Mismatch():
            return _mismatch(Problem(400, str(error)))
        case ProtectedError():
            return Problem(409, _("A content has this file. Remove the content, or give it another file."))
        case Broken():
            return Problem(408, _("Nothing came for a while. What came before is kept: go on from there."))
    return errors.handle(error, context)


def _mismatch(problem: Problem) -> Problem:
    """The same with the status that tus has made for it, which HTTP does not know."""
    named = {"title": "Checksum Mismatch", "status": 460}
    problem.content = json.dumps(json.loads(problem.content) | named, ensure_ascii=False).encode()
    problem.status_code = 460
    return problem
