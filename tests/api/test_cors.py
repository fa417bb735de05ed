"""Any site may read; only named ones may edit from a browser elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from pagecast.pages.models import Content, Page
from tests.api.problems import CONTENTS, PAGES

HOME, ELSEWHERE = "https://editing.example.org", "https://elsewhere.example.org"
ALLOWED = "Access-Control-Allow-Origin"


@pytest.fixture(autouse=True)
def named_origin(settings: Any) -> None:
    """What PAGECAST_CORS_ORIGINS sets."""
    settings.CORS_ALLOWED_ORIGINS = [HOME]


def _preflight(client: APIClient, address: str, method: str, origin: str) -> Any:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return client.options(address, headers=asked | {"Access-Control-Request-Headers": "authorization"})


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("tail", ["", "{id}/", "?page=9", "?page=0", "4711/"])
def test_any_site_may_read(reader: APIClient, handbook: Page, method: str, tail: str) -> None:
    answer = getattr(reader, method)(PAGES + tail.format(id=handbook.pk), headers={"Origin": ELSEWHERE})
    assert answer.headers[ALLOWED] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_it_is_said_without_being_asked_so_that_caches_may_keep_it(reader: APIClient, handbook: Page) -> None:
    assert reader.get(PAGES).headers[ALLOWED] == "*"


def test_a_named_site_may_read_as_well(reader: APIClient, handbook: Page) -> None:
    assert reader.get(PAGES, headers={"Origin": HOME}).headers[ALLOWED] in ("*", HOME)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("address", [PAGES, CONTENTS])
def test_a_named_site_may_ask_to_edit(reader: APIClient, address: str, method: str) -> None:
    answer = _preflight(reader, address, method, HOME)
    assert answer.headers[ALLOWED] == HOME
    assert method in answer.headers["Access-Control-Allow-Methods"]
    assert "authorization" in answer.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", f"{HOME}.evil.example", HOME.replace("https", "http")])
@pytest.mark.parametrize("address", [PAGES, CONTENTS])
def test_no_other_site_may(reader: APIClient, editor: APIClient, address: str, origin: str) -> None:
    assert ALLOWED not in _preflight(reader, address, "POST", origin).headers
    answer = editor.post(address, {"title": "x", "content_type": "text"}, headers={"Origin": origin})
    assert ALLOWED not in answer.headers


def test_a_named_site_gets_the_answer_to_its_edit(editor: APIClient, film: Content) -> None:
    headers = {"Origin": HOME}
    assert editor.post(PAGES, {"title": "x"}, headers=headers).headers[ALLOWED] == HOME
    assert editor.get(f"{CONTENTS}{film.pk}/", headers=headers).headers[ALLOWED] == HOME


def test_what_is_for_editors_is_not_for_any_site(editor: APIClient, film: Content) -> None:
    for address in (CONTENTS, f"{CONTENTS}{film.pk}/"):
        assert ALLOWED not in editor.get(address, headers={"Origin": ELSEWHERE}).headers
