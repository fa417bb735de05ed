"""What readers are told at an address that has no page for them."""

from __future__ import annotations

import pytest
from django.test import Client

from pagecast.counting.models import Tally
from pagecast.pages import editing
from pagecast.pages.models import Page

OLD = "/pages/handbook/"


@pytest.fixture
def renamed(handbook: Page) -> Page:
    return editing.change_page(handbook, {"slug": "manual"})


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_page_that_was_renamed_is_found_under_its_old_address(
    client: Client, renamed: Page, method: str
) -> None:
    answer = getattr(client, method)(OLD)
    assert answer.status_code == 301
    assert answer.headers["Location"] == renamed.get_absolute_url()
    assert "Handbook" in client.get(OLD, follow=True).text


def test_what_is_asked_of_a_page_is_asked_of_it_elsewhere(client: Client, renamed: Page) -> None:
    assert client.get(f"{OLD}?from=letter&a=%2F").headers["Location"] == "/pages/manual/?from=letter&a=%2F"


def test_an_address_of_another_alphabet_leads_to_another_one(client: Client, db: None) -> None:
    page = editing.create_page({"title": "Ёлка"})
    old = page.get_absolute_url()
    editing.change_page(page, {"slug": "数日"})
    answer = client.get(old, follow=True)
    assert answer.redirect_chain == [("/pages/%E6%95%B0%E6%97%A5/", 301)]
    assert answer.status_code == 200


def test_no_browser_keeps_what_may_change_at_any_time(client: Client, renamed: Page) -> None:
    """A page may be renamed back, and a new one may take the address of one that is gone."""
    assert "no-cache" in client.get(OLD).headers["Cache-Control"]
    editing.change_page(renamed, {"slug": "handbook"})
    assert client.get(OLD).status_code == 200
    renamed.delete()
    assert "no-cache" in client.get(OLD).headers["Cache-Control"]
    editing.create_page({"title": "Another", "slug": "handbook"})
    assert "Another" in client.get(OLD).text


def test_a_page_that_was_taken_away_says_so_and_helps(client: Client, handbook: Page) -> None:
    handbook.delete()
    answer = client.get(OLD)
    assert answer.status_code == 410
    assert "was taken away" in answer.text
    assert ".invalid" not in answer.text
    assert 'name="search"' in answer.text
    assert 'href="/">All pages</a>' in answer.text
    assert client.head(OLD).status_code == 410


def test_an_address_that_never_was_helps_to_find_the_page(client: Client, handbook: Page) -> None:
    answer = client.get("/pages/handbook-for_all/")
    assert answer.status_code == 404
    assert 'value="handbook for all"' in answer.text
    assert f'<a href="{handbook.get_absolute_url()}">Handbook</a>' in answer.text


def test_a_page_that_is_switched_off_is_answered_like_one_that_never_was(
    client: Client, renamed: Page
) -> None:
    Page.objects.filter(pk=renamed.pk).update(is_active=False)
    never = client.get("/pages/manuel/").text.replace("manuel", "manual")
    assert [client.get(path).status_code for path in (OLD, "/pages/manual/")] == [404, 404]
    assert client.get("/pages/manual/").text == never


def test_a_page_that_is_not_there_counts_nothing(client: Client, renamed: Page) -> None:
    gone = editing.create_page({"title": "Gone"})
    gone.delete()
    for path in (OLD, gone.get_absolute_url(), "/pages/nowhere/"):
        client.get(path)
    assert Tally.objects.get().views == 0


def test_hostile_titles_and_addresses_do_not_run(client: Client, db: None) -> None:
    editing.create_page({"title": "evil <script>alert(1)</script>"})
    answer = client.get("/pages/evil/")
    assert answer.status_code == 404
    assert "evil &lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize("path", ["/pages/nowhere/", "/nowhere/", "/sitemap.xml?part=9"])
def test_it_is_told_in_the_language_of_the_reader_and_to_nobody_else(
    path: str, client: Client, db: None
) -> None:
    for headers in ({"Accept-Language": "ru"}, {"Cookie": "django_language=ru"}):
        answer = client.get(path, headers=headers)
        assert (answer.status_code, '<html lang="ru">' in answer.text) == (404, True)
        assert {"Accept-Language", "Cookie"} <= set(answer.headers["Vary"].split(", "))
        assert answer.headers["Cache-Control"] == "private, no-cache"
