"""What every request to Django goes through, for the rooms that know nothing of each other."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.security import SecurityMiddleware
from django_structlog.middlewares import RequestMiddleware
from django_structlog.signals import bind_extra_request_metadata
from structlog.contextvars import bind_contextvars

from pagecast.media.stores.chosen import store
from pagecast.media.stores.store import StoreAway

from . import failures, security
from .hosts import parse_origin
from .summaries import LENGTH, harmless


class OverTLS(SecurityMiddleware):
    """What came over TLS stays there: its cookies are `Secure`, and browsers come back by https (HSTS).

    HSTS is for a whole host, whatever the port: https://h:8443 says nothing of who answers at http://h, and
    where http://h:8080 is ours, too, it would be out of reach.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        origins = [origin for origin in map(parse_origin, settings.PAGECAST_ORIGIN) if origin]
        plain = {origin.host.name for origin in origins if origin.scheme == "http"}
        encrypted = {origin.netloc for origin in origins if origin.scheme == "https"}
        self._for_good = {netloc for netloc in encrypted if ":" not in netloc} - plain

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if not request.is_secure():
            return super().process_response(request, response)
        for cookie in response.cookies.values():
            cookie["secure"] = True
        answer = super().process_response(request, response)
        if request.META.get("HTTP_HOST") not in self._for_good:
            del answer.headers["Strict-Transport-Security"]
        return answer


IDLE_IN_TRANSACTION = "25P03"


class DatabaseAway:
    """A database that does not answer is 503 and "try again", wherever it is noticed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that could not reach the database."""
        # PostgreSQL calls it an internal error when it cuts off whoever holds rows and does nothing.
        cut_off = getattr(exception.__cause__, "sqlstate", None) == IDLE_IN_TRANSACTION
        if cut_off or isinstance(exception, OperationalError | InterfaceError):
            return failures.database_away(request, exception)
        return None


class RequestLog(RequestMiddleware):
    """Two lines for each request: it has begun, and how it ended."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Without its query: there are searches in it, keys and tokens."""
        return f"{request.method} {request.path}"

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """The address that everybody else goes by, and not one that a client has put into a header."""
        bind_contextvars(ip=request.META.get("REMOTE_ADDR"))


@receiver(bind_extra_request_metadata)
def shorten(log_kwargs: dict[str, Any], **_more: Any) -> None:
    """What strangers call their browser is as long as they like: cut and escaped, as all that they send."""
    if agent := log_kwargs.get("user_agent"):
        log_kwargs["user_agent"] = harmless(agent[:LENGTH])


class SlashForReaders(CommonMiddleware):
    """Sends readers to the address with its slash. An edit is not sent on: a redirect would lose its body."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)


class PagePolicy(CSPMiddleware):
    """Tells browsers what a page of ours may load and do. What is no page, JSON say, goes as it is."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        response.headers.setdefault("Permissions-Policy", security.PERMISSIONS)
        return super().process_response(request, response)

    def get_policy_parts(
        self,
        request: HttpRequest,
        response: HttpResponseBase,
        report_only: bool = False,  # noqa: FBT001, FBT002 - the library's signature
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if parts.config is None and not report_only:
            parts.config = security.policy(request.path_info, _stores())
        return parts


def _stores() -> list[str]:
    """The origin of the bucket, where browsers are sent there for files."""
    bucket = settings.PAGECAST_BUCKET
    if bucket is None or bucket.proxied:
        return []
    try:
        # Its client knows best how the name of the bucket goes into the address. It asks nobody.
        kept: Any = store()
        address = urlsplit(kept.address("x"))
    except StoreAway:
        return []
    return [f"{address.scheme}://{address.netloc}"]
