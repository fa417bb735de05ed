"""A page as its readers get it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from pagecast.media.models import Blob, Upload
from pagecast.pages import editing
from pagecast.pages.models import Content, Page, Video
from tests.api.problems import PAGES, problem

Counters = Callable[..., list[int]]

CONTENT = ["id", "title", "counter", "order", "content_type", "is_active"]
KINDS = {
    "video": [
        "video_path",
        "video_url",
        "subtitles_path",
        "subtitles_url",
        "duration",
        "width",
        "height",
        "poster",
        "subtitles",
    ],
    "audio": ["audio_path", "audio_url", "text", "duration"],
    "text": ["text"],
}


@pytest.fixture
def address(handbook: Page) -> str:
    return f"{PAGES}{handbook.pk}/"


@pytest.fixture
def hidden_handbook(handbook: Page) -> Page:
    """The handbook, switched off."""
    handbook.is_active = False
    handbook.save()
    return handbook


@pytest.fixture
def filed_film(film: Content) -> Content:
    """The film, whose file is filed and measured."""
    film.blob = Blob.objects.create(
        sha256="a" * 64,
        size=1,
        path="2026/11/23/video/Рассвет 1?.mp4",
        duration=2.5,
        width=320,
        height=180,
        poster_path="2026/11/23/video/Рассвет.jpg",
    )
    film.save()
    return film


def test_it_works(reader: APIClient, address: str) -> None:
    answer = reader.get(address)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert [content["title"] for content in answer.json()["contents"]] == ["Dawn", "Rain", "Note"]
    assert [content["counter"] for content in answer.json()["contents"]] == [1, 1, 1]


def test_a_page_has_these_names_in_this_order(reader: APIClient, address: str) -> None:
    page = reader.get(address).json()
    assert list(page) == ["id", "url", "title", "slug", "text", "created_at", "updated_at", "contents"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_content_has_the_shared_names_and_then_those_of_its_kind(
    reader: APIClient, address: str, kind: str
) -> None:
    [content] = [each for each in reader.get(address).json()["contents"] if each["content_type"] == kind]
    assert list(content) == CONTENT + KINDS[kind]


def test_the_url_is_absolute_and_leads_back_to_the_page(reader: APIClient, address: str) -> None:
    page = reader.get(address).json()
    assert page["url"] == f"http://testserver{address}"
    assert reader.get(page["url"]).json()["id"] == page["id"]


def test_the_url_names_the_host_that_was_asked(reader: APIClient, address: str) -> None:
    page = reader.get(address, headers={"Host": "localhost:8123"}).json()
    assert page["url"] == f"http://localhost:8123{address}"


def test_what_is_absent_is_null(reader: APIClient, address: str) -> None:
    page = reader.get(address).json()
    film, sound, note = page["contents"]
    nothing = {"video_path", "subtitles_path", "subtitles_url", "duration", "width", "height", "poster"}
    assert page["text"] is None
    assert {name for name, value in film.items() if value is None} == nothing
    assert {name for name, value in sound.items() if value is None} == {"audio_path", "duration"}
    assert {name for name, value in note.items() if value is None} == set()


def test_an_empty_text_is_absent(reader: APIClient, editor: APIClient, address: str) -> None:
    assert editor.patch(address, {"text": ""}).json()["text"] is None
    assert reader.get(address).json()["text"] is None


def test_values_have_their_types(reader: APIClient, address: str, handbook: Page) -> None:
    page = reader.get(address).json()
    assert (page["id"], page["slug"]) == (handbook.pk, "handbook")
    for name in ("created_at", "updated_at"):
        assert datetime.fromisoformat(page[name]).astimezone(UTC) == getattr(handbook, name)
    assert [content["is_active"] for content in page["contents"]] == [True, True, True]
    assert [content["order"] for content in page["contents"]] == [1, 2, 3]


def test_a_filed_file_is_an_address_under_media_with_its_measures(
    reader: APIClient, filed_film: Content, address: str
) -> None:
    film = reader.get(address).json()["contents"][0]
    stem = "/media/2026/11/23/video/%D0%A0%D0%B0%D1%81%D1%81%D0%B2%D0%B5%D1%82"
    assert film["video_path"] == f"{stem}%201%3F.mp4"
    assert film["poster"] == f"{stem}.jpg"
    assert (film["duration"], film["width"], film["height"]) == (2.5, 320, 180)


def test_no_hash_is_shown(reader: APIClient, editor: APIClient, filed_film: Content, address: str) -> None:
    for client in (reader, editor):
        assert "a" * 64 not in client.get(address).content.decode()
    assert "a" * 64 not in editor.get(f"/api/content/{filed_film.pk}/").content.decode()


def test_the_order_is_counted_over_what_is_shown(
    reader: APIClient, hidden_note: Content, film: Content, sound: Content
) -> None:
    page = editing.create_page({"title": "Gaps"}, [sound.pk, hidden_note.pk, film.pk])
    contents = reader.get(f"{PAGES}{page.pk}/").json()["contents"]
    assert [(each["title"], each["order"]) for each in contents] == [("Rain", 1), ("Dawn", 2)]


def test_each_reading_counts_one_on_each_content(
    reader: APIClient, address: str, counters: Counters, film: Content, sound: Content, note: Content
) -> None:
    for time in (1, 2, 3):
        shown = reader.get(address).json()["contents"]
        assert [content["counter"] for content in shown] == [time] * 3
        assert counters(film, sound, note) == [time] * 3


def test_a_shared_content_counts_on_all_its_pages(
    reader: APIClient, address: str, film: Content, counters: Counters
) -> None:
    other = editing.create_page({"title": "Other"}, [film.pk])
    reader.get(address)
    assert reader.get(f"{PAGES}{other.pk}/").json()["contents"][0]["counter"] == 2
    assert counters(film) == [2]


def test_head_answers_like_get_and_counts_nothing(
    reader: APIClient, address: str, film: Content, counters: Counters
) -> None:
    head, got = reader.head(address), reader.get(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == got.headers["Content-Type"]
    assert counters(film) == [1]


def test_options_counts_nothing(reader: APIClient, address: str, film: Content, counters: Counters) -> None:
    assert reader.options(address).status_code == 200
    assert counters(film) == [0]


def test_an_inactive_page_is_not_there_for_readers(
    reader: APIClient, bobs_client: APIClient, hidden_handbook: Page, film: Content, counters: Counters
) -> None:
    for client in (reader, bobs_client):
        problem(client.get(f"{PAGES}{hidden_handbook.pk}/"), 404)
        problem(client.post(f"{PAGES}{hidden_handbook.pk}/views/"), 404)
    assert counters(film) == [0]


def test_an_editor_sees_what_is_inactive_and_counts_nothing(
    editor: APIClient, hidden_handbook: Page, film: Content, hidden_note: Content, counters: Counters
) -> None:
    page = editor.get(f"{PAGES}{hidden_handbook.pk}/").json()
    assert [content["is_active"] for content in page["contents"]] == [True, True, False]
    assert [content["counter"] for content in page["contents"]] == [0, 0, 0]
    assert counters(film, hidden_note) == [0, 0]


def test_an_inactive_content_is_absent_for_readers(
    reader: APIClient, address: str, hidden_note: Content, film: Content, counters: Counters
) -> None:
    assert [content["title"] for content in reader.get(address).json()["contents"]] == ["Dawn", "Rain"]
    assert counters(hidden_note, film) == [0, 1]


def test_a_content_that_waits_for_its_file_is_absent_for_readers(
    reader: APIClient, editor: APIClient, film: Content, counters: Counters
) -> None:
    upload = Upload.objects.create(name="Dusk.mp4", size=1, sha256="b" * 64)
    waiting = Video.objects.create(title="Dusk", upload=upload)
    page = editing.create_page({"title": "Evening"}, [waiting.pk, film.pk])
    address = f"{PAGES}{page.pk}/"
    assert [content["title"] for content in reader.get(address).json()["contents"]] == ["Dawn"]
    assert [content["title"] for content in editor.get(address).json()["contents"]] == ["Dusk", "Dawn"]
    assert counters(waiting, film) == [0, 1]


def test_an_account_without_permission_reads_and_counts_as_anyone(
    bobs_client: APIClient, address: str, hidden_note: Content, film: Content, counters: Counters
) -> None:
    assert len(bobs_client.get(address).json()["contents"]) == 2
    assert counters(film) == [1]


def test_the_session_of_the_admin_reads_and_counts_as_anyone(
    alice: User, address: str, hidden_note: Content, film: Content, counters: Counters
) -> None:
    client = APIClient()
    client.force_login(alice)
    assert len(client.get(address).json()["contents"]) == 2
    assert counters(film) == [1]


@pytest.mark.parametrize("number", ["0", "4711", str(2**63 - 1), str(2**63), "9" * 400, "9" * 5000])
def test_a_page_that_never_was_is_404(reader: APIClient, handbook: Page, number: str) -> None:
    problem(reader.get(f"{PAGES}{number}/"), 404)


def test_a_page_without_contents_has_an_empty_list(reader: APIClient, db: None) -> None:
    page = editing.create_page({"title": "Empty"})
    assert reader.get(f"{PAGES}{page.pk}/").json()["contents"] == []


def test_a_deleted_page_is_404(reader: APIClient, handbook: Page) -> None:
    address = f"{PAGES}{handbook.pk}/"
    handbook.delete()
    problem(reader.get(address), 404)
