"""Feeds: the newest pages, and a page's films and sounds as a podcast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import get_language

from pagecast.counting import ledger
from pagecast.counting.models import Catalogue, Tally
from pagecast.media.models import Blob
from pagecast.pages import editing
from pagecast.pages.models import Audio, Content, Page, Text, Video
from pagecast.site import changes, feeds
from tests.site.machines import HOSTILE, SERVER, concert, filed, hostile, xml

pytestmark = pytest.mark.django_db

FEED = "/feed/"
ATOM, ITUNES = "{http://www.w3.org/2005/Atom}", f"{{{feeds.ITUNES}}}"


def channel(client: Client, address: str = FEED) -> ET.Element:
    """What a program gets that subscribes."""
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    root = xml(answer.content)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    found = root.find("channel")
    assert found is not None
    # https://www.rssboard.org/rss-specification#requiredChannelElements
    assert all(found.findtext(name) is not None for name in ("title", "link", "description"))
    link = found.find(f"{ATOM}link")
    assert link is not None
    assert (link.get("rel"), link.get("href")) == ("self", f"{SERVER}{address}")
    return found


def long_ago() -> None:
    """As if all that there is were from then."""
    Tally.objects.update(edition=10**15)
    Catalogue.objects.update(edition=10**15)


def said(found: ET.Element, name: str) -> list[str | None]:
    """What each item says under this name."""
    return [item.findtext(name) for item in found.findall("item")]


def attributes(found: ET.Element, name: str) -> list[dict[str, str]]:
    return [each.attrib for item in found.findall("item") for each in item.findall(name)]


def test_it_works(client: Client, handbook: Page) -> None:
    newer = editing.create_page({"title": "Newer", "text": "Some words"})
    found = channel(client)
    assert (found.findtext("title"), found.findtext("link")) == ("Pagecast", f"{SERVER}/")
    assert said(found, "title") == ["Newer", "Handbook"]
    assert said(found, "link") == [f"{SERVER}/pages/newer/", f"{SERVER}/pages/handbook/"]
    assert said(found, "description") == ["Some words", ""]
    date, _older = said(found, "pubDate")
    assert parsedate_to_datetime(str(date)) == newer.created_at.replace(microsecond=0)


def test_a_feed_without_pages_is_a_feed(client: Client) -> None:
    assert said(channel(client), "title") == []


def test_reading_a_feed_counts_no_view(client: Client) -> None:
    page = concert()
    client.get(FEED)
    client.get("/pages/concert/feed/")
    keys = [placement.content_id for placement in page.placements.all()]
    assert set(ledger.counters(keys).values()) == {0}


def test_a_page_that_is_switched_off_is_in_no_feed(client: Client) -> None:
    page = concert()
    Page.objects.filter(pk=page.pk).update(is_active=False)
    assert said(channel(client), "title") == []
    assert client.get("/pages/concert/feed/").status_code == 404


def test_only_the_newest_are_in_the_feed(client: Client) -> None:
    Page.objects.bulk_create(Page(title=f"Page {number}", slug=f"p{number}") for number in range(40))
    with CaptureQueriesContext(connection) as asked:
        assert len(said(channel(client), "title")) == feeds.NEWEST
    assert len(asked) <= 4


def test_a_long_text_is_shortened_and_never_read_whole(client: Client) -> None:
    editing.create_page({"title": "Long", "text": "word " * 100_000})
    with CaptureQueriesContext(connection) as asked:
        (text,) = said(channel(client), "description")
    assert 0 < len(text or "") <= feeds.LENGTH
    assert not [query["sql"] for query in asked if '"pages_page"."text", "' in query["sql"]]


def test_nothing_plays_for_no_time(client: Client) -> None:
    concert()
    Blob.objects.update(duration=0.042)
    assert set(said(channel(client, "/pages/concert/feed/"), f"{ITUNES}duration")) == {"1"}


def test_names_of_items_stay_when_pages_and_contents_are_renamed(client: Client) -> None:
    page = concert()
    names = [said(channel(client), "guid"), said(channel(client, "/pages/concert/feed/"), "guid")]
    editing.change_page(page, {"title": "Soirée", "slug": "evening"})
    for placement in page.placements.all():
        Content.objects.filter(pk=placement.content_id).update(title="Another")
    again = [said(channel(client), "guid"), said(channel(client, "/pages/evening/feed/"), "guid")]
    assert again == names
    assert len(set(names[1])) == 3
    assert attributes(channel(client), "guid") == [{"isPermaLink": "false"}]


def test_who_subscribed_to_a_page_is_led_to_its_new_address(client: Client) -> None:
    editing.change_page(concert(), {"slug": "evening"})
    answer = client.get("/pages/concert/feed/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/pages/evening/feed/")
    Page.objects.get().delete()
    assert client.get("/pages/concert/feed/").status_code == 410


def test_who_has_the_feed_already_does_not_get_it_again(client: Client, handbook: Page) -> None:
    long_ago()
    answer = client.get(FEED)
    for header, value in (("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")):
        again = client.get(FEED, headers={header: answer.headers[value]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == answer.headers["ETag"]
        assert again.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "change", ["rename", "delete", "switch off", "add", "title of the site", "its language"]
)
def test_who_has_an_older_feed_gets_the_new_one(
    client: Client, handbook: Page, settings: Any, change: str
) -> None:
    etag = client.get(FEED).headers["ETag"]
    if change == "rename":
        editing.change_page(handbook, {"title": "Manual"})
    elif change == "delete":
        handbook.delete()
    elif change == "switch off":
        Page.objects.filter(pk=handbook.pk).update(is_active=False)
    elif change == "add":
        editing.create_page({"title": "Newer"})
    elif change == "title of the site":
        settings.PAGECAST_SITE_TITLE = "Our films"
    else:
        settings.LANGUAGE_CODE = "ru"
    assert client.get(FEED, headers={"If-None-Match": etag}).status_code == 200


def test_who_knows_only_the_date_is_told_that_a_page_is_gone(client: Client, handbook: Page) -> None:
    editing.create_page({"title": "Stays"})
    long_ago()
    date = client.get(FEED).headers["Last-Modified"]
    assert client.get(FEED, headers={"If-Modified-Since": date}).status_code == 304
    handbook.delete()
    assert client.get(FEED, headers={"If-Modified-Since": date}).status_code == 200


def test_a_feed_is_known_by_no_date_while_there_may_be_another_edit_on_it(
    client: Client, handbook: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    long_ago()
    for now, is_told in ((10**9 + 0.9, False), (10**9 + 1, True)):
        monkeypatch.setattr(changes, "time", Mock(time=lambda now=now: now))
        assert ("Last-Modified" in client.get(FEED).headers) == is_told


def test_who_knows_only_the_date_misses_no_page_that_came_while_it_was_made(
    client: Client, handbook: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = ledger.editions

    def read_late(keys: Iterable[int]) -> dict[int, int]:
        monkeypatch.undo()
        editing.create_page({"title": "Newer"})
        return read(keys)

    long_ago()
    monkeypatch.setattr(ledger, "editions", read_late)
    date = client.get(FEED).headers["Last-Modified"]
    assert client.get(FEED, headers={"If-Modified-Since": date}).status_code == 200


def test_a_podcast_is_fetched_again_when_an_episode_changes(client: Client) -> None:
    page = concert()
    address = "/pages/concert/feed/"
    etag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    client.get(page.get_absolute_url())
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    Audio.objects.filter(title__startswith="Encore").update(title="Finale")
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_the_headers_alone_are_given_too(client: Client, handbook: Page) -> None:
    answer = client.head(FEED)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("address", [FEED, "/pages/handbook/feed/"])
def test_nobody_posts_to_a_feed(client: Client, handbook: Page, address: str) -> None:
    assert client.post(address).status_code == 405


def test_a_page_with_files_is_a_podcast(client: Client, folders: Path) -> None:
    page = concert()
    found = channel(client, "/pages/concert/feed/")
    assert (found.findtext("title"), found.findtext("link")) == ("Concert", f"{SERVER}/pages/concert/")
    assert found.findtext("description") == "An evening in June."
    assert found.findtext(f"{ITUNES}author") == "Pagecast"
    assert found.findtext(f"{ITUNES}explicit") == "false"
    assert found.findtext(f"{ITUNES}type") == "serial"
    assert found.findtext("language") == "en"
    assert said(found, "title") == ["Overture.mp4", "Nocturne.m4a", "Encore.m4a"]
    assert said(found, f"{ITUNES}episode") == ["1", "2", "3"]
    assert said(found, f"{ITUNES}duration") == ["1", "1", "1"]
    contents = [placement.content for placement in page.placements.all()]
    blobs = [content.blob for content in contents if content.blob]
    assert attributes(found, "enclosure") == [
        {"url": f"{SERVER}{blob.url}", "length": str(blob.size), "type": blob.media_type} for blob in blobs
    ]
    assert [blob.media_type for blob in blobs] == ["video/mp4", "audio/mp4", "audio/mp4"]
    pictures = attributes(found, f"{ITUNES}image")
    assert [each["href"] for each in pictures] == [f"{SERVER}{blob.poster_url}" for blob in blobs]


def test_episodes_keep_the_order_of_the_page(client: Client) -> None:
    page = concert()
    keys = [placement.content_id for placement in page.placements.all()]
    editing.change_page(page, {}, keys[::-1])
    found = channel(client, "/pages/concert/feed/")
    assert said(found, "title") == ["Encore.m4a", "Nocturne.m4a", "Overture.mp4"]
    assert said(found, f"{ITUNES}episode") == ["1", "2", "3"]


def test_what_is_switched_off_is_no_episode(client: Client) -> None:
    concert()
    Content.objects.filter(title="Encore.m4a").update(is_active=False)
    assert said(channel(client, "/pages/concert/feed/"), "title") == ["Overture.mp4", "Nocturne.m4a"]


def test_a_page_without_files_is_no_podcast(client: Client, handbook: Page) -> None:
    assert client.get("/pages/handbook/feed/").status_code == 404
    assert client.get("/pages/nowhere/feed/").status_code == 404


def test_addresses_of_any_alphabet_are_written_in_ascii(client: Client) -> None:
    concert("Вечер музыки")
    page = Page.objects.get()
    (link,) = said(channel(client), "link")
    assert link == f"{SERVER}{page.get_absolute_url()}"
    assert str(link).isascii()
    found = channel(client, f"{page.get_absolute_url()}feed/")
    assert found.findtext("title") == "Вечер музыки"
    assert all(each["url"].isascii() for each in attributes(found, "enclosure"))


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_do_not_break_a_feed(client: Client, title: str) -> None:
    film = filed(Video, "Dawn.mp4", b"")
    Content.objects.filter(pk=film.pk).update(title=title)
    editing.create_page({"title": title, "text": title, "slug": "x"}, [film.pk])
    written = "".join(each for each in title if each >= " " and each not in "\ufffe\uffff")
    assert said(channel(client), "title") == [written]
    found = channel(client, "/pages/x/feed/")
    assert (found.findtext("title"), said(found, "title")) == (written, [written])


def test_naughty_titles_do_not_break_a_feed(client: Client, shared_media: Path) -> None:
    titles = hostile(shared_media)
    for start in range(0, len(titles), feeds.NEWEST):
        batch = titles[start : start + feeds.NEWEST]
        Page.objects.bulk_create(
            Page(title=title, text=title, slug=f"x{start + number}") for number, title in enumerate(batch)
        )
        assert len(said(channel(client), "title")) == min(start + len(batch), feeds.NEWEST)


def test_markup_in_a_text_stays_words_for_programs_that_show_html(client: Client) -> None:
    editing.create_page({"title": "x", "text": "<script>alert(1)</script>"})
    assert said(channel(client), "description") == ["&lt;script&gt;alert(1)&lt;/script&gt;"]


def test_the_feed_is_in_the_language_of_the_settings_whoever_asks(
    client: Client, handbook: Page, monkeypatch: Any
) -> None:
    monkeypatch.setattr(feeds, "_", lambda text: f"{get_language()}: {text}")
    russian, english = (client.get(FEED, headers={"Accept-Language": each}) for each in ("ru", "en"))
    assert russian.content == english.content
    assert russian.headers["ETag"] == english.headers["ETag"]
    assert russian.headers["Content-Language"] == "en"


def test_programs_of_other_sites_may_read_feeds(client: Client, handbook: Page) -> None:
    assert client.get(FEED).headers["Access-Control-Allow-Origin"] == "*"


def test_the_oldest_of_many_pages_gives_way(client: Client) -> None:
    Page.objects.bulk_create(Page(title=f"Page {number}", slug=f"p{number}") for number in range(30))
    Page.objects.filter(slug="p0").update(created_at=timezone.now() - dt.timedelta(days=1))
    editing.create_page({"title": "Newest"})
    titles = said(channel(client), "title")
    assert (titles[0], "Page 0" in titles) == ("Newest", False)


def test_a_text_beside_the_sounds_is_no_episode(client: Client) -> None:
    concert()
    assert Text.objects.get().title not in said(channel(client, "/pages/concert/feed/"), "title")
