"""The list of pages: which stand on a part of it, and what it says of each."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation

from pagecast.pages import reading
from pagecast.pages.models import Page
from pagecast.pages.reading import ShownPage

from .drawing import Drawn
from .frame import frame
from .marks import Cut, Mark, cut

ON_A_PAGE = 20
# Where the entries go, in what is drawn around them.
ENTRIES = "<!--entries-->"


@dataclass(frozen=True, slots=True)
class Wish:
    """Which part of the list is asked for."""

    number: int = 1
    order: str = "newest"
    search: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A page as the list has it."""

    page: Page
    #: The address of a still picture of its first content that has one.
    picture: str | None
    #: How many contents of each kind it shows.
    kinds: dict[str, int]
    #: How long its films and sounds play, together; None where that is not known of any.
    seconds: float | None
    views: Mark


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the list: its pages, and what stands around their entries."""

    pages: tuple[int, ...]
    before: Cut
    after: Cut


def draw_part(wish: Wish, language: str) -> Part:
    """The part of the list that is asked for, without its entries."""
    with translation.override(language):
        pages = tuple(
            Page.objects.filter(is_active=True).order_by("-created_at", "-pk").values_list("pk", flat=True)
        )
        html = render_to_string(
            "site/home.html", frame("/") | {"wish": wish, "count": len(pages), "entries": ENTRIES}
        )
        before, _, after = html.partition(ENTRIES)
        return Part(pages[:ON_A_PAGE], cut(before, language), cut(after, language))


def draw_entries(pages: Sequence[int], language: str) -> dict[int, Drawn]:
    """What the list says of these pages, by their ids. The one counter of each is the views of the page."""
    with translation.override(language):
        return {shown.page.pk: _draw(shown, language) for shown in reading.read(pages)}


def _draw(shown: ShownPage, language: str) -> Drawn:
    contents = [each.content for each in shown.contents]
    lengths = [content.duration for content in contents if content.duration is not None]
    entry = Entry(
        page=shown.page,
        picture=next((content.poster for content in contents if content.poster), None),
        kinds=dict(Counter(content.kind() for content in contents)),
        seconds=sum(lengths) if lengths else None,
        views=Mark(0),
    )
    html = render_to_string("site/entry.html", {"entry": entry})
    return Drawn(shown.page.pk, shown.page.slug, (), cut(html, language))
