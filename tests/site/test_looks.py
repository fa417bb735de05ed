"""What pages of the site are made of, so that they look well, load little and leave nobody out."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

from pagecast.media.models import Blob
from pagecast.pages import editing
from pagecast.pages.models import Audio, Content, Page, SubtitleTrack, Text, Video
from pagecast.site.templatetags import pagecast as tags
from tests.gallery.models import Image

pytestmark = pytest.mark.django_db

STYLES = Path(tags.__file__).parents[1] / "static" / "site"
VOID = {"br", "hr", "img", "input", "link", "meta", "track", "rect", "path", "circle", "use", "source"}


class Seen(HTMLParser):
    """The elements of a page in their order, all of them closed as they were opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _value in attrs}) == len(attrs), (tag, attrs)
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def all(self, *names: str) -> list[dict[str, str | None]]:
        """The attributes of each of these elements."""
        return [attributes for tag, attributes in self.found if tag in names]

    def one(self, name: str, /, **wanted: str) -> dict[str, str | None]:
        """The only such element."""
        found = [each for each in self.all(name) if wanted.items() <= each.items()]
        assert len(found) == 1, (name, wanted, self.all(name))
        return found[0]


def blob(name: str, **facts: Any) -> Blob:
    return Blob.objects.create(sha256=name.ljust(64, "0"), size=5_242_880, path=f"2026/{name}", **facts)


def film(name: str = "dawn.mp4", **facts: Any) -> Video:
    measures = {"medium": "video", "playable": True, "width": 640, "height": 272, "duration": 425}
    kept = blob(name, poster_path=f"2026/posters/{name}.jpg", **{**measures, **facts})
    return Video.objects.create(title=f"Film {name}", blob=kept)


def sound(name: str = "rain.mp3", **facts: Any) -> Audio:
    kept = blob(
        name, poster_path=f"2026/posters/{name}.jpg", **{"medium": "audio", "playable": True, **facts}
    )
    return Audio.objects.create(title=f"Sound {name}", blob=kept, text="It *drips*.")


def seen(client: Client, *contents: Content, language: str = "en") -> Seen:
    """A page with these contents, as a browser gets it."""
    page = editing.create_page({"title": "Hill"}, [content.pk for content in contents])
    return Seen(client.get(page.get_absolute_url(), headers={"Accept-Language": language}).text)


def test_a_page_shows_a_film_with_room_kept_for_it_and_loads_nothing_of_it_before_it_is_wanted(
    client: Client,
) -> None:
    video = seen(client, film()).one("video")
    assert {"controls", "playsinline"} <= video.keys()
    assert (video["preload"], video["width"], video["height"]) == ("none", "640", "272")
    assert (video["src"], video["poster"]) == ("/media/2026/dawn.mp4", "/media/2026/posters/dawn.mp4.jpg")
    assert video["aria-label"] == "Film dawn.mp4"


def test_a_page_offers_subtitles_by_the_name_that_each_language_has_for_itself(client: Client) -> None:
    dawn = film()
    for language in ("ru", "pt-BR", "", "tlh"):
        kept = blob(f"{language}.vtt", media_type="text/vtt")
        SubtitleTrack.objects.create(content=dawn, language=language, blob=kept)
    tracks = seen(client, dawn).all("track")
    assert [(track["srclang"], track["label"], track["kind"]) for track in tracks] == [
        ("ru", "Русский", "subtitles"),
        ("pt-BR", "Português Brasileiro", "subtitles"),
        ("und", "Subtitles", "subtitles"),
        ("tlh", "tlh", "subtitles"),
    ]


def test_a_film_that_lies_elsewhere_is_shown_with_the_subtitles_that_lie_here(client: Client) -> None:
    dawn = Video.objects.create(title="Dawn", video_url="https://films.example.org/dawn.mp4")
    kept = blob("dawn.vtt", media_type="text/vtt")
    SubtitleTrack.objects.create(content=dawn, language="en", blob=kept)
    page = seen(client, dawn)
    assert page.one("video")["src"] == dawn.video_url
    assert page.one("track")["src"] == "/media/2026/dawn.vtt"


@pytest.mark.parametrize("make", [film, sound])
def test_a_page_has_no_dead_player_for_what_browsers_do_not_play(client: Client, make: Any) -> None:
    page = seen(client, make("old.avi", playable=False))
    assert page.all("video", "audio") == []
    assert page.one("a", href="/media/2026/old.avi?download")
    assert page.one("img")["src"] == "/media/2026/posters/old.avi.jpg"


