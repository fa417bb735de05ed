"""The same pages, for people with a browser."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from pagecast.counting import ledger
from pagecast.pages import editing
from pagecast.pages.models import Content, Page, Text


def counters(page: Page) -> list[int]:
    keys = [placement.content_id for placement in page.placements.all()]
    return list(ledger.counters(keys).values())


def test_it_works(client: Client, handbook: Page) -> None:
    answer = client.get(handbook.get_absolute_url())
    assert answer.status_code == 200
    assert [title in answer.text for title in ("Handbook", "Dawn", "Rain", "Note")] == [True] * 4


def test_opening_a_page_counts_one_view_on_each_content(client: Client, handbook: Page) -> None:
    client.get(handbook.get_absolute_url())
    answer = client.get(handbook.get_absolute_url())
    assert counters(handbook) == [2, 2, 2]
    assert len(re.findall(r'<span data-content="\d+">2 views<', answer.text)) == 3


def test_looking_at_the_headers_counts_nothing(client: Client, handbook: Page) -> None:
    assert client.head(handbook.get_absolute_url()).status_code == 200
    assert counters(handbook) == [0, 0, 0]


def test_the_list_of_pages_counts_nothing(client: Client, handbook: Page) -> None:
    assert "Handbook" in client.get("/").text
    assert counters(handbook) == [0, 0, 0]


def test_what_is_switched_off_is_not_there(client: Client, handbook: Page, film: Content) -> None:
    Content.objects.filter(pk=film.pk).update(is_active=False)
    assert "Dawn" not in client.get(handbook.get_absolute_url()).text
    Page.objects.filter(pk=handbook.pk).update(is_active=False)
    assert client.get(handbook.get_absolute_url()).status_code == 404
    assert "Handbook" not in client.get("/").text


def test_an_empty_site_says_how_to_begin(client: Client, db: None) -> None:
    assert "/admin/pages/page/add/" in client.get("/").text


@pytest.mark.parametrize("title", ["Эти страшные буквы", "数日", "Été"])
def test_addresses_are_words_of_any_alphabet(client: Client, db: None, title: str) -> None:
    page = editing.create_page({"title": title})
    assert client.get(page.get_absolute_url()).status_code == 200


def test_russians_read_russian(client: Client, handbook: Page) -> None:
    answer = client.get(handbook.get_absolute_url(), headers={"Accept-Language": "ru"})
    assert "1 просмотр" in answer.text


def test_hostile_titles_and_texts_do_not_run(client: Client, db: None) -> None:
    text = Text.objects.create(title="<script>alert(1)</script>", text="<img src=x onerror=alert(1)>")
    page = editing.create_page({"title": "</title><script>alert(1)</script>"}, [text.pk])
    body = client.get(page.get_absolute_url()).text
    assert "<script>" not in body
    assert "<img" not in body


def test_an_address_that_is_not_there_says_so(client: Client, db: None) -> None:
    answer = client.get("/pages/nowhere/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


@pytest.mark.parametrize("number", ["0", "-1", "abc", "99999999999999999999"])
def test_a_wrong_page_number_shows_a_page_all_the_same(client: Client, handbook: Page, number: str) -> None:
    assert client.get("/", {"page": number}).status_code == 200


def test_a_new_page_may_not_be_posted_here(client: Client, handbook: Page) -> None:
    assert client.post(handbook.get_absolute_url()).status_code == 405


def test_who_may_edit_is_shown_where(client: Client, handbook: Page, alice: User, bob: User) -> None:
    where = f"/admin/pages/page/{handbook.pk}/change/"
    assert where not in client.get(handbook.get_absolute_url()).text
    client.force_login(bob)
    assert where not in client.get(handbook.get_absolute_url()).text
    client.force_login(alice)
    assert where in client.get(handbook.get_absolute_url()).text
    assert counters(handbook) == [3, 3, 3]


def test_an_editor_looks_at_a_page_that_is_switched_off_and_is_not_counted(
    client: Client, handbook: Page, film: Content, alice: User, bob: User
) -> None:
    client.get(handbook.get_absolute_url())
    editing.change_page(handbook, {"is_active": False})
    Content.objects.filter(pk=film.pk).update(is_active=False)
    for user, status in ((None, 404), (bob, 404), (alice, 200)):
        if user:
            client.force_login(user)
        answer = client.get(handbook.get_absolute_url())
        assert answer.status_code == status
    assert "Readers do not see this page." in answer.text
    assert ("Rain" in answer.text, "Dawn" in answer.text) == (True, False)
    assert counters(handbook) == [1, 1, 1]
