"""What the lists of pages and contents have in common: finding titles, and choosing by letter."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import DropdownFilter

from pagecast.pages.models.titled import title_key

LATIN = "abcdefghijklmnopqrstuvwxyz"
# Without ё: a title's key has е for it.
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
DIGITS = "0123456789"

# Digits of a 64-bit number.
LONGEST_KEY = 19


class FirstLetterFilter(DropdownFilter):
    """Titles that begin with a letter, in either alphabet and in any case."""

    title = _("first letter")
    parameter_name = "letter"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        letters = [(letter, letter.upper()) for letter in CYRILLIC + LATIN]
        return [*letters, ("digit", "0–9")]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case None | "":
                return queryset
            case "digit":
                return queryset.filter(_any(DIGITS))
            case letter:
                return queryset.filter(title_key__startswith=title_key(letter)[:1])


def _any(beginnings: str) -> Q:
    found = Q()
    for beginning in beginnings:
        found |= Q(title_key__startswith=beginning)
    return found


def is_key(text: str) -> bool:
    """Whether it can be the key of a row: the database chokes on other numbers, Python on longer ones."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY and int(text) < 2**63


class TitleSearch(ModelAdmin):
    """Search by the beginning of the title, through its index."""

    # Django shows the search field when this is not empty; the search itself is below.
    search_fields = ("title_key",)
    search_help_text = _("Search by the beginning of the title")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        # Django lets everybody ask for every column, with values that its database chokes on.
        filters = {getattr(each, "parameter_name", each) for each in self.list_filter}
        return lookup.partition("__")[0] in filters and "\0" not in str(value)

    def get_search_results(
        self, _request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset.filter(title_key__startswith=title_key(search_term.replace("\0", ""))), False