def test_a_page_shows_the_picture_of_a_sound_over_its_player_and_its_text_to_unfold(client: Client) -> None:
    page = seen(client, sound())
    assert page.one("audio")["preload"] == "none"
    picture = page.one("img")
    assert (picture["width"], picture["height"], picture["alt"]) == ("640", "160", "")
    assert "open" not in page.one("details", **{"class": "transcript"})


def test_a_page_asks_no_other_host_before_somebody_wants_it(client: Client) -> None:
    links = [
        "https://www.youtube.com/watch?v=aqz-KE-bpKQ",
        "https://films.example.org/a/page",
        "https://films.example.org/dawn.mp4",
    ]
    page = seen(client, *(Video.objects.create(title=link, video_url=link) for link in links))
    assert page.all("iframe", "embed", "object") == []
    known = page.one("a", href=links[0])
    assert str(known["data-embed"]).startswith("https://www.youtube-nocookie.com/")
    assert "data-embed" not in page.one("a", href=links[1])
    assert page.one("video", src=links[2])["preload"] == "none"
    loaded = [each for each in page.all("img", "link", "script", "track") if each.get("rel") != "canonical"]
    foreign = [each for each in loaded if "//" in str(each) and each.get("rel") != "alternate"]
    assert foreign == []


def test_a_page_loads_pictures_when_they_come_into_sight_and_keeps_room_for_them(client: Client) -> None:
    picture = Image.objects.create(title="Port", blob=blob("port.png", medium="image", width=9, height=6))
    pictures = seen(client, sound(), film("old.avi", playable=False), picture).all("img")
    assert len(pictures) == 3
    for each in pictures:
        assert each["loading"] == "lazy"
        assert {"width", "height", "alt"} <= each.keys()


def test_a_page_shows_a_picture_of_a_kind_that_it_knows_nothing_of_and_what_is_said_of_it(
    client: Client,
) -> None:
    kept = blob("port.png", medium="image", width=9, height=6)
    picture = Image.objects.create(title="Port", blob=kept, caption="Boats")
    page = editing.create_page({"title": "Hill"}, [picture.pk])
    html = client.get(page.get_absolute_url()).text
    assert Seen(html).one("img")["alt"] == "Port"
    assert re.search(r"<dt>Caption</dt>\s*<dd>Boats</dd>", html)


def test_a_page_lets_any_other_file_be_fetched(client: Client) -> None:
    paper = Image.objects.create(title="Paper", blob=blob("paper.pdf", medium="other"))
    assert seen(client, paper).one("a", href="/media/2026/paper.pdf?download")


def test_a_page_lists_many_contents_and_each_link_leads_somewhere(client: Client) -> None:
    notes = [Text.objects.create(title=f"Note {number}", text="x") for number in range(5)]
    page = seen(client, *notes)
    ids = [each["id"] for _tag, each in page.found if "id" in each]
    assert len(set(ids)) == len(ids)
    inside = [str(each["href"])[1:] for each in page.all("a") if str(each["href"]).startswith("#")]
    assert set(inside) <= set(ids)
    assert [inside.count(f"content-{note.pk}") for note in notes] == [2] * 5


def test_a_page_has_headings_in_their_order(client: Client) -> None:
    note = Text.objects.create(title="Note", text="# One\n\n## Two\n\ntext")
    page = seen(client, note, film(), sound())
    levels = [int(tag[1]) for tag, _ in page.found if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_a_page_tells_the_scripts_which_page_it_is_and_where_its_counters_are(
    client: Client, handbook: Page
) -> None:
    page = Seen(client.get(handbook.get_absolute_url()).text)
    assert page.one("main")["data-page"] == str(handbook.pk)
    keys = [str(each["data-content"]) for each in page.all("span") if "data-content" in each]
    sections = [str(each["id"]) for each in page.all("section")]
    assert sections == [f"content-{key}" for key in keys]


def test_a_page_offers_the_other_language_and_comes_back_here(client: Client, handbook: Page) -> None:
    html = client.get(handbook.get_absolute_url(), headers={"Accept-Language": "ru"}).text
    page = Seen(html)
    assert page.one("html")["lang"] == "ru"
    assert page.one("button", name="language", value="en")["lang"] == "en"
    assert page.one("input", name="next")["value"] == handbook.get_absolute_url()


def test_a_page_tells_an_editor_that_readers_do_not_see_it(handbook: Page) -> None:
    context = {"page": handbook, "contents": [], "views": 0, "is_preview": True, "edit_url": "/admin/x/"}
    html = render_to_string("site/page.html", context)
    assert "Readers do not see this page" in html
    assert Seen(html).one("a", href="/admin/x/")


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Nothing is on this page yet."), ("ru", "На этой странице пока ничего нет.")],
)
def test_a_page_without_anything_says_so(client: Client, language: str, said: str) -> None:
    pages = {
        editing.create_page({"title": "Bare"}): True,
        editing.create_page({"title": "Read", "text": "Words."}): False,
        editing.create_page({"title": "Seen"}, [film().pk]): False,
    }
    for page, is_bare in pages.items():
        html = client.get(page.get_absolute_url(), headers={"Accept-Language": language}).text
        assert (said in html) is is_bare


