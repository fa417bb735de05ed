"""The contents of a page, and nothing around them: for a frame inside of other people's pages."""

from csp.decorators import csp_replace
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from . import errors
from .views import opened, readable

FRAMED = csp_replace({"frame-ancestors": ["*"]})


@require_safe
@xframe_options_exempt
def players(request: HttpRequest, slug: str) -> HttpResponseBase:
    """What the page shows, in its order. Opening it is opening the page: it counts the same view.

    Anybody may frame it: it is drawn for nobody in particular, and nothing in it does harm when clicked.
    """
    key = readable(slug)
    if key is None:
        return errors.lost(request, slug, "site:players")
    return FRAMED(lambda _request: opened(request, key, "site/players.html"))(request)
