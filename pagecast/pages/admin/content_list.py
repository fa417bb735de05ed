"""The one list of contents of all kinds."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.db.models import F, OuterRef, QuerySet, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from polymorphic.admin import PolymorphicParentModelAdmin
from polymorphic.admin.forms import PolymorphicModelChoiceForm
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminRadioSelectWidget

from pagecast.counting import ledger
from pagecast.counting.models import Count
from pagecast.media.models import STATES_OF_FILES, Upload
from pagecast.media.paging import BoundedList, first_of_each
from pagecast.pages.kinds import kinds, type_of
from pagecast.pages.models import Content, Page, Placement

from .columns import ContentColumns, cell
from .lists import ACTIVE, FirstLetterFilter, TitleSearch, is_key, link, number

# So many of its pages are named in the row of a content, and so many more are counted.
NAMED, COUNTED = 3, 100
# Characters of the title of a page that stands in the row of a content.
TITLE = 40
# So many rows are sorted by their counters within the time that a list may take.
SORTED = 120_000
# What the columns call the order by counters.
BY_COUNTER = "live_counter"


class KindFilter(DropdownFilter):
    """Contents of one kind."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [(name, kind._meta.verbose_name) for name, kind in kinds().items()]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Content]) -> QuerySet[Content]:
        kind = self.value()
        return queryset.filter(polymorphic_ctype=type_of(kind)) if kind in kinds() else queryset


class StatusFilter(DropdownFilter):
    """Contents whose newest upload is in a state."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [*STATES_OF_FILES, ("none", gettext_lazy("No file"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Content]) -> QuerySet[Content]:
        kind = kinds().get(request.GET.get(KindFilter.parameter_name, ""))
        if kind is not None and kind.file_field is None:
            # None of them has a file. The database would look through all of them to find that out.
            return queryset if self.value() in {None, "", "none"} else queryset.none()
        match self.value():
            case "none":
                return queryset.filter(upload=None)
            case state if state in Upload.State.values:
                return queryset.filter(upload__state=state)
        return queryset


class PlacedFilter(DropdownFilter):
    """Contents that stand on a page, or on none."""

    title = gettext_lazy("where it is shown")
    parameter_name = "placed"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", gettext_lazy("Not on any page")), ("yes", gettext_lazy("On a page"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Content]) -> QuerySet[Content]:
        match self.value():
            case "no":
                return queryset.filter(is_placed=False)
            case "yes":
                return queryset.filter(is_placed=True)
        return queryset


class SeenFilter(DropdownFilter):
    """Contents in the order of their counters: for windows that are too narrow for the heads of columns."""

    title = gettext_lazy("order")
    parameter_name = "shown"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [("most", gettext_lazy("Shown most")), ("least", gettext_lazy("Shown least"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Content]) -> QuerySet[Content]:
        return queryset


class KindChoice(PolymorphicModelChoiceForm):
    """Which kind to add."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["ct_id"]
        field.label = capfirst(gettext_lazy("kind"))
        field.widget = UnfoldAdminRadioSelectWidget(choices=field.choices)


class ContentRows(BoundedList):
    """The rows of the list. Their order by counters is that of the ledger, which has an index for it.

    So it is that of the settled views, up to a minute late; the numbers that are shown are exact.
    """

    order_of_counters = ""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        ordering = super().get_ordering(request, queryset)
        chosen = {"most": f"-{BY_COUNTER}", "least": BY_COUNTER}
        first = chosen.get(request.GET.get(SeenFilter.parameter_name, ""), str(ordering[0]))
        if first.lstrip("-") != BY_COUNTER:
            return ordering
        self.order_of_counters = first.replace(BY_COUNTER, "seen")
        return ["-pk"]

    def rows_in_sight(self) -> list[Content]:
        if not self.order_of_counters:
            return super().rows_in_sight()
        start = (self.page_num - 1) * self.list_per_page if self.multi_page else 0
        found = Count.objects.filter(pk__in=self.queryset.order_by().values("pk"))
        seen = found.order_by(*self._order()).values_list("pk", flat=True)
        contents = self.root_queryset.in_bulk(keys := list(seen[start : start + self.list_per_page]))
        return [contents[key] for key in keys if key in contents]

    def _order(self) -> list[Any]:
        """Many rows by the index, until a page is full; few ones sorted, as they can lie far apart in it."""
        is_falling = self.order_of_counters.startswith("-")
        if self._estimate() > SORTED:
            return [self.order_of_counters, "-pk" if is_falling else "pk"]
        # Anything but the plain column keeps the database from its index.
        seen = F("seen") + 0
        return [seen.desc(), "-pk"] if is_falling else [seen.asc(), "pk"]

    def _estimate(self) -> int:
        """How many rows there are, about: all of them counted, or what PostgreSQL's planner thinks."""
        if not self.paginator.has_more:
            return int(self.paginator.count)
        if connection.vendor != "postgresql":
            return SORTED + 1
        plan = self.queryset.order_by().values("pk").explain(format="json")
        return int(json.loads(plan)[0]["Plan"]["Plan Rows"])


