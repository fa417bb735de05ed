"""Who asks: a bearer token, or the admin's session."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import get_callable
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework.authentication import CSRFCheck, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed

from .errors import FormRefused


class BearerToken(TokenAuthentication):
    """`Authorization: Bearer TOKEN`. Tokens are kept as hashes."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():
            # Knox would stumble over bytes that are no UTF-8, and PostgreSQL over NUL.
            raise AuthenticationFailed
        return super().authenticate_credentials(token)


class AdminSession(SessionAuthentication):
    """The session of the admin, with its CSRF token in `X-CSRFToken`."""

    def enforce_csrf(self, request: Any) -> None:
        """Raises `FormRefused`, in the words that are said of forms elsewhere."""

        def answer(_request: Any) -> HttpResponse:
            return HttpResponse()

        check = CSRFCheck(answer)
        check.process_request(request)
        if reason := check.process_view(request, answer, (), {}):
            explain = get_callable(settings.CSRF_FAILURE_VIEW)
            raise FormRefused(explain(request, reason=reason))


class BearerTokenScheme(OpenApiAuthenticationExtension):
    target_class = "pagecast.api.authentication.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "From `pagecast token NAME`."}


class AdminSessionScheme(SessionScheme):
    target_class = "pagecast.api.authentication.AdminSession"
    name = "session"
