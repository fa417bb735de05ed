"""Who may come in by a password, and what a page of ours may load and do in a browser."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from csp.constants import NONCE, NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

from pagecast.site.embedding import FRAMES

# --- Logging in ----------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    # Asked first: whoever is locked out is turned away with the right password, too.
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

#: https://django-axes.readthedocs.io/en/latest/4_configuration.html
AXES: dict[str, Any] = {
    "AXES_FAILURE_LIMIT": 5,
    # From the last failure that counted: attempts of somebody who is locked out do not make it longer.
    "AXES_COOLOFF_TIME": timedelta(minutes=10),
    "AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT": False,
    # Both together: who has an address of his own locks out himself, and neither an account nor an office.
    "AXES_LOCKOUT_PARAMETERS": [["username", "ip_address"]],
    "AXES_USERNAME_CALLABLE": "pagecast.conf.lockout.user_name",
    "AXES_CLIENT_IP_CALLABLE": "pagecast.conf.lockout.client_address",
    "AXES_LOCKOUT_CALLABLE": "pagecast.conf.lockout.locked_out",
    "AXES_RESET_ON_SUCCESS": True,
    # No diary of who came and went; what failed is forgotten when it no longer counts.
    "AXES_DISABLE_ACCESS_LOG": True,
    "AXES_ENABLE_ADMIN": False,
    "AXES_VERBOSE": False,
}
# It hides names and addresses from its lines, and writes one for each that came in: lockout.py has ours.
LOGGERS: dict[str, Any] = {"axes": {"level": "ERROR"}}

# --- What browsers allow our pages: https://www.w3.org/TR/CSP3/ ----------------------------------------

PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"

_EVERYWHERE: dict[str, Any] = {
    "default-src": [SELF],
    "script-src": [SELF],
    # Styles stand in attributes of the theme, of swagger and of redoc.
    "style-src": [SELF, UNSAFE_INLINE],
    "object-src": [NONE],
    "base-uri": [SELF],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
_ADMIN = _EVERYWHERE | {
    # The theme's Alpine makes functions of its attributes.
    "script-src": [SELF, UNSAFE_EVAL],
    "img-src": [SELF, "data:", "blob:"],
    "media-src": [SELF, "data:", "blob:"],
}
# Contents may lie anywhere; who plays those of others is known by name.
_SITE = _EVERYWHERE | {
    "frame-src": [*FRAMES],
    "img-src": [SELF, "data:", "blob:", "https:", "http:"],
    "media-src": [SELF, "data:", "blob:", "https:", "http:"],
}
# It asks another host for its logo, which stays away; its search is a worker that it makes itself.
_REDOC = _EVERYWHERE | {
    "script-src": [SELF, NONCE],
    "img-src": [SELF, "data:"],
    "worker-src": [SELF, "blob:"],
}


def policy(path: str, stores: Collection[str] = ()) -> dict[str, Any]:
    """The directives for the page at this path. `stores` are origins that files of ours are fetched from."""
    if path.startswith("/admin/"):
        loaded = ("img-src", "media-src")
        return _ADMIN | {directive: [*_ADMIN[directive], *stores] for directive in loaded}
    return _REDOC if path.startswith("/redoc/") else _SITE