@admin.register(Content)
class ContentAdmin(ContentColumns, PolymorphicParentModelAdmin, TitleSearch):
    """All contents."""

    base_model = Content
    add_type_form = KindChoice
    list_display = ("titled", "kind_name", "status", "counter", "where", "size", "length")
    list_filter = (SeenFilter, FirstLetterFilter, KindFilter, StatusFilter, PlacedFilter, ACTIVE)
    sortable_by = ("titled", "counter")
    actions = None

    def get_child_models(self) -> list[type[Content]]:
        return list(kinds().values())

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ContentRows

    def fill_in(self, rows: Sequence[Any]) -> None:
        prefetch_related_objects(rows, "polymorphic_ctype", "blob", "upload__blob")
        keys = [content.pk for content in rows]
        counters, homes = ledger.counters(keys), _homes(keys)
        for content in rows:
            content.live_counter, content.homes = counters[content.pk], homes.get(content.pk, ([], 0))

    @admin.display(description=gettext_lazy("title"), ordering="title_key")
    def titled(self, content: Content) -> SafeString:
        look = "flex gap-3 items-center justify-end lg:justify-start"
        parts = '<div class="shrink-0">{}</div><span class="break-words min-w-0">{}</span>'
        told = format_html(parts, cell(content, "picture"), content.title)
        return format_html('<div class="{}">{}</div>', look, told)

    @admin.display(description=gettext_lazy("views"), ordering=BY_COUNTER)
    def counter(self, content: Any) -> str:  # type: ignore[override]  # written as people write it
        return number(content.live_counter)

    @admin.display(description=gettext_lazy("shown on"))
    def where(self, content: Any) -> SafeString | str:
        pages, total = content.homes
        named: list[tuple[str]] = [
            (link(reverse("admin:pages_page_change", args=[page.pk]), Truncator(page.title).chars(TITLE)),)
            for page in pages
        ]
        if total > NAMED + COUNTED:
            named.append((_("and more than %(number)s more") % {"number": number(COUNTED)},))
        elif total > NAMED:
            named.append((_("and %(number)s more") % {"number": number(total - NAMED)},))
        return format_html_join(", ", "{}", named) or "–"

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        # Polymorphic takes any text for a number here.
        if not is_key(request.GET.get("ct_id", "0")):
            raise Http404
        return super().add_view(request, form_url, extra_context)

    def _get_real_admin(self, object_id: str, super_if_self: bool = True) -> Any:  # noqa: FBT001, FBT002
        # And here.
        if not is_key(object_id):
            raise Http404
        return super()._get_real_admin(object_id, super_if_self)


def _homes(contents: Collection[int]) -> dict[int, tuple[list[Page], int]]:
    """The first few pages of each of these contents, and on how many it stands, counted up to a bound."""
    related = Placement.objects.filter(content=OuterRef("pk")).order_by("page").values("page")
    found = first_of_each(Content, contents, related, NAMED, NAMED + COUNTED + 1)
    pages = Page.objects.only("title").in_bulk({page for few, _total in found.values() for page in few})
    return {
        content: ([pages[page] for page in few if page in pages], total)
        for content, (few, total) in found.items()
    }
