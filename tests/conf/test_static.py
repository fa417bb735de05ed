"""How long browsers may keep the parts of a screen."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

# A file that has been sent sees to old connections, which may be there or not.
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(settings: Any) -> Client:
    """A browser at a server that has static files, which tests leave out elsewhere."""
    settings.WHITENOISE_USE_FINDERS = True
    return Client()


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("pages/desk/desk.js", "no-cache"),
        ("pages/admin.css", "no-cache"),
        ("site/site.css", "no-cache"),
        ("unfold/css/styles.css", "max-age=3600, public"),
    ],
)
def test_our_own_parts_are_asked_for_again(browser: Client, path: str, kept: str) -> None:
    answer = browser.get(f"/static/{path}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, kept)
    answer.close()


def test_asking_again_costs_little(browser: Client) -> None:
    first = browser.get("/static/pages/desk/desk.js")
    again = browser.get(
        "/static/pages/desk/desk.js",
        headers={"If-Modified-Since": first.headers["Last-Modified"]},
    )
    first.close()
    again.close()
    assert again.status_code == 304
