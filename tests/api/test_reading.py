"""What readers get."""

from __future__ import annotations

from rest_framework.test import APIClient

from pagecast.pages.models import Page


def test_it_works(reader: APIClient, handbook: Page) -> None:
    answer = reader.get(f"/api/page/content/{handbook.pk}/")
    assert answer.status_code == 200
    assert [content["title"] for content in answer.json()["contents"]] == ["Dawn", "Rain", "Note"]
    assert [content["counter"] for content in answer.json()["contents"]] == [1, 1, 1]
