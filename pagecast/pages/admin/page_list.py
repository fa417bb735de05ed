"""The list of pages: what each holds, how often it was viewed, and the ways to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pagecast.counting.history import views_since
from pagecast.counting.models import Tally
from pagecast.media.paging import NumberOf
from pagecast.pages.models import Page, Placement

from .lists import ACTIVE, FirstLetterFilter, TitleSearch, active_label, link, number

WEEK = dt.timedelta(days=7)
# A page may hold more contents than anybody wants counted for a list.
MOST_CONTENTS = 1_000


class PageList(TitleSearch):
    """The list of pages."""

    list_display = (
        *("title", "number_of_contents", "views", "views_this_week", "active", "ways", "updated_at"),
    )
    list_filter = (FirstLetterFilter, ACTIVE)
    sortable_by = ("title", "updated_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Page]:
        pages: QuerySet[Page] = super().get_queryset(request)
        return pages

    def fill_in(self, rows: Sequence[Any]) -> None:
        keys = [page.pk for page in rows]
        contents = Placement.objects.filter(page=OuterRef("pk")).order_by().values("pk")
        counted = Page.objects.filter(pk__in=keys).annotate(held=NumberOf(contents[: MOST_CONTENTS + 1]))
        held = dict(counted.values_list("pk", "held"))
        viewed = dict(Tally.objects.filter(pk__in=keys).values_list("pk", "views"))
        lately = views_since(keys, timezone.now() - WEEK)
        for page in rows:
            page.held, page.viewed = held.get(page.pk, 0), viewed.get(page.pk, 0)
            page.viewed_lately = lately[page.pk]

    @admin.display(description=gettext_lazy("contents"))
    def number_of_contents(self, page: Any) -> str:
        if page.held > MOST_CONTENTS:
            return _("more than %(number)s") % {"number": number(MOST_CONTENTS)}
        return number(page.held)

    @admin.display(description=gettext_lazy("views"))
    def views(self, page: Any) -> str:
        return number(page.viewed)

    @admin.display(description=gettext_lazy("this week"))
    def views_this_week(self, page: Any) -> str:
        return number(page.viewed_lately)

    @admin.display(description=gettext_lazy("state"))
    def active(self, page: Page) -> str:
        return active_label(page.is_active)

    @admin.display(description=gettext_lazy("address"))
    def ways(self, page: Page) -> SafeString | str:
        if not page.is_active:
            return "–"
        title = {"title": page.title}
        site = link(page.get_absolute_url(), _("Site"), _("“%(title)s” on the site") % title)
        data = link(reverse("api:page-detail", args=[page.pk]), _("API"), _("“%(title)s” in the API") % title)
        return format_html('<span class="whitespace-nowrap">{} · {}</span>', site, data)
