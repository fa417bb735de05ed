"""Pages of ours inside of other people's."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote

import pytest
from django.test import Client

from pagecast.counting import ledger
from pagecast.pages import editing
from pagecast.pages.models import Audio, Content, Page, Video
from pagecast.site import oembed
from tests.films import sound
from tests.media import made
from tests.site.machines import HOSTILE, SERVER, concert, filed

pytestmark = pytest.mark.django_db

PAGE = f"{SERVER}/pages/concert/"


def ask(client: Client, url: str = PAGE, **more: str) -> Any:
    return client.get("/oembed/", {"url": url, **more})


def told(client: Client, url: str = PAGE, **more: str) -> dict[str, Any]:
    answer = ask(client, url, **more)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    found: dict[str, Any] = answer.json()
    assert found["version"] == "1.0"
    return found


class Frame(HTMLParser):
    """The frame that another site puts into its page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str | None] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes = dict(attrs)


def counters(page: Page) -> list[int]:
    keys = [placement.content_id for placement in page.placements.all()]
    return list(ledger.counters(keys).values())


def test_it_works(client: Client) -> None:
    page = concert()
    found = told(client)
    assert (found["type"], found["title"], found["author_name"]) == ("video", "Concert", "Pagecast")
    assert (found["provider_name"], found["provider_url"]) == ("Pagecast", f"{SERVER}/")
    frame = Frame(found["html"])
    assert frame.tags == ["iframe"]
    assert (frame.attributes["width"], frame.attributes["height"]) == (
        str(found["width"]),
        str(found["height"]),
    )
    source = str(frame.attributes["src"])
    assert source == f"{SERVER}/pages/concert/embed/"
    film = page.placements.all()[0].content
    assert found["thumbnail_url"] == f"{SERVER}{film.poster}"
    assert (found["thumbnail_width"], found["thumbnail_height"]) == (32, 32)


def test_asking_counts_nothing_and_opening_the_frame_counts_a_view(client: Client) -> None:
    page = concert()
    source = str(Frame(told(client)["html"]).attributes["src"])
    assert counters(page) == [0, 0, 0, 0]
    answer = client.get(source.removeprefix(SERVER))
    assert answer.status_code == 200
    assert counters(page) == [1, 1, 1, 1]
    client.head(source.removeprefix(SERVER))
    assert counters(page) == [1, 1, 1, 1]


def test_the_frame_shows_what_it_counts(client: Client) -> None:
    page = concert()
    html = client.get("/pages/concert/embed/").text
    for placement in page.placements.all():
        assert f'id="content-{placement.content_id}"' in html
    assert (html.count("<video"), html.count("<audio"), "Tea at nine" in html) == (1, 2, True)
    titles = ["Overture.mp4", "Programme", "Nocturne.m4a", "Encore.m4a"]
    assert re.findall("<h2>(.*?)</h2>", html) == titles


def test_a_single_film_in_a_frame_has_one_title_and_not_two(client: Client) -> None:
    editing.create_page({"title": "Concert"}, [filed(Video, "Dawn.mp4", b"").pk])
    html = client.get("/pages/concert/embed/").text
    assert ("<h2>" in html, html.count("<h1>"), "aria-label=" in html) == (False, 1, True)


def test_no_link_leads_out_inside_of_the_frame(client: Client) -> None:
    link = Video.objects.create(title="Elsewhere", video_url="https://www.youtube.com/watch?v=aqz-KE-bpKQ")
    editing.create_page({"title": "Concert"}, [link.pk])
    framed, whole = client.get("/pages/concert/embed/").text, client.get("/pages/concert/").text
    head, _, rest = framed.partition('<base target="_blank">')
    assert ("href=" in head, "youtube.com/watch" in rest, "<base" in whole) == (False, True, False)


