"""The parts of the list of pages: what may be asked for, and which pages stand on each.

However many pages there are, an index counts them and leads to any part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Self

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from pagecast.pages.models import Page
from pagecast.pages.models.titled import TITLE_LENGTH, title_key

ON_A_PAGE = 20
NEWEST, TITLE = "newest", "title"
# More parts than any list has, in as many digits as are read of a number.
_MOST, _DIGITS = 10**18, 18
# NUL and halves of a character, which stand in no title.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SURROGATES, _BEHIND_THEM, _LAST = 0xD800, 0xE000, 0x10FFFF


@dataclass(frozen=True, slots=True)
class Wish:
    """Which part of the list is asked for. What a search finds comes by title."""

    number: int = 1
    order: str = NEWEST
    search: str = ""

    @classmethod
    def from_query(cls, query: QueryDict) -> Self:
        """What a reader's address asks for. What makes no sense in it asks for nothing."""
        search = _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", query.get("search") or "")
        search = search.strip()[:TITLE_LENGTH]
        by_title = bool(search) or query.get("order") == TITLE
        return cls(_number(query.get("page") or ""), TITLE if by_title else NEWEST, search)

    def address(self) -> str:
        """Where the part is found, always written alike."""
        said: dict[str, str | int] = {}
        if self.search:
            said["search"] = self.search
        elif self.order == TITLE:
            said["order"] = TITLE
        if self.number > 1:
            said["page"] = self.number
        return reverse("site:home") + (f"?{urlencode(said)}" if said else "")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A part by its number, among those that one may go to."""

    number: int
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part of the list, and how many there are."""

    #: With the number of a part that is there.
    wish: Wish
    pages: tuple[int, ...]
    #: How many pages match, on all parts together.
    count: int
    last: int

    def address(self, number: int) -> str | None:
        """Where another part is found; None if there is no such part."""
        return replace(self.wish, number=number).address() if 1 <= number <= self.last else None

    def numbers(self) -> list[Numbered | None]:
        """The parts to offer: the first, those around this one, the last; None stands for some left out."""
        here = self.wish.number
        near = {1, self.last, *range(here - 1, here + 2)} & set(range(1, self.last + 1))
        # Three dots for a single number would save nothing.
        near |= {number for number in (here - 2, here + 2) if {number - 1, number + 1} <= near}
        offered: list[Numbered | None] = []
        before = 0
        for number in sorted(near):
            if number > before + 1:
                offered.append(None)
            address = replace(self.wish, number=number).address()
            offered.append(Numbered(number, address, number == here))
            before = number
        return offered


def matching(wish: Wish) -> QuerySet[Page]:
    """The pages that are asked for, on all parts, in their order."""
    pages = Page.objects.filter(is_active=True)
    if wish.search:
        pages = pages.filter(_begins_with(title_key(wish.search)))
    if wish.search or wish.order == TITLE:
        return pages.order_by("title_key", "pk")
    return pages.order_by("-created_at", "-pk")


def leaf(pages: QuerySet[Page], wish: Wish) -> Leaf:
    """The part that is asked for; past the last one, the last one."""
    count = pages.count()
    last = max(1, -(-count // ON_A_PAGE))
    number = min(wish.number, last)
    start = (number - 1) * ON_A_PAGE
    return Leaf(replace(wish, number=number), _slice(pages, start, count), count, last)


def _slice(pages: QuerySet[Page], start: int, count: int) -> tuple[int, ...]:
    """Read from the end that is nearer: a database walks past all that stand before."""
    end = min(start + ON_A_PAGE, count)
    if start <= count - end:
        return tuple(pages.values_list("pk", flat=True)[start:end])
    backwards = pages.reverse().values_list("pk", flat=True)[count - end : count - start]
    return tuple(reversed(list(backwards)))


def _begins_with(key: str) -> Q:
    """As a range of keys: for LIKE, SQLite would read all of them."""
    found = Q(title_key__gte=key)
    while key:
        following = ord(key[-1]) + 1
        if following <= _LAST:
            following = _BEHIND_THEM if following == _SURROGATES else following
            return found & Q(title_key__lt=key[:-1] + chr(following))
        key = key[:-1]
    return found


def _number(raw: str) -> int:
    if not (raw.isascii() and raw.isdigit()):
        return 1
    return max(1, int(raw)) if len(raw) <= _DIGITS else _MOST
