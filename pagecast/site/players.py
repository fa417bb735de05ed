"""The contents of a page, and nothing around them: for a frame inside of other people's pages."""

from csp.decorators import csp_replace
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from . import errors
from .views import opened, readable

#: What draws them.
PLAYERS = "site/players.html"


@require_safe
def players(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What the page shows, in its order. Opening it is opening the page: it counts the same view.

    Anybody may frame it: it is drawn for nobody in particular, and nothing in it does harm when clicked.
    """
    key = readable(slug)
    if key is None:
        return errors.lost(request, slug, "site:players")
    return framed(request, opened(request, key, PLAYERS))


def framed(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """The answer, as one that anybody may frame."""
    anybody = csp_replace({"frame-ancestors": ["*"]})
    return xframe_options_exempt(anybody(lambda _request: answer))(request)
