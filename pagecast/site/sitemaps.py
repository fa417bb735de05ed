"""What search engines read first: `/robots.txt`, and in it the address of the sitemap.

The sitemap is an index of parts, https://www.sitemaps.org/protocol.html. A part has the pages whose ids are
in one range: it is found by an index, and takes the same time and memory however many pages there are.
"""

from collections.abc import Iterator
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape
from django.views.decorators.http import require_safe

from pagecast.counting import ledger
from pagecast.pages.models import Page

from .changes import moment

# A part may have 50,000 addresses; this many take a fraction of a second to write.
IN_A_PART = 10_000
# No id is larger, in any database.
LARGEST = 2**63 - 1
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
ROBOTS = """User-agent: *
Disallow: /admin/
Disallow: /api/
Disallow: /*?search=
Disallow: /*&search=

Sitemap: {sitemap}
"""


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Where machines need not look, and where the sitemap is: RFC 9309."""
    text = ROBOTS.format(sitemap=request.build_absolute_uri(reverse("site:sitemap")))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The index of the sitemap, or with `?part=` one of its parts.

    A part has another query and no path of its own: one in a folder might speak for that folder only.
    """
    part = request.GET.get("part")
    if part is None:
        return _index(request)
    is_number = part.isascii() and part.isdigit() and len(part) < len(str(LARGEST))
    if not is_number or int(part) >= LARGEST // IN_A_PART:
        raise Http404
    return _part(request, int(part))


def _index(request: HttpRequest) -> HttpResponse:
    address = escape(request.build_absolute_uri(request.path))
    parts = [f"<sitemap><loc>{address}?part={part}</loc></sitemap>" for part in _parts()]
    return _answer("sitemapindex", parts)


def _part(request: HttpRequest, part: int) -> HttpResponse:
    rows = Page.objects.filter(is_active=True, pk__gte=part * IN_A_PART, pk__lt=(part + 1) * IN_A_PART)
    slugs = dict(rows.order_by("pk").values_list("pk", "slug"))
    if part and not slugs:
        raise Http404
    changed = ledger.editions(slugs)
    addresses = [] if part else [f"<url><loc>{escape(request.build_absolute_uri('/'))}</loc></url>"]
    # Thousands of times, `reverse` takes longer than all the rest.
    before, _, after = escape(request.build_absolute_uri(reverse("site:page", args=["_"]))).rpartition("_")
    for key, slug in slugs.items():
        since = f"<lastmod>{moment(changed[key]):%Y-%m-%dT%H:%M:%SZ}</lastmod>" if key in changed else ""
        addresses.append(f"<url><loc>{before}{quote(slug)}{after}</loc>{since}</url>")
    return _answer("urlset", addresses)


def _parts() -> Iterator[int]:
    """The parts that have something in them; the first has the front page. One look at an index for each."""
    yield 0
    part = 0
    pages = Page.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True)
    while (key := pages.filter(pk__gte=(part + 1) * IN_A_PART).first()) is not None:
        part = key // IN_A_PART
        yield part


def _answer(root: str, lines: list[str]) -> HttpResponse:
    body = "\n".join(
        ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root} xmlns="{NAMESPACE}">', *lines, f"</{root}>", ""]
    )
    return HttpResponse(body, content_type="application/xml")
