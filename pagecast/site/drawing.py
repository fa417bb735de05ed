"""Pages as HTML: each drawn once for all readers of a language, by templates that anyone may replace.

A template is given what stands in `docs/site.md`, and never a request: what it draws is shown to everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from pagecast.pages import reading
from pagecast.pages.models import Page
from pagecast.pages.reading import ShownContent, ShownPage

from . import markdown
from .frame import canonical, frame
from .marks import ORIGIN, Cut, Mark, cut

#: The template of a page.
PAGE = "site/page.html"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page in one language. Its counters are those of its contents in their order, then its own views."""

    slug: str
    contents: tuple[int, ...]
    html: Cut


@dataclass(frozen=True, slots=True)
class DrawnContent:
    """A content as a template gets it."""

    content: Any
    order: int
    counter: Mark
    html: SafeString


def draw(
    pages: Sequence[int], language: str, *, hidden: bool = False, template: str = PAGE, **more: Any
) -> dict[int, Drawn]:
    """These pages as HTML, by their ids; those that are switched off are left out unless `hidden`.

    Reads the database, without holding anything: long texts take their time. `more` goes to the template.
    """
    with translation.override(language):
        found = reading.read(pages, hidden=hidden)
        return {shown.page.pk: _draw(shown, language, template, more) for shown in found}


def _draw(shown: ShownPage, language: str, template: str, more: dict[str, Any]) -> Drawn:
    page = shown.page
    with markdown.bounded():
        contents = [_draw_content(page, each, place) for place, each in enumerate(shown.contents)]
    context = frame(page.get_absolute_url()) | {
        "page": page,
        "contents": contents,
        "views": Mark(len(contents)),
        "canonical": canonical(page.get_absolute_url()),
    }
    # Its own text is not to suffer from theirs.
    with markdown.bounded():
        html = render_to_string(template, context | more)
    keys = tuple(each.content.pk for each in shown.contents)
    return Drawn(page.slug, keys, cut(html, language))


def _draw_content(page: Page, shown: ShownContent, place: int) -> DrawnContent:
    """By the template of its kind, or by the one for kinds without."""
    content, mark = shown.content, Mark(place)
    names = [f"site/kinds/{content.kind()}.html", "site/kinds/default.html"]
    context = {
        "content": content,
        "counter": mark,
        "order": shown.order,
        "fields": [(field.verbose_name, getattr(content, field.name)) for field in content.own_fields()],
        "page": page,
        "origin": ORIGIN,
    }
    return DrawnContent(content, shown.order, mark, render_to_string(names, context))
