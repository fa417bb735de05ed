"""Who asks: a bearer token, or the admin's session."""

from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed


class BearerToken(TokenAuthentication):
    """`Authorization: Bearer TOKEN`. Tokens are kept as hashes."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not token.isalnum():
            # Knox would stumble over bytes that are no UTF-8, and PostgreSQL over NUL.
            raise AuthenticationFailed
        return super().authenticate_credentials(token)


class AdminSession(SessionAuthentication):
    """The session of the admin, with its CSRF token in `X-CSRFToken`."""


class BearerTokenScheme(OpenApiAuthenticationExtension):
    target_class = "pagecast.api.authentication.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "From `pagecast token NAME`."}


class AdminSessionScheme(SessionScheme):
    target_class = "pagecast.api.authentication.AdminSession"
    name = "session"
