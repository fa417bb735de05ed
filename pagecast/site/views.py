"""What Django answers. Opening a page counts one view on each content shown, before the answer leaves."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe

from pagecast.counting import ledger
from pagecast.counting.models import Tally
from pagecast.counting.recorder import record
from pagecast.pages.models import Page

from . import errors
from .drawing import PAGE, Drawn, draw
from .frame import asked_anew, origin_of
from .listing import draw_entries, draw_part
from .parts import Wish


def answer(html: bytes) -> HttpResponse:
    """A page of the site, as every reader gets it. It is asked for anew each time: each access is counted."""
    return asked_anew(HttpResponse(html))


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """A part of the list of pages. It counts nothing."""
    language = translation.get_language()
    part = draw_part(Wish.from_query(request.GET), language)
    entries = draw_entries(part.pages, language)
    tallies = ledger.tallies(part.pages)
    origin = origin_of(request).encode()
    there = [page for page in part.pages if page in entries and page in tallies]
    return answer(
        part.fill(origin, [entries[page].html.fill(origin, [tallies[page].views]) for page in there])
    )


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page with its contents in order."""
    key = readable(slug)
    if key is not None:
        return opened(request, key, edit_url=_edit_url(request, key))
    return _preview(request, slug) or errors.lost(request, slug)


def readable(slug: str) -> int | None:
    """The id of the page at this address that readers may see."""
    return Page.objects.filter(slug=slug, is_active=True).values_list("pk", flat=True).first()


def opened(request: HttpRequest, key: int, template: str = PAGE, **more: Any) -> HttpResponse:
    """What a reader gets who opens this page, by this template: its view is counted, unless it is a HEAD.

    `more` goes to the template.
    """
    language, origin = translation.get_language(), origin_of(request).encode()
    # Before anything is held. If it has changed by then, it is drawn again in the transaction that counts.
    editions = ledger.editions([key])
    drawn = draw([key], language, template=template, **more).get(key)

    def fill(tallies: Mapping[int, Tally]) -> HttpResponse:
        tally = tallies.get(key)
        is_fresh = tally is not None and editions == {key: tally.edition}
        shown = drawn if is_fresh else draw([key], language, template=template, **more).get(key)
        if tally is None or shown is None:
            raise Http404
        return answer(_fill(shown, origin, tally.views))

    if request.method == "HEAD":
        return fill(ledger.tallies([key]))
    return record([key], fill)


def _edit_url(request: HttpRequest, key: int) -> str | None:
    """Where this page is edited, for those who may."""
    # Whoever has no session is not asked for one.
    is_known = settings.SESSION_COOKIE_NAME in request.COOKIES
    if is_known and request.user.has_perm("pages.change_page"):
        return reverse("admin:pages_page_change", args=[key])
    return None


def _preview(request: HttpRequest, slug: str) -> HttpResponse | None:
    """A page that is switched off, as its editors will see it switched on. No reader, and no view."""
    key = Page.objects.filter(slug=slug).values_list("pk", flat=True).first()
    edit_url = _edit_url(request, key) if key is not None else None
    if key is None or edit_url is None:
        return None
    shown = draw([key], translation.get_language(), hidden=True, edit_url=edit_url, is_preview=True)
    views = ledger.tallies([key])
    return (
        answer(_fill(shown[key], origin_of(request).encode(), views[key].views)) if shown and views else None
    )


def _fill(drawn: Drawn, origin: bytes, views: int) -> bytes:
    counters = ledger.counters(drawn.contents)
    numbers: Sequence[int] = [*(counters[content] for content in drawn.contents), views]
    return drawn.html.fill(origin, numbers)
