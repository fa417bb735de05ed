"""What every request to Django goes through, for the rooms that know nothing of each other."""

from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.middleware.common import CommonMiddleware

from . import failures


class DatabaseAway:
    """A database that does not answer is 503 and "try again", wherever it is noticed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that could not reach the database."""
        if isinstance(exception, OperationalError | InterfaceError):
            return failures.database_away(request, exception)
        return None


class SlashForReaders(CommonMiddleware):
    """Sends readers to the address with its slash. An edit is not sent on: a redirect would lose its body."""

    def should_redirect_with_slash(self, request: HttpRequest) -> bool:
        return request.method in ("GET", "HEAD") and super().should_redirect_with_slash(request)
