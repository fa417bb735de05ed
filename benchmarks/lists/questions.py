"""What is asked of lists: all that an editor can choose, every pair of filters, and the list of the site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations, product
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Model

from pagecast.media.models import Upload
from pagecast.media.paging import MOST_ROWS, ROWS_IN_SIGHT
from pagecast.pages.models import Content, Page

COMMON, RARE, NOTHING, AMONG_TEXTS = "с", "щ", "ю", "т"
LETTERS = (COMMON, RARE, NOTHING, AMONG_TEXTS, "digit")
SEARCHES = (COMMON, RARE, NOTHING, "съ 12345", "без названия", "нет такого нигде")
ACTIVE = ("1", "0")
# Of the site, where one may leaf to the end.
FAR = ("2500", "999999999")
LAST_PAGE = str(MOST_ROWS // ROWS_IN_SIGHT)


@dataclass(frozen=True)
class Screen:
    """A list, its filters with the values that are asked for, and the columns that it can be sorted by."""

    model: type[Model]
    address: str
    filters: Mapping[str, Iterable[str]]
    sorts: tuple[str, ...]
    # What the deepest page that is offered is looked at with.
    deep: tuple[Mapping[str, str], ...] = field(default=({},))

    def column(self, name: str) -> int:
        """The number by which the list calls a column."""
        screen = admin.site._registry[self.model]  # noqa: SLF001 - there is no other way to ask
        before = 1 if screen.actions is not None else 0
        return before + list(screen.list_display).index(name)


SCREENS = (
    Screen(
        Content,
        "/admin/pages/content/",
        {
            "letter": LETTERS,
            "kind": ("video", "audio", "text"),
            "status": ("pending", "processing", "completed", "failed", "none"),
            "placed": ("no", "yes"),
            "is_active__exact": ACTIVE,
        },
        ("titled", "counter"),
        ({}, {"kind": "text"}, {"letter": COMMON}, {"placed": "no"}, {"status": "failed"}),
    ),
    Screen(
        Page,
        "/admin/pages/page/",
        {"letter": LETTERS, "is_active__exact": ACTIVE},
        ("title", "updated_at"),
    ),
    Screen(
        Upload,
        "/admin/media/upload/",
        {
            "state__exact": ("receiving", "pending", "processing", "completed", "failed"),
            "is_duplicate__exact": ACTIVE,
            "sender": ("2", "3", "4", "nobody"),
        },
        ("name", "created_at"),
        ({}, {"state__exact": "failed"}, {"sender": "2"}),
    ),
)


def questions() -> Iterator[tuple[str, str]]:
    """A group of questions, and an address; each once."""
    for group, query in _queries_of_the_site():
        yield f"the site: {group}", f"/?{urlencode(query)}"
    for screen in SCREENS:
        for group, query in _queries(screen):
            yield f"{screen.model._meta.verbose_name_plural}: {group}", f"{screen.address}?{urlencode(query)}"


def _queries_of_the_site() -> Iterator[tuple[str, dict[str, str]]]:
    for order in ("newest", "title"):
        yield "as they come", {"order": order}
        yield from (("far on", {"order": order, "page": number}) for number in FAR)
    yield from (("a search", {"search": text}) for text in SEARCHES)
    yield "far on in a search", {"search": COMMON, "page": FAR[-1]}


def _queries(screen: Screen) -> Iterator[tuple[str, dict[str, str]]]:
    chosen = {name: [{name: value} for value in values] for name, values in screen.filters.items()}
    ones = [one for values in chosen.values() for one in values]
    orders = [{"o": f"{sign}{screen.column(name)}"} for name in screen.sorts for sign in ("", "-")]
    yield "as they come", {}
    for query in screen.deep:
        yield "the last page", {**query, "p": LAST_PAGE}
    yield from (("one filter", one) for one in ones)
    for first, second in combinations(chosen.values(), 2):
        yield from (("two filters", {**one, **other}) for one, other in product(first, second))
    yield from (("an order", order) for order in orders)
    yield from (("an order and a filter", {**order, **one}) for order, one in product(orders, ones))
    yield from (("a search", {"q": text}) for text in SEARCHES)
    yield from (("a search and a filter", {"q": text, **one}) for text, one in product(SEARCHES, ones))
