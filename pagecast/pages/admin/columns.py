"""What lists and forms tell of a content."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from pagecast.counting import ledger
from pagecast.media.admin import badge, told
from pagecast.pages.kinds import kinds
from pagecast.pages.models import Content


class ContentColumns:
    """What lists and forms tell of a content."""

    @admin.display(description=_("kind"), ordering="polymorphic_ctype")
    def kind_name(self, content: Content) -> str:
        kind = kinds().get(content.polymorphic_ctype.model) if content.polymorphic_ctype else None
        return str(kind._meta.verbose_name) if kind else "–"

    @admin.display(description=_("status"), ordering="upload__state")
    def status(self, content: Content) -> str:
        return badge(content.upload) if content.upload else "–"

    @admin.display(description=_("views"), ordering="live_counter")
    def counter(self, content: Any) -> int:
        if hasattr(content, "live_counter"):
            return int(content.live_counter)
        return ledger.counters([content.pk])[content.pk]

    @admin.display(description=_("file"))
    def filed(self, content: Content) -> str:
        if content.blob is None:
            return "–"
        return format_html(
            '<a href="{}" class="text-primary-600 break-all">{}</a>', content.blob.url, content.blob.path
        )

    @admin.display(description=_("what is wrong"))
    def refusal(self, content: Content) -> str:
        return (content.upload.error if content.upload else "") or "–"

    @admin.display(description=_("good to know"))
    def notices(self, content: Content) -> str:
        return told(content.upload) if content.upload else "–"

    @admin.display(description=_("picture"))
    def picture(self, content: Content) -> str:
        return format_html('<img src="{}" alt="" class="rounded-default max-w-xs">', content.poster)

    @admin.display(description=_("shown on"))
    def shown_on(self, content: Content) -> str:
        pages = [
            (reverse("admin:pages_page_change", args=[placement.page_id]), placement.page.title)
            for placement in content.placements.select_related("page")[:50]
        ]
        return format_html_join(", ", '<a href="{}" class="text-primary-600">{}</a>', pages) or "–"