def test_only_the_frame_may_be_framed(client: Client) -> None:
    concert()
    framed, whole = client.get("/pages/concert/embed/"), client.get("/pages/concert/")
    assert "frame-ancestors *;" in f"{framed.headers['Content-Security-Policy']};"
    assert "X-Frame-Options" not in framed.headers
    assert "script-src 'self'" in framed.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in whole.headers["Content-Security-Policy"]
    assert whole.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "address", ["/pages/nowhere/embed/", "/pages/nowhere/feed/", "/pages/nowhere/embed/more/"]
)
def test_what_is_not_there_may_not_be_framed(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_a_page_that_was_renamed_is_found_under_its_old_address(client: Client) -> None:
    page = concert()
    editing.change_page(page, {"slug": "evening"})
    answer = client.get("/pages/concert/embed/")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/pages/evening/embed/")
    assert counters(page) == [0, 0, 0, 0]
    assert Frame(told(client)["html"]).attributes["src"] == f"{SERVER}/pages/evening/embed/"


def test_search_engines_are_led_to_the_page_itself(client: Client) -> None:
    concert()
    html = client.get("/pages/concert/embed/").text
    assert f'<link rel="canonical" href="{PAGE}">' in html
    assert 'name="robots" content="noindex' in html


@pytest.mark.parametrize(
    ("asked", "size"),
    [
        ({}, (640, 640 + 108)),
        ({"maxwidth": "320"}, (320, 320 + 108)),
        ({"maxwidth": "9999"}, (640, 640 + 108)),
        ({"maxheight": "200"}, (640, 200)),
        ({"maxwidth": "100", "maxheight": "50"}, (100, 50)),
        ({"maxwidth": "1" * 5000}, (640, 640 + 108)),
        ({"maxwidth": ""}, (640, 640 + 108)),
    ],
)
def test_it_is_no_larger_than_there_is_room(
    client: Client, asked: dict[str, str], size: tuple[int, int]
) -> None:
    concert()
    found = told(client, **asked)
    assert (found["width"], found["height"]) == size


def test_the_frame_has_the_shape_of_the_film(client: Client) -> None:
    film = filed(Video, "Wide.mp4", made.film())
    editing.create_page({"title": "Concert"}, [film.pk])
    found = told(client)
    assert (found["width"], found["height"]) == (640, 360 + 108)


def test_a_picture_that_is_too_large_is_not_offered(client: Client) -> None:
    concert()
    assert "thumbnail_url" not in told(client, maxwidth="31")
    assert "thumbnail_url" in told(client, maxwidth="32")


def test_a_few_pictures_are_looked_at_however_many_there_are(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = filed(Video, "Dawn.mp4", b"")
    twins = [Video.objects.create(title=f"Take {number}", blob=film.blob) for number in range(30)]
    editing.create_page({"title": "Concert"}, [twin.pk for twin in twins])
    look = Mock(wraps=oembed._picture_size)
    monkeypatch.setattr(oembed, "_picture_size", look)
    assert "thumbnail_url" not in told(client, maxwidth="1")
    assert look.call_count == oembed.LOOKED_AT


def test_a_picture_that_was_lost_is_not_offered(client: Client, folders: Path) -> None:
    concert()
    for picture in folders.rglob("posters/*"):
        picture.unlink()
    found = told(client)
    assert ("thumbnail_url" in found, found["type"]) == (False, "video")


def test_a_page_of_sounds_is_rich(client: Client) -> None:
    content = filed(Audio, "Rain.m4a", sound())
    editing.create_page({"title": "Concert"}, [content.pk])
    assert told(client)["type"] == "rich"


def test_a_page_without_a_file_is_a_link(client: Client, handbook: Page) -> None:
    found = told(client, f"{SERVER}/pages/handbook/")
    assert (found["type"], found["title"], "html" in found) == ("link", "Handbook", False)


@pytest.mark.parametrize(
    "address",
    [
        f"{SERVER}/pages/вечер/",
        f"{SERVER}/pages/{quote('вечер')}/",
        f"{SERVER}/pages/вечер",
        "https://testserver/pages/вечер/",
        f"{SERVER}/pages/вечер/?from=here#content-1",
        f"{SERVER}/pages/вечер/embed/",
        "http://TESTSERVER/pages/вечер/",
    ],
)
def test_a_page_is_known_by_every_form_of_its_address(client: Client, address: str) -> None:
    concert("Вечер")
    assert told(client, address)["title"] == "Вечер"


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example.org/pages/concert/",
        "http://testserver@elsewhere.example.org/pages/concert/",
        "http://elsewhere.example.org#http://testserver/pages/concert/",
        "javascript:alert(1)",
        "ftp://testserver/pages/concert/",
        "//testserver/pages/concert/",
        "/pages/concert/",
        f"{SERVER}/",
        f"{SERVER}/admin/",
        f"{SERVER}/pages/nowhere/",
        f"{SERVER}/pages/concert/feed/",
        f"{SERVER}/pages/../admin/",
        "http://[",
        "http://testserver:x/pages/concert/",
        "\x00",
        "http://testserver/pages/%00/",
        "http://testserver/pages/%FF/",
    ],
)
def test_what_is_no_page_of_ours_is_not_there(client: Client, address: str) -> None:
    concert()
    answer = ask(client, address)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_a_page_that_is_switched_off_is_not_there(client: Client) -> None:
    page = concert()
    Page.objects.filter(pk=page.pk).update(is_active=False)
    assert ask(client).status_code == 404
    assert client.get("/pages/concert/embed/").status_code == 404
    assert counters(page) == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 400),
        ({"url": ""}, 400),
        ({"url": PAGE, "format": "xml"}, 501),
        ({"url": PAGE, "format": "yaml"}, 501),
        ({"url": PAGE, "maxwidth": "wide"}, 400),
        ({"url": PAGE, "maxwidth": "-1"}, 400),
        ({"url": PAGE, "maxheight": "0"}, 400),
        ({"url": PAGE, "maxheight": "٣"}, 400),
    ],
)
def test_a_wrong_question_is_told_what_is_wrong(client: Client, asked: dict[str, str], status: int) -> None:
    concert()
    answer = client.get("/oembed/", asked)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert answer.json()["detail"]


def test_a_wrong_question_is_no_error_of_ours(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    concert()
    ask(client, format="xml")
    assert caplog.records == []


def test_scripts_of_any_site_may_ask(client: Client) -> None:
    concert()
    assert ask(client).headers["Access-Control-Allow-Origin"] == "*"
    assert ask(client, "x").headers["Access-Control-Allow-Origin"] == "*"


def test_nobody_posts_here(client: Client) -> None:
    concert()
    assert client.post("/oembed/").status_code == 405
    assert client.post("/pages/concert/embed/").status_code == 405


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_do_not_leave_their_attribute(client: Client, title: str) -> None:
    film = filed(Video, "Dawn.mp4", b"")
    Content.objects.filter(pk=film.pk).update(title=title)
    editing.create_page({"title": title, "slug": "x"}, [film.pk])
    found = told(client, f"{SERVER}/pages/x/")
    frame = Frame(found["html"])
    assert (found["title"], frame.tags, frame.attributes["title"]) == (title, ["iframe"], title)
    assert "<script>" not in client.get("/pages/x/embed/").text.lower()
