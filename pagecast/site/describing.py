"""What a page of the site tells machines of itself: search engines, messengers, whoever embeds it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from pagecast.media.models import Blob
from pagecast.media.probing import Medium
from pagecast.pages.models import Content, Page

from .drawing import DrawnContent
from .markdown import in_one_line, to_words
from .marks import NOT_IN_HTML, ORIGIN, Mark

# Descriptions are cut by whoever shows them: search engines after some 160 characters, messengers after 200.
LENGTH = 200
# The contents of a page that are described, the first ones: all would outweigh what people read.
MOST = 20
# A transcript stands on the page, however long. Here, too, it is whole or it is not.
LONGEST_TRANSCRIPT = 2000

LOCALES = {"en": "en_US", "ru": "ru_RU"}
# What would end a <script>, or begin a comment in it: https://html.spec.whatwg.org/#restrictions-for-contents-of-script-elements
_ESCAPES = {ord(character): f"\\u{ord(character):04X}" for character in "<>&\u2028\u2029"}


@dataclass(frozen=True, slots=True)
class About:
    """A page in a few words, for `site/head.html`."""

    title: str
    text: str
    canonical: str
    #: As Open Graph calls it: https://ogp.me/#types
    kind: str
    #: A still picture of its first content that has one: its address on this server.
    picture: str | None
    #: The first film and the first sound that browsers play.
    film: Content | None
    sound: Content | None
    #: The address on this server of its feed, and of what shows it inside of other pages; None for neither.
    feed: str | None
    embed: str | None
    #: JSON-LD, safe inside of a <script>.
    linked_data: SafeString


def site_title() -> str:
    """What the whole site is called."""
    return str(settings.PAGECAST_SITE_TITLE)


def locale_of(language: str) -> str:
    """The language as Open Graph writes it: with a country."""
    return LOCALES.get(language, language)


def plain(text: str | None, length: int = LENGTH) -> str:
    """The text in one line, without markup and shortened."""
    return to_words(text or "", length)


def files(contents: Iterable[Content]) -> list[tuple[Content, Blob]]:
    """Those of the contents that are films and sounds with a file of ours, with the file."""
    found = [(content, content.blob) for content in contents if content.blob]
    return [(content, blob) for content, blob in found if blob.media_type.startswith(("video/", "audio/"))]


def summary(page: Page, contents: Iterable[Content], length: int = LENGTH) -> str:
    """The page in one line: how its text begins, or else what it shows."""
    return plain(page.text, length) or in_one_line(" · ".join(content.title for content in contents), length)


def about_page(page: Page, shown: list[DrawnContent], views: Mark, canonical: str) -> About:
    """What there is to say of a page that shows these contents."""
    contents = [each.content for each in shown]
    film, sound = _playable(contents, "video/"), _playable(contents, "audio/")
    text, embed = summary(page, contents), reverse("site:players", args=[page.slug])
    parts = [
        {
            "@type": "ListItem",
            "position": each.order,
            "item": _described(each, text, f"{ORIGIN}{embed}"),
        }
        for each in shown[:MOST]
    ]
    data = {
        "@type": "WebPage",
        "@id": canonical,
        "url": canonical,
        "name": page.title,
        "description": text,
        "datePublished": _moment(page.created_at),
        "dateModified": _moment(page.updated_at),
        "isPartOf": {"@type": "WebSite", "name": site_title(), "url": f"{ORIGIN}/"},
        "interactionStatistic": _counted("ViewAction", views),
        "mainEntity": {"@type": "ItemList", "numberOfItems": len(shown), "itemListElement": parts},
    }
    return About(
        title=page.title,
        text=text,
        canonical=canonical,
        kind="video.other" if film else "music.song" if sound else "article",
        picture=picture(contents),
        film=film,
        sound=sound,
        feed=reverse("site:podcast", args=[page.slug]) if files(contents) else None,
        embed=embed,
        linked_data=linked_data(data),
    )


def about_home(canonical: str) -> About:
    """What there is to say of the list of pages."""
    title = site_title()
    text = _("Films, sounds and texts: all pages of %(site)s.") % {"site": title}
    search = {
        "@type": "SearchAction",
        "target": {"@type": "EntryPoint", "urlTemplate": f"{ORIGIN}/?search={{search_term_string}}"},
        "query-input": "required name=search_term_string",
    }
    data = {
        "@type": "WebSite",
        "name": title,
        "description": text,
        "url": f"{ORIGIN}/",
        "potentialAction": search,
    }
    return About(title, text, canonical, "website", None, None, None, None, None, linked_data(data))


def picture(contents: Iterable[Content]) -> str | None:
    """The address, on this server, of a still picture of the first of the contents that has one."""
    return next((content.poster for content in contents if content.poster), None)


def linked_data(thing: Mapping[str, Any]) -> SafeString:
    """A thing of https://schema.org as JSON-LD, safe inside of a <script>, without what is None or empty."""
    marks: list[str] = []

    def say(value: Any) -> Any:
        if isinstance(value, Mark):
            marks.append(str(value))
            return marks[-1]
        if isinstance(value, Mapping):
            return {key: say(each) for key, each in value.items() if each not in (None, "", [])}
        return [say(each) for each in value] if isinstance(value, list) else value

    said = say({"@context": "https://schema.org", **thing})
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    # In JSON there is a way to say what HTML has no place for.
    text = NOT_IN_HTML.sub(lambda found: json.dumps(found[0])[1:-1], text)
    for mark in marks:
        # A counter is a number, and stands without quotes. Nobody can write a mark into a title.
        text = text.replace(f'"{mark}"', mark)
    return mark_safe(text)  # noqa: S308 - nothing in it ends a script: see above