def test_the_list_never_shows_a_picture_that_is_not_there(client: Client, handbook: Page) -> None:
    page = Seen(client.get("/").text)
    assert page.all("img") == []
    assert len(page.all("article")) == 1


def test_the_list_keeps_room_for_pictures(client: Client) -> None:
    editing.create_page({"title": "Hill"}, [film().pk])
    picture = Seen(client.get("/").text).one("img")
    assert picture["src"] == "/media/2026/posters/dawn.mp4.jpg"
    assert {"width", "height", "alt"} <= picture.keys()


def test_the_list_says_how_to_begin_where_there_is_nothing(client: Client) -> None:
    html = client.get("/").text
    assert Seen(html).one("a", href="/admin/pages/page/add/")
    assert "pagecast import" in html


def test_the_list_says_that_nothing_was_found_and_keeps_what_was_typed(
    client: Client, handbook: Page
) -> None:
    html = client.get("/", {"search": 'x"<y'}).text
    assert "x&quot;&lt;y" in html
    assert Seen(html).one("input", name="search")["value"] == 'x"<y'


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/?page=2", "Pages (2) – Pagecast"),
        ("/?search=leaf", "leaf – Pagecast"),
        ("/?search=leaf&page=2", "leaf (2) – Pagecast"),
        ("/pages/nowhere/", "There is no such page – Pagecast"),
        ("/nowhere/", "Not Found – Pagecast"),
    ],
)
def test_the_title_of_the_window_says_which_page_of_which_site_it_is(
    client: Client, address: str, title: str
) -> None:
    for number in range(21):
        editing.create_page({"title": f"Leaf {number}"})
    assert f"<title>{title}</title>" in client.get(address).text


def test_the_list_leads_to_all_of_its_parts(client: Client) -> None:
    for number in range(45):
        editing.create_page({"title": f"Page {number}"})
    page = Seen(client.get("/", {"page": 2}).text)
    assert page.one("a", rel="prev")["href"] == "/"
    assert page.one("a", rel="next")["href"] == "/?page=3"


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("en", "English"),
        ("ru", "Русский"),
        ("pt-BR", "Português Brasileiro"),
        ("de-CH-1901", "Deutsch (CH-1901)"),
        ("zh-hant", "繁體中文"),
        ("tlh", "tlh"),
    ],
)
def test_a_language_is_called_what_it_calls_itself(tag: str, name: str) -> None:
    assert tags.language_name(tag) == name


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (0.042, "0:01"), (7.8, "0:08"), (59.6, "1:00"), (425, "7:05"), (3723.2, "1:02:03")],
)
def test_how_long_something_plays_is_read_off_a_clock(seconds: float | None, said: str) -> None:
    assert tags.clock(seconds) == said


def test_subtitles_without_a_language_are_called_subtitles() -> None:
    with translation.override("ru"):
        assert tags.language_name("") == "Субтитры"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://www.example.org/a", "example.org"),
        ("https://editor:secret@films.example.org:8443/a", "films.example.org"),
        ("https://[", "https://["),
        ("mailto:x", "mailto:x"),
    ],
)
def test_a_link_says_whose_it_is(address: str, name: str) -> None:
    assert tags.host(address) == name


def test_styles_are_small_and_ask_no_other_host() -> None:
    texts = [path.read_text("utf-8") for path in STYLES.glob("*.css")]
    assert sum(len(text.encode()) for text in texts) < 20_480
    assert [text for text in texts if re.search(r"@import|url\(", text)] == []
