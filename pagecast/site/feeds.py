"""Feeds: the newest pages, and the films and sounds of one page as a podcast.

Reading a feed counts no view: programs fetch it, on their own, and nobody has seen anything yet.

A feed is the same for everybody, in the language of the settings: who subscribes is a program.
"""

import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.db.models.functions import Left
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.feedgenerator import Enclosure, Rss201rev2Feed
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.http import require_safe

from pagecast.counting import ledger
from pagecast.media.models import Blob
from pagecast.pages import reading
from pagecast.pages.models import Content, Page

from . import errors
from .changes import unless_known
from .describing import files, picture, plain, site_title, summary, whole_seconds
from .markdown import bounded
from .views import readable

NEWEST = 30
LENGTH = 500
# So much of a page's text is read: there may be any amount of it.
BEGINNING = 4 * LENGTH
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
# Programs know by it what they have got already. It stays whatever is renamed, and under every address that
# the server has; another server's is another.
_NAMES = uuid.UUID("5f0d3c8e-4c52-4c9b-9b0a-7f6f6f0b1d3e")
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@require_safe
def newest(request: HttpRequest) -> HttpResponse:
    """The newest pages, as RSS 2.0."""
    # It rises when a page comes or goes, and is read before it is seen which there are.
    catalogue = ledger.catalogue()
    found = Page.objects.filter(is_active=True).order_by("-created_at", "-pk")
    keys = list(found.values_list("pk", flat=True)[:NEWEST])
    editions = ledger.editions(keys)
    return unless_known(
        request,
        [catalogue, *(editions[key] for key in keys if key in editions)],
        lambda: _answer(_newest(request, keys)),
    )


@require_safe
def podcast(request: HttpRequest, slug: str) -> HttpResponse:
    """The films and sounds of a page in its order, as a podcast; 404 for a page without a file to play."""
    key = readable(slug)
    if key is None:
        return errors.lost(request, slug, "site:podcast")
    return unless_known(request, ledger.editions([key]).values(), lambda: _answer(_podcast(request, key)))


class Feed(Rss201rev2Feed):
    """RSS 2.0 without the characters that XML has no way to write; with a picture if it has one."""

    def __init__(self, **about: Any) -> None:
        super().__init__(**_clean(about))

    def add_item(self, *args: Any, **about: Any) -> None:
        super().add_item(*args, **_clean(about))

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        if address := self.feed["picture"]:
            handler.startElement("image", AttributesImpl({}))
            for name, value in (("url", address), ("title", self.feed["title"]), ("link", self.feed["link"])):
                handler.addQuickElement(name, value)
            handler.endElement("image")


class Podcast(Feed):
    """With what players of podcasts ask for.

    https://help.apple.com/itc/podcasts_connect/#/itcb54353390
    """

    def rss_attributes(self) -> dict[str, str]:
        return super().rss_attributes() | {"xmlns:itunes": ITUNES}

    def add_root_elements(self, handler: SimplerXMLGenerator) -> None:
        super().add_root_elements(handler)
        handler.addQuickElement("itunes:author", self.feed["author_name"])
        handler.addQuickElement("itunes:type", "serial")
        handler.addQuickElement("itunes:explicit", "false")
        _picture(handler, self.feed["picture"])

    def add_item_elements(self, handler: SimplerXMLGenerator, item: dict[str, Any]) -> None:
        super().add_item_elements(handler, item)
        handler.addQuickElement("itunes:title", item["title"])
        handler.addQuickElement("itunes:episodeType", "full")
        handler.addQuickElement("itunes:episode", str(item["episode"]))
        handler.addQuickElement("itunes:explicit", "false")
        if item["seconds"] is not None:
            handler.addQuickElement("itunes:duration", str(whole_seconds(item["seconds"])))
        _picture(handler, item["picture"])


def _newest(request: HttpRequest, keys: Sequence[int]) -> Feed:
    with translation.override(settings.LANGUAGE_CODE):
        description = _("The newest pages of %(site)s") % {"site": site_title()}
    feed = Feed(
        title=site_title(),
        link=request.build_absolute_uri("/"),
        description=description,
        language=settings.LANGUAGE_CODE,
        feed_url=request.build_absolute_uri(request.path),
        picture=None,
    )
    found = Page.objects.filter(is_active=True).defer("text").annotate(beginning=Left("text", BEGINNING))
    pages = found.in_bulk(list(keys))
    for page in (pages[key] for key in keys if key in pages):
        feed.add_item(
            title=page.title,
            link=request.build_absolute_uri(page.get_absolute_url()),
            description=escape(plain(page.beginning, LENGTH)),
            pubdate=page.created_at,
            unique_id=_name("page", page.pk, page.created_at),
            unique_id_is_permalink=False,
        )
    return feed


@bounded()
def _podcast(request: HttpRequest, key: int) -> Podcast:
    shown = next(iter(reading.read([key])), None)
    contents = [each.content for each in shown.contents] if shown else []
    if shown is None or not files(contents):
        raise Http404
    page = shown.page
    feed = Podcast(
        title=page.title,
        link=request.build_absolute_uri(page.get_absolute_url()),
        description=escape(summary(page, contents, LENGTH)),
        language=settings.LANGUAGE_CODE,
        author_name=site_title(),
        feed_url=request.build_absolute_uri(reverse("site:podcast", args=[page.slug])),
        picture=_address(request, picture(contents)),
    )
    for number, (content, blob) in enumerate(files(contents), start=1):
        feed.add_item(**_episode(request, page, content, blob), episode=number)
    return feed


def _episode(request: HttpRequest, page: Page, content: Content, blob: Blob) -> dict[str, Any]:
    return {
        "title": content.title,
        "link": request.build_absolute_uri(f"{page.get_absolute_url()}#content-{content.pk}"),
        "description": escape(plain(getattr(content, "text", None) or page.text, LENGTH)),
        "pubdate": content.created_at,
        "unique_id": _name("content", content.pk, content.created_at),
        "unique_id_is_permalink": False,
        "enclosures": [Enclosure(request.build_absolute_uri(blob.url), str(blob.size), blob.media_type)],
        "seconds": content.duration,
        "picture": _address(request, content.poster),
    }


def _answer(feed: Feed) -> HttpResponse:
    headers = {"Content-Language": settings.LANGUAGE_CODE, "Access-Control-Allow-Origin": "*"}
    return HttpResponse(feed.writeString("utf-8"), content_type=Feed.content_type, headers=headers)


def _picture(handler: SimplerXMLGenerator, address: str | None) -> None:
    if address:
        handler.addQuickElement("itunes:image", attrs={"href": address})


def _address(request: HttpRequest, path: str | None) -> str | None:
    return request.build_absolute_uri(path) if path else None


def _name(what: str, key: int, since: datetime) -> str:
    return uuid.uuid5(_NAMES, f"{what} {key} {since.isoformat()}").urn


def _clean(about: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _FORBIDDEN.sub("", value) if isinstance(value, str) else value for name, value in about.items()
    }
