"""What templates of the site may say beside Django's own words: `{% load pagecast %}`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import template
from django.conf.locale import LANG_INFO
from django.utils.html import json_script
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from pagecast.site import assets, describing, embedding, marks
from pagecast.site.describing import About
from pagecast.site.markdown import to_html
from pagecast.site.marks import Mark

register = template.Library()

# A number for each of the plural categories of https://cldr.unicode.org that any language has here.
_SAMPLES = {"one": 1, "few": 2, "many": 5, "other": 5}


@register.simple_tag
def views(counter: Mark | int) -> str:
    """How often something was seen, in words: `{% views counter %}` is 1,234 views."""
    return counter.said(marks.WORDS) if isinstance(counter, Mark) else marks.words(counter)


@register.simple_tag
def asset(name: str) -> str:
    """The address of a static file: `{% asset "site/site.css" %}` may be kept by browsers for ever."""
    return assets.address(name)


@register.filter
def clock(seconds: float | None) -> str:
    """How long something plays: 7:05, or 1:02:03; nothing for what is not known."""
    if seconds is None:
        return ""
    minutes, second = divmod(describing.whole_seconds(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


@register.filter
def markdown(text: str | None, first: int = 3) -> SafeString:
    """A text as it is meant, and safe: `{{ text|markdown:2 }}` where its first headings shall be `<h2>`."""
    return to_html(text or "", first)


@register.filter
def plain(text: str | None, length: int = 200) -> str:
    """What a text says first, for descriptions: one line of at most so many characters, without markup."""
    return describing.plain(text, length)


@register.filter
def embed(link: str | None) -> str | None:
    """The address of the player that plays what this link leads to; None where no player is known."""
    found = embedding.find(link)
    return found.address if found else None


@register.filter
def player_name(link: str | None) -> str:
    """Whose player it is: YouTube; nothing where no player is known."""
    found = embedding.find(link)
    return found.name if found else ""


@register.filter
def is_media_file(link: str | None) -> bool:
    """Whether the link leads to a film or a sound itself, which browsers play."""
    return embedding.is_media_file(link)


@register.simple_tag
def view_words() -> SafeString:
    """How `views` says it, by plural categories, for scripts: a JSON element with the id `view-words`."""
    words = {name: marks.words(number).replace(str(number), "%s", 1) for name, number in _SAMPLES.items()}
    return json_script(words, "view-words")


@register.filter
def locale(language: str) -> str:
    """The language as Open Graph writes it: en_US."""
    return describing.locale_of(language)


@register.filter
def seconds(duration: float) -> int:
    """How long something plays in whole seconds, one at least."""
    return describing.whole_seconds(duration)


@register.simple_tag(takes_context=True)
def described(context: template.Context) -> About | None:
    """What there is to say of the page that is drawn: `{% described as about %}`; None of an error."""
    found: dict[Any, Any] = context.flatten()
    canonical = found.get("canonical", "")
    if "page" in found:
        return describing.about_page(found["page"], found["contents"], found["views"], canonical)
    return describing.about_home(canonical) if "wish" in found else None


@register.filter
def language_name(tag: str) -> str:
    """What a language calls itself: `ru` is Русский. The tag where nobody knows; words for none at all."""
    if not tag:
        return _("Subtitles")
    parts = tag.lower().split("-")
    for count in range(len(parts), 0, -1):
        if name := LANG_INFO.get("-".join(parts[:count]), {}).get("name_local"):
            known, rest = name[0].upper() + name[1:], "-".join(tag.split("-")[count:])
            return f"{known} ({rest})" if rest else known
    return tag


@register.filter
def host(address: str) -> str:
    """Whose address it is: `www.example.org` is example.org; the address itself if that cannot be told."""
    try:
        name = urlsplit(address).hostname
    except ValueError:
        name = None
    return name.removeprefix("www.") if name else address
