"""What machines fetch again and again, and get only when something has changed."""

import hashlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag

import pagecast

from .describing import site_title


def moment(edition: int) -> datetime:
    """When an edition began: it is the clock in microseconds, or a little more."""
    return datetime.fromtimestamp(edition / 1e6, UTC)


def unless_known(
    request: HttpRequest, editions: Iterable[int], make: Callable[[], HttpResponse]
) -> HttpResponse:
    """What `make` answers, or 304 for who has it already.

    It is made of what had these editions, in their order, of the title of the site, its language, and the
    address that it is asked at; `editions` are read before it is made, so that nobody is told 304 of what is
    older.
    """
    known = list(editions)
    here = request.build_absolute_uri(request.path)
    parts = (pagecast.__version__, site_title(), settings.LANGUAGE_CODE, here, *map(str, known))
    etag = quote_etag(hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32])
    newest = max(known, default=0) // 1_000_000
    # A date is a whole second: while it lasts, there may be another edit yet.
    modified = newest if newest < int(time.time()) else None
    answer = get_conditional_response(request, etag=etag, last_modified=modified) or make()
    answer.headers.setdefault("ETag", etag)
    if modified is not None:
        answer.headers.setdefault("Last-Modified", http_date(modified))
    answer.headers["Cache-Control"] = "no-cache"
    return answer
