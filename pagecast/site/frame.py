"""What every page of the site has around it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from .marks import ORIGIN
from .theme import site


def origin_of(request: HttpRequest) -> str:
    """The address of the server, as this reader knows it."""
    return f"{request.scheme}://{request.get_host()}"


def canonical(path: str) -> str:
    """The one address by which search engines are to know what is at this path, however it was reached."""
    return f"{settings.PAGECAST_ORIGIN[0] if settings.PAGECAST_ORIGIN else ORIGIN}{path}"


def asked_anew(answer: HttpResponse) -> HttpResponse:
    """The answer as one that is kept by nobody: it is of this moment, and in the language of this reader."""
    answer.headers["Cache-Control"] = "private, no-cache"
    patch_vary_headers(answer, ["Accept-Language", "Cookie"])
    return answer


def frame(path: str) -> dict[str, Any]:
    """The context of `site/frame.html`, for what is shown at this path, in the language of the moment."""
    return {
        "path": path,
        "origin": ORIGIN,
        "language": translation.get_language(),
        "languages": settings.LANGUAGES,
        "site": site(),
    }
