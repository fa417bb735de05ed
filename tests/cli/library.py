"""What stands on the pages that an import has made."""

from __future__ import annotations

from pagecast.pages.models import Page


def tree() -> dict[str, list[str]]:
    """The titles of pages, and what stands on them."""
    return {
        page.title: [placement.content.title for placement in page.placements.order_by("position")]
        for page in Page.objects.order_by("pk")
    }


WHOLE = {"Rivers": ["1 Dawn", "2 Rain", "3 Note"], "Горы": ["1 Dawn", "2 Rain", "3 Note"]}