def _described(shown: DrawnContent, text: str, embed: str) -> dict[str, Any]:
    content = shown.content
    say = {Medium.VIDEO: _film, Medium.AUDIO: _sound}.get(content.medium)
    if say:
        return {"name": content.title} | _media(content, embed) | say(shown, text)
    return {
        "@type": "CreativeWork",
        "name": content.title,
        "datePublished": _moment(content.created_at),
        "interactionStatistic": _counted("ViewAction", shown.counter),
    }


def _media(content: Content, embed: str) -> dict[str, Any]:
    blob = content.blob
    return {
        "uploadDate": _moment(content.created_at),
        "duration": duration(content.duration),
        "thumbnailUrl": _absolute(content.poster),
        "contentUrl": _absolute(blob.url) if blob else None,
        "encodingFormat": blob.media_type if blob else None,
        "contentSize": str(blob.size) if blob else None,
        "url": getattr(content, content.link_field or "", None),
        "embedUrl": embed,
    }


def _film(shown: DrawnContent, text: str) -> dict[str, Any]:
    content = shown.content
    return {
        "@type": "VideoObject",
        "description": text,
        "width": content.width,
        "height": content.height,
        "caption": [
            {
                "@type": "MediaObject",
                "contentUrl": _absolute(track.path),
                "encodingFormat": "text/vtt",
                "inLanguage": track.language,
            }
            for track in content.shown_subtitles
            if track.path
        ],
        "interactionStatistic": _counted("WatchAction", shown.counter),
    }


def _sound(shown: DrawnContent, text: str) -> dict[str, Any]:
    words = getattr(shown.content, "text", None) or ""
    return {
        "@type": "AudioObject",
        "description": plain(words) or text,
        "transcript": plain(words, len(words)) if len(words) <= LONGEST_TRANSCRIPT else None,
        "interactionStatistic": _counted("ListenAction", shown.counter),
    }


def _counted(action: str, counter: Mark) -> dict[str, Any]:
    return {
        "@type": "InteractionCounter",
        "interactionType": {"@type": action},
        "userInteractionCount": counter,
    }


def whole_seconds(duration: float) -> int:
    """How long something plays in whole seconds, one at least."""
    return max(round(duration), 1)


def duration(seconds: float | None) -> str | None:
    """How long something plays as ISO 8601 writes it: PT1H2M3S; None for what is not known."""
    if seconds is None:
        return None
    minutes, second = divmod(whole_seconds(seconds), 60)
    hours, minute = divmod(minutes, 60)
    parts = ((hours, "H"), (minute, "M"), (second, "S"))
    return "PT" + "".join(f"{number}{unit}" for number, unit in parts if number)


def _playable(contents: Iterable[Content], media_type: str) -> Content | None:
    found = [(content, blob) for content, blob in files(contents) if blob.playable]
    return next((content for content, blob in found if blob.media_type.startswith(media_type)), None)


def _absolute(address: str | None) -> str | None:
    return f"{ORIGIN}{address}" if address else None


def _moment(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
