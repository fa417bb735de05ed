"""What search engines read first."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote
from urllib.robotparser import RobotFileParser

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pagecast.counting import ledger
from pagecast.counting.models import Tally
from pagecast.pages import editing
from pagecast.pages.models import Content, Page, Text
from pagecast.site import sitemaps
from tests.site.machines import SERVER, xml

pytestmark = pytest.mark.django_db

SITEMAP = "/sitemap.xml"
NAMESPACE = f"{{{sitemaps.NAMESPACE}}}"


@pytest.fixture
def few(monkeypatch: Any) -> int:
    """So few addresses are in a part."""
    monkeypatch.setattr(sitemaps, "IN_A_PART", 10)
    return 10


def addresses(client: Client, address: str, root: str) -> list[str]:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/xml"
    found = xml(answer.content)
    assert found.tag == f"{NAMESPACE}{root}"
    return [str(each.text) for each in found.iter(f"{NAMESPACE}loc")]


def parts(client: Client) -> list[str]:
    return [each.removeprefix(SERVER) for each in addresses(client, SITEMAP, "sitemapindex")]


def listed(client: Client) -> list[str]:
    """Every address in the sitemap."""
    return [address for part in parts(client) for address in addresses(client, part, "urlset")]


def changed(client: Client) -> list[str]:
    found = xml(client.get(f"{SITEMAP}?part=0").content)
    return [str(each.text) for each in found.iter(f"{NAMESPACE}lastmod")]


def fill(keys: Any) -> None:
    Page.objects.bulk_create(Page(pk=key, title=f"Page {key}", slug=f"p{key}") for key in keys)


def test_it_works(client: Client, handbook: Page) -> None:
    assert listed(client) == [f"{SERVER}/", f"{SERVER}/pages/handbook/"]


def test_an_empty_site_lists_its_front(client: Client) -> None:
    assert listed(client) == [f"{SERVER}/"]


def test_reading_it_counts_nothing(client: Client, handbook: Page, film: Content) -> None:
    listed(client)
    assert ledger.counters([film.pk]) == {film.pk: 0}


def test_pages_that_are_switched_off_are_not_listed(client: Client, handbook: Page) -> None:
    Page.objects.filter(pk=handbook.pk).update(is_active=False)
    assert listed(client) == [f"{SERVER}/"]


def test_each_page_is_listed_once_in_parts_of_a_size(client: Client, few: int) -> None:
    fill(range(1, 36))
    found = [addresses(client, part, "urlset") for part in parts(client)]
    assert [len(each) for each in found] == [10, 10, 10, 6]
    expected = [f"{SERVER}/", *(f"{SERVER}/pages/p{key}/" for key in range(1, 36))]
    assert [address for part in found for address in part] == expected


def test_parts_without_pages_are_not_listed(client: Client, few: int) -> None:
    fill([5, 1003, 1004, 70_001])
    Page.objects.filter(pk=70_001).update(is_active=False)
    fill([2**62])
    assert parts(client) == [f"{SITEMAP}?part={part}" for part in (0, 100, 2**62 // few)]
    assert len(listed(client)) == 5


def test_the_work_grows_with_the_part_and_not_with_the_site(client: Client, few: int) -> None:
    def asked(address: str) -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return [query["sql"] for query in queries]

    fill(range(1, 10))
    before = [len(asked(f"{SITEMAP}?part=0")), len(asked(SITEMAP))]
    fill(range(10, 400))
    of_a_part = asked(f"{SITEMAP}?part=30")
    assert len(of_a_part) <= before[0]
    assert len(asked(SITEMAP)) == before[1] + 39
    assert not [sql for sql in of_a_part if re.search("OFFSET|COUNT", sql)]


def test_a_page_has_changed_when_something_that_it_shows_has(client: Client, note: Content) -> None:
    page = editing.create_page({"title": "Notes"}, [note.pk])
    (before,) = changed(client)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", before)
    client.get(page.get_absolute_url())
    assert changed(client) == [before]
    # As if it were long ago.
    Tally.objects.filter(pk=page.pk).update(edition=1_000_000)
    assert changed(client) == ["1970-01-01T00:00:01Z"]
    Text.objects.filter(pk=note.pk).update(text="Other words")
    assert changed(client) >= [before]


@pytest.mark.parametrize("slug", ["вечер", "数日", "été"])
def test_addresses_of_any_alphabet_are_escaped(client: Client, slug: str) -> None:
    editing.create_page({"title": "x", "slug": slug})
    assert listed(client)[1] == f"{SERVER}/pages/{quote(slug)}/"


@pytest.mark.parametrize("part", ["1", "-1", "x", "", "1.5", "٣", "9" * 14, "9" * 400, "0 OR 1=1"])
def test_a_part_that_is_not_there_says_so(client: Client, handbook: Page, part: str) -> None:
    assert client.get(SITEMAP, {"part": part}).status_code == 404


@pytest.mark.parametrize("address", [SITEMAP, "/robots.txt"])
def test_it_is_only_read(client: Client, address: str) -> None:
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405


def test_machines_are_told_where_to_look_and_where_not(client: Client) -> None:
    answer = client.get("/robots.txt")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines())
    assert robots.site_maps() == [f"{SERVER}{SITEMAP}"]
    allowed = ("/", "/?page=2", "/pages/handbook/", "/pages/handbook/embed/", "/media/x.mp4", "/feed/")
    assert [path for path in allowed if not robots.can_fetch("Anybot", path)] == []
    refused = ("/admin/", "/api/page/content/")
    assert [path for path in refused if robots.can_fetch("Anybot", path)] == []
