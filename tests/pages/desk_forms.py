"""What a browser sends from the form of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.test import Client

from pagecast.pages import reading
from pagecast.pages.admin.desk.loaded import Loaded
from pagecast.pages.models import Content, Page

PAGES = "/admin/pages/page/"


def page_form(page: Page | None, contents: Sequence[Content] | None = None, **changed: Any) -> dict[str, Any]:
    """The form of the page as it stands, with these contents in this order."""
    fields: dict[str, Any] = {"title": "", "slug": "", "text": "", "is_active": "on"}
    there: list[Content] = []
    if page is not None:
        fields |= {"title": page.title, "slug": page.slug, "text": page.text or ""}
        there = [placement.content for placement in page.placements.order_by("position")]
    rows = there if contents is None else contents
    fields |= {"contents": [content.pk for content in rows], "loaded": Loaded.of(page).to_json()}
    for content in rows:
        fields |= {f"title-{content.pk}": content.title, f"was-{content.pk}": content.title}
    return fields | changed


def send(client: Client, page: Page | None, form: dict[str, Any]) -> Any:
    """Send a form that was filled in before."""
    return client.post(f"{PAGES}add/" if page is None else f"{PAGES}{page.pk}/change/", form)


def save(client: Client, page: Page | None, contents: Sequence[Content] | None = None, **changed: Any) -> Any:
    """Send the form of the page, or of a new one."""
    return send(client, page, page_form(page, contents, **changed))


def saved(answer: Any) -> bool:
    """Whether the form was taken."""
    return bool(answer.status_code == 302)


def shown(page: Page) -> list[str]:
    """The titles that readers see on the page, in their order."""
    return [each.content.title for each in reading.read([page.pk])[0].contents]
