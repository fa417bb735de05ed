"""What a page tells search engines and messengers of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pagecast.pages import editing, reading
from pagecast.pages.models import Audio, Content, Page, Text, Video
from pagecast.site import describing
from pagecast.site.describing import duration, linked_data
from pagecast.site.drawing import draw
from pagecast.site.marks import Mark
from tests.site.machines import HOSTILE, SERVER, Head, concert, filed, head, hostile
from tests.uploading import add_subtitles, file

pytestmark = pytest.mark.django_db


def told(client: Client, page: Page | None = None, language: str = "en") -> Head:
    """What the page, or the list of pages, says in its head."""
    answer = client.get(page.get_absolute_url() if page else "/", headers={"Accept-Language": language})
    assert answer.status_code == 200
    return head(answer.text)


def items(found: Head) -> list[dict[str, Any]]:
    return [part["item"] for part in found.things[0]["mainEntity"]["itemListElement"]]


def test_it_works(client: Client) -> None:
    page = concert()
    found = told(client, page)
    film = page.placements.all()[0].content
    assert film.blob is not None
    assert found.title == "Concert – Pagecast"
    assert found.links["canonical", ""] == f"{SERVER}/pages/concert/"
    expected = {
        "description": "An evening in June.",
        "og:title": "Concert",
        "og:type": "video.other",
        "og:url": f"{SERVER}/pages/concert/",
        "og:site_name": "Pagecast",
        "og:locale": "en_US",
        "og:locale:alternate": "ru_RU",
        "og:image": f"{SERVER}{film.poster}",
        "og:video": f"{SERVER}{film.blob.url}",
        "og:video:type": "video/mp4",
        "og:video:width": "32",
        "video:duration": "1",
        "og:audio:type": "audio/mp4",
        "twitter:card": "summary_large_image",
    }
    assert {name: found.meta.get(name) for name in expected} == expected
    assert [thing["@type"] for thing in items(found)] == [
        "VideoObject",
        "CreativeWork",
        "AudioObject",
        "AudioObject",
    ]


def test_pictures_and_files_are_where_the_page_says(client: Client, folders: Path) -> None:
    found = told(client, concert())
    addresses = [found.meta["og:image"], found.meta["og:video"], items(found)[0]["thumbnailUrl"]]
    for address in addresses:
        assert address.startswith(f"{SERVER}/media/")
        assert (folders / "media" / address.removeprefix(f"{SERVER}/media/")).is_file()


def test_counters_of_what_is_described_are_live_numbers(client: Client) -> None:
    page = concert()
    told(client, page)
    found = told(client, page)
    counted = [thing["interactionStatistic"]["userInteractionCount"] for thing in items(found)]
    assert counted == [2, 2, 2, 2]
    assert found.things[0]["interactionStatistic"]["userInteractionCount"] == 2


def test_a_film_is_described_with_its_length_and_subtitles(client: Client) -> None:
    film = filed(Video, "Dawn.mp4", b"")
    track = add_subtitles(film, "Good morning", "en")
    file(track)
    (thing,) = items(told(client, editing.create_page({"title": "Films"}, [film.pk])))
    assert thing["name"] == "Dawn.mp4"
    assert (thing["duration"], thing["width"], thing["contentUrl"]) == (
        "PT1S",
        32,
        f"{SERVER}{film.blob.url if film.blob else ''}",
    )
    assert thing["uploadDate"] == film.created_at.isoformat(timespec="seconds")
    assert thing["embedUrl"] == f"{SERVER}/pages/films/embed/"
    assert [(each["inLanguage"], each["encodingFormat"]) for each in thing["caption"]] == [("en", "text/vtt")]


def test_the_text_of_a_sound_is_its_transcript(client: Client) -> None:
    assert items(told(client, concert()))[2]["transcript"] == "Softly, </script> softly"


def test_a_transcript_is_never_cut(client: Client) -> None:
    texts = ["a" * length for length in (describing.LONGEST_TRANSCRIPT, describing.LONGEST_TRANSCRIPT + 1)]
    sounds = [Audio.objects.create(title="Rain", audio_url="https://x.org/", text=text) for text in texts]
    page = editing.create_page({"title": "Sounds"}, [sound.pk for sound in sounds])
    found = items(told(client, page))
    assert [thing.get("transcript") for thing in found] == [texts[0], None]


def test_a_page_that_only_links_elsewhere_promises_no_file(client: Client, handbook: Page) -> None:
    found = told(client, handbook)
    assert not [name for name in found.meta if name.startswith(("og:video", "og:audio", "og:image"))]
    assert found.meta["og:type"] == "article"
    assert found.meta["twitter:card"] == "summary"
    film, sound, _note = items(found)
    assert "contentUrl" not in film
    assert (film["url"], sound["url"]) == (
        "https://films.example.org/dawn.mp4",
        "https://sounds.example.org/rain.mp3",
    )


def test_a_page_without_a_text_is_described_by_what_it_shows(client: Client, handbook: Page) -> None:
    assert told(client, handbook).meta["description"] == "Dawn · Rain · Note"


def test_titles_are_told_as_they_are_for_they_are_no_markdown(client: Client) -> None:
    titles = ["1. Overture", "2. *Allegro*", "3. <b> & `c`", "x" * 300]
    keys = [Text.objects.create(title=title).pk for title in titles]
    page = editing.create_page({"title": "Concert"}, keys)
    description = told(client, page).meta["description"]
    assert description.startswith("1. Overture · 2. *Allegro* · 3. <b> & `c`")


def test_a_page_with_nothing_at_all_is_described(client: Client) -> None:
    found = told(client, editing.create_page({"title": "Bare"}))
    assert (found.meta["description"], found.things[0]["mainEntity"]["numberOfItems"]) == ("", 0)


def test_a_file_that_browsers_do_not_play_is_not_offered_to_play(client: Client) -> None:
    page = concert()
    for content in (placement.content for placement in page.placements.all()):
        if content.blob:
            content.blob.playable = False
            content.blob.save()
            content.save()
    found = told(client, page)
    assert not [name for name in found.meta if name.startswith(("og:video", "og:audio"))]


def test_what_is_not_active_is_not_described(client: Client, handbook: Page, film: Content) -> None:
    Content.objects.filter(pk=film.pk).update(is_active=False)
    answer = client.get(handbook.get_absolute_url()).text
    assert "Dawn" not in answer


def test_of_very_many_contents_the_first_are_described(client: Client) -> None:
    keys = [Text.objects.create(title=f"Note {number}").pk for number in range(describing.MOST + 5)]
    found = told(client, editing.create_page({"title": "Notes"}, keys))
    assert len(items(found)) == describing.MOST
    assert found.things[0]["mainEntity"]["numberOfItems"] == describing.MOST + 5


def test_the_list_of_pages_is_described_in_the_language_of_the_reader(client: Client, handbook: Page) -> None:
    found = told(client, language="ru")
    assert (found.meta["og:type"], found.meta["og:locale"]) == ("website", "ru_RU")
    assert found.things[0]["@type"] == "WebSite"
    assert found.links["canonical", ""] == f"{SERVER}/"
    assert found.links["alternate", "Pagecast"] == "/feed/"


def test_an_error_describes_nothing_but_leads_to_the_feed(client: Client) -> None:
    found = head(client.get("/pages/nowhere/").text)
    assert (found.things, found.links.get(("canonical", ""))) == ([], None)
    assert found.links["alternate", "Pagecast"] == "/feed/"


def test_where_a_page_can_be_embedded_and_subscribed_to_is_found_from_it(client: Client) -> None:
    page = concert("Концерт")
    found = told(client, page)
    links = {rel: href for (rel, title), href in found.links.items() if title == "Концерт"}
    assert client.get(links["alternate"]).status_code == 200
    html = client.get(page.get_absolute_url()).text
    oembed = next(part for part in html.split('"') if part.startswith(f"{SERVER}/oembed/"))
    answer = client.get(oembed.replace("&amp;", "&").removeprefix(SERVER))
    assert (answer.status_code, answer.json()["title"]) == (200, "Концерт")


def test_a_page_without_files_has_no_podcast_to_lead_to(client: Client, handbook: Page) -> None:
    assert "/pages/handbook/feed/" not in client.get(handbook.get_absolute_url()).text


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_stay_words(client: Client, title: str) -> None:
    text = Text.objects.create(title=title, text=title)
    page = editing.create_page({"title": title, "text": title, "slug": "x"}, [text.pk])
    found = told(client, page)
    assert found.things[0]["name"] == title
    assert [thing["name"] for thing in items(found)] == [title]
    assert client.get(page.get_absolute_url()).text.lower().count("<script>") == 0


def test_naughty_strings_stay_words(client: Client, shared_media: Path) -> None:
    titles = hostile(shared_media)
    keys = [Text.objects.create(title=title).pk for title in titles]
    for start in range(0, len(keys), describing.MOST):
        batch = slice(start, start + describing.MOST)
        page = editing.create_page({"title": titles[start], "text": titles[start]}, keys[batch])
        found = items(told(client, page))
        assert [thing["name"] for thing in found] == titles[batch]


def test_linked_data_cannot_end_its_script() -> None:
    said = linked_data({"name": "</script><!--&", "count": Mark(0)})
    assert not set(said) & set("<>&")
    assert f":{Mark(0)}" in said
    assert json.loads(said.replace(str(Mark(0)), "7")) == {
        "@context": "https://schema.org",
        "name": "</script><!--&",
        "count": 7,
    }


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, None), (0.2, "PT1S"), (59.6, "PT1M"), (61, "PT1M1S"), (3600, "PT1H"), (90_061, "PT25H1M1S")],
)
def test_lengths_are_written_as_iso_8601_has_them(seconds: float | None, said: str | None) -> None:
    assert duration(seconds) == said


def test_describing_a_page_asks_the_database_nothing_more() -> None:
    page = concert()
    with CaptureQueriesContext(connection) as read:
        reading.read([page.pk])
    with CaptureQueriesContext(connection) as drawn:
        draw([page.pk], "en")
    assert len(drawn) == len(read)


@pytest.mark.parametrize("host", ["one.example.org", "two.example.org"])
def test_of_several_origins_the_first_is_the_one_to_be_known(
    client: Client, handbook: Page, settings: Any, host: str
) -> None:
    settings.PAGECAST_ORIGIN = ["https://one.example.org", "https://two.example.org"]
    settings.ALLOWED_HOSTS = ["one.example.org", "two.example.org"]
    for path in (handbook.get_absolute_url(), "/"):
        found = head(client.get(path, secure=True, headers={"Host": host}).text)
        assert found.links["canonical", ""] == f"https://one.example.org{path}"
        assert found.meta["og:url"] == f"https://one.example.org{path}"
