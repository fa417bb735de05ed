"""oEmbed 1.0, https://oembed.com: what another site needs to show a page of ours inside of its own.

Asking counts no view; opening what it answers with, `/pages/{slug}/embed/`, counts one.
"""

import io
from http import HTTPStatus
from itertools import islice
from typing import Any
from urllib.parse import unquote, urlsplit

import imagesize
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import Resolver404, resolve, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from pagecast.media.stores.chosen import store
from pagecast.pages import addresses, reading
from pagecast.pages.models import Content, Page

from .describing import files, site_title
from .views import readable

WIDTH, HEIGHT = 640, 360
# What the page inside has above its first player, and below it: the title, and the tools.
HEADING = 108
# The size of a JPEG is said at its beginning, and these are drawn by us.
BEGINNING = 2**16
# So many pictures are looked at for one that fits: each is a file to be opened, or one to be fetched.
LOOKED_AT = 5
# No screen is larger; numbers of any length are no sizes.
LARGEST = 10_000


@require_safe
def oembed(request: HttpRequest) -> JsonResponse:
    """What there is at the address in `url`, for other sites."""
    address, wanted = request.GET.get("url", ""), request.GET.get("format", "json")
    if wanted != "json":
        return _problem(HTTPStatus.NOT_IMPLEMENTED, _("Only the format json is spoken here."))
    if not address:
        return _problem(HTTPStatus.BAD_REQUEST, _("Name the address of a page: ?url=…"))
    try:
        width, height = (_size(request.GET.get(name)) for name in ("maxwidth", "maxheight"))
    except ValueError:
        return _problem(HTTPStatus.BAD_REQUEST, _("maxwidth and maxheight are numbers of pixels."))
    slug = _slug(request, address)
    key = _page(slug) if slug else None
    shown = next(iter(reading.read([key])), None) if key else None
    if shown is None:
        return _problem(HTTPStatus.NOT_FOUND, _("There is no such page."))
    return _answer(_embedded(request, shown.page, [each.content for each in shown.contents], width, height))


def _embedded(
    request: HttpRequest, page: Page, contents: list[Content], width: int | None, height: int | None
) -> dict[str, Any]:
    about = {
        "version": "1.0",
        "type": "link",
        "title": page.title,
        "author_name": site_title(),
        "author_url": request.build_absolute_uri("/"),
        "provider_name": site_title(),
        "provider_url": request.build_absolute_uri("/"),
    }
    about |= _thumbnail(request, contents, width, height)
    playing = files(contents)
    films = [content for content, blob in playing if blob.media_type.startswith("video/")]
    if not playing:
        return about
    # No wider than it is given room, and no higher: the players inside fit themselves in.
    across = min(WIDTH, width or WIDTH)
    down = min(_height(films, across) + HEADING, height or LARGEST)
    frame = format_html(
        '<iframe src="{}" width="{}" height="{}" title="{}" style="border: 0" loading="lazy"'
        ' allow="autoplay; encrypted-media; picture-in-picture" allowfullscreen></iframe>',
        request.build_absolute_uri(reverse("site:players", args=[page.slug])),
        across,
        down,
        page.title,
    )
    return about | {
        "type": "video" if films else "rich",
        "html": frame,
        "width": across,
        "height": down,
    }


def _height(films: list[Content], width: int) -> int:
    """How high the first film is at this width."""
    for film in films:
        if film.width and film.height:
            return min(max(round(width * film.height / film.width), 1), width)
    return round(width * HEIGHT / WIDTH)


def _thumbnail(
    request: HttpRequest, contents: list[Content], width: int | None, height: int | None
) -> dict[str, Any]:
    """A still picture, where there is one that fits: it is of one size, and may not be larger than asked."""
    pictured = ((content.blob, content.poster) for content in contents if content.blob and content.poster)
    for blob, poster in islice(pictured, LOOKED_AT):
        across, down = _picture_size(blob.poster_path)
        if 0 < across <= (width or LARGEST) and 0 < down <= (height or LARGEST):
            address = request.build_absolute_uri(poster)
            return {"thumbnail_url": address, "thumbnail_width": across, "thumbnail_height": down}
    return {}


def _picture_size(path: str) -> tuple[int, int]:
    try:
        with store().open(path) as file:
            across, down = imagesize.get(io.BytesIO(file.read(BEGINNING)))
    except OSError:
        # Lost, or the store is away: it is embedded without a picture then.
        return 0, 0
    return across, down


def _slug(request: HttpRequest, address: str) -> str | None:
    """The slug of the page at this address, if it is an address of ours."""
    try:
        parts = urlsplit(address)
        ours = {request.get_host(), *(urlsplit(origin).netloc for origin in settings.PAGECAST_ORIGIN)}
        if parts.scheme not in {"http", "https"} or parts.netloc.lower() not in ours:
            return None
        match = resolve(f"{unquote(parts.path).rstrip('/')}/")
    except (ValueError, Resolver404):
        return None
    is_page = match.view_name in {"site:page", "site:players"}
    return str(match.kwargs["slug"]) if is_page else None


def _page(slug: str) -> int | None:
    """The id of the page that is at this address, or was."""
    if (key := readable(slug)) is None and (former := addresses.find(slug)) and former.slug:
        return readable(former.slug)
    return key


def _size(text: str | None) -> int | None:
    """A number of pixels. Raises `ValueError`."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not text.strip("0"):
        raise ValueError(text)
    return LARGEST if len(text) > len(str(LARGEST)) else min(int(text), LARGEST)


def _answer(about: dict[str, Any], status: int = 200) -> JsonResponse:
    # Scripts of any site may ask.
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-cache"}
    return JsonResponse(about, status=status, headers=headers, json_dumps_params={"ensure_ascii": False})


def _problem(status: HTTPStatus, detail: str) -> JsonResponse:
    """What is wrong with the question: RFC 9457."""
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail}
    answer = _answer(problem, status)
    answer.headers["Content-Type"] = "application/problem+json"
    # Django takes 501 for a fault of ours, and would write an error for whoever asks for XML.
    answer._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001 - its own way to say so
    return answer
