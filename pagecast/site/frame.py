"""What every page of the site has around it."""

from typing import Any

from django.conf import settings
from django.utils import translation

from .marks import ORIGIN
from .theme import site


def frame(path: str) -> dict[str, Any]:
    """The context of `site/frame.html`, for what is shown at this path, in the language of the moment."""
    return {
        "path": path,
        "origin": ORIGIN,
        "language": translation.get_language(),
        "languages": settings.LANGUAGES,
        "site": site(),
    }
