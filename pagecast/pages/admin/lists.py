"""What the lists of pages and contents have in common: finding titles, and choosing by letter."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter, DropdownFilter

from pagecast.media.paging import Bounded
from pagecast.pages.models.titled import title_key

LATIN = "abcdefghijklmnopqrstuvwxyz"
# Without ё: a title's key has е for it.
CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюя"

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
                # Keys are compared by their characters, so this is one range of the index, and : follows 9.
                return queryset.filter(title_key__gte="0", title_key__lt=":")
            case letter:
                return queryset.filter(title_key__startswith=title_key(letter)[:1])


#: The filter of those that are active, or are not.
ACTIVE = ("is_active", BooleanRadioFilter)


def active_label(is_active: bool) -> SafeString:  # noqa: FBT001 - it is the column
    """Whether readers see it, in a word and a colour."""
    text = _("Active") if is_active else _("Switched off")
    return render_to_string(
        "unfold/helpers/label.html", {"text": text, "type": "success" if is_active else ""}
    )


def link(address: str, text: str, label: str = "") -> SafeString:
    """A link; `label` is what a screen reader says where the text alone does not tell where it leads."""
    name = format_html(' aria-label="{}"', label) if label else ""
    look = "text-primary-600 dark:text-primary-500"
    return format_html('<a href="{}" class="{}"{}>{}</a>', address, look, name, text)


def number(value: int) -> str:
    """A whole number as the reader's language writes it, such as 1,234,567."""
    return number_format(value, force_grouping=True)


def is_key(text: str) -> bool:
    """Whether it can be the key of a row: the database chokes on other numbers, Python on longer ones."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY and int(text) < 2**63


class TitleSearch(Bounded, ModelAdmin):
    """Search by the beginning of the title; whoever asks for one has what is found in the order of titles."""

    key_field = "title_key"
    asking_for_beginnings = (*Bounded.asking_for_beginnings, "letter")
    # Django shows the search field when this is not empty.
    search_fields = (key_field,)
    search_help_text = _("Search by the beginning of the title")
    list_filter_submit = True
    ordering = ("-pk",)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not all(map(is_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            return HttpResponseRedirect(request.get_full_path())
        return super().response_action(request, *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        # Django lets everybody ask for every column, with values that its database chokes on.
        named = [each[0] if isinstance(each, tuple) else each for each in self.list_filter]
        filters = {getattr(each, "parameter_name", each) for each in named}
        return lookup.partition("__")[0] in filters and "\0" not in str(value)
