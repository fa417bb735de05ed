"""What templates of the site may say beside Django's own words: `{% load pagecast %}`."""

from __future__ import annotations

from django import template

from pagecast.site import assets, marks
from pagecast.site.marks import Mark

register = template.Library()


@register.simple_tag
def views(counter: Mark | int) -> str:
    """How often something was seen, in words: `{% views counter %}` is 1,234 views."""
    return counter.said(marks.WORDS) if isinstance(counter, Mark) else marks.words(counter)


@register.simple_tag
def asset(name: str) -> str:
    """The address of a static file: `{% asset "site/site.css" %}` may be kept by browsers for ever."""
    return assets.address(name)


@register.filter
def length(seconds: float | None) -> str:
    """How long something plays: 7:05, or 1:02:03; nothing for what is not known."""
    if seconds is None:
        return ""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
