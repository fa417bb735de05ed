"""POST …/views/: for readers who have the page from a cache."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from pagecast.pages.models import Content, Page
from tests.api.problems import PAGES, problem

Counters = Callable[..., list[int]]


@pytest.fixture
def views(handbook: Page) -> str:
    return f"{PAGES}{handbook.pk}/views/"


def test_it_works(reader: APIClient, views: str, film: Content, note: Content, counters: Counters) -> None:
    answer = reader.post(views)
    assert (answer.status_code, answer.content) == (204, b"")
    assert counters(film, note) == [1, 1]


def test_it_adds_to_what_get_has_counted(
    reader: APIClient, views: str, film: Content, counters: Counters
) -> None:
    reader.post(views)
    reader.get(views.removesuffix("views/"))
    reader.post(views)
    assert counters(film) == [3]


def test_a_body_is_not_read(reader: APIClient, views: str, film: Content, counters: Counters) -> None:
    assert reader.post(views, b"\xff{", content_type="text/plain").status_code == 204
    assert counters(film) == [1]


def test_a_browser_that_is_logged_in_needs_no_csrf_token(
    alice: User, views: str, film: Content, counters: Counters
) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post(views).status_code == 204
    assert counters(film) == [1]


def test_a_wrong_token_does_not_matter(
    stranger: APIClient, views: str, film: Content, counters: Counters
) -> None:
    assert stranger.post(views).status_code == 204
    assert counters(film) == [1]


@pytest.mark.parametrize("number", [0, 4711, 2**63, 10**400])
def test_a_page_that_never_was_is_404(reader: APIClient, handbook: Page, number: int) -> None:
    problem(reader.post(f"{PAGES}{number}/views/"), 404)


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_other_methods_are_refused_and_count_nothing(
    reader: APIClient, views: str, method: str, film: Content, counters: Counters
) -> None:
    answer = getattr(reader, method)(views)
    problem(answer, 405)
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert counters(film) == [0]
