"""Subtitles at the API: one track for each language, by form or by JSON."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from pagecast.media.models import Upload
from pagecast.media.receiving import receive
from pagecast.pages import editing, filing
from pagecast.pages.models import Content, Page, SubtitleTrack, Text
from tests import films
from tests.api.problems import CONTENTS, PAGES, problem

pytestmark = pytest.mark.django_db

GERMAN = b"1\n00:00:01,000 --> 00:00:02,000\nGuten <i>Tag</i>\n"
RUSSIAN = "1\n00:00:01,000 --> 00:00:02,000\nДобрый день, дорогие друзья\n".encode("cp1251")
BROKEN = b"1\n00:00:01,000 --> soon\nGuten Tag\n"


@pytest.fixture
def address(film: Content) -> str:
    return f"{CONTENTS}{film.pk}/"


def sent(data: bytes = GERMAN, name: str = "dawn.srt") -> Upload:
    return receive([data], name)


def form(data: bytes = GERMAN, name: str = "dawn.de.srt", **fields: str) -> dict[str, Any]:
    return {"subtitles": SimpleUploadedFile(name, data), **fields}


def file_all() -> None:
    """What the workers do."""
    for upload_id in list(filing.due().values_list("pk", flat=True)):
        filing.file(upload_id)


def patch(editor: APIClient, address: str, *tracks: dict[str, str]) -> Any:
    return editor.patch(address, {"subtitles": list(tracks)})


def tracks(editor: APIClient, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = editor.get(address).json()["subtitles"]
    return found


def test_a_file_in_the_form_becomes_webvtt(
    editor: APIClient, reader: APIClient, address: str, film: Content, folders: Any
) -> None:
    page = editing.create_page({"title": "Films"}, [film.pk])
    answer = editor.patch(address, form(), format="multipart")
    assert answer.status_code == 200
    assert [(each["language"], each["upload_status"]) for each in answer.json()["subtitles"]] == [
        ("de", "pending")
    ]
    file_all()
    [content] = reader.get(f"{PAGES}{page.pk}/").json()["contents"]
    path = content["subtitles_path"]
    assert content["subtitles"] == [{"language": "de", "path": path, "url": None}]
    assert path.endswith("/subtitles/dawn.de.vtt")
    kept = (folders / path.removeprefix("/")).read_text(encoding="utf-8")
    assert kept.startswith("WEBVTT\n")
    assert "Guten <i>Tag</i>" in kept


def test_the_page_is_new_to_readers_once_they_are_filed(
    editor: APIClient, reader: APIClient, address: str, film: Content
) -> None:
    page = editing.create_page({"title": "Films"}, [film.pk])
    editor.patch(address, form(), format="multipart")
    assert reader.get(f"{PAGES}{page.pk}/").json()["contents"][0]["subtitles"] == []
    file_all()
    assert len(reader.get(f"{PAGES}{page.pk}/").json()["contents"][0]["subtitles"]) == 1


def test_a_film_comes_with_its_subtitles(editor: APIClient) -> None:
    fields = {"content_type": "video", "title": "Dawn", "file": SimpleUploadedFile("d.mp4", films.film())}
    content = editor.post(CONTENTS, fields | form(subtitles_language="pt-BR"), format="multipart").json()
    file_all()
    content = editor.get(f"{CONTENTS}{content['id']}/").json()
    assert content["upload_status"] == "completed"
    assert [(each["language"], each["upload_status"]) for each in content["subtitles"]] == [
        ("pt-BR", "completed")
    ]


def test_several_languages_in_their_order(editor: APIClient, address: str) -> None:
    patch(
        editor,
        address,
        {"language": "ru", "upload": str(sent(RUSSIAN).pk)},
        {"language": "de", "upload": str(sent().pk)},
        {"language": "fr", "url": "https://films.example.org/dawn.fr.vtt"},
    )
    file_all()
    assert [each["language"] for each in tracks(editor, address)] == ["ru", "de", "fr"]
    assert [bool(each["path"]) for each in tracks(editor, address)] == [True, True, False]


def test_the_guessed_encoding_is_told(editor: APIClient, address: str) -> None:
    editor.patch(address, form(RUSSIAN, "dawn.ru.srt"), format="multipart")
    file_all()
    [track] = tracks(editor, address)
    assert "windows-1251" in track["upload_notices"][0]


def test_a_broken_file_says_the_line_and_keeps_nothing(editor: APIClient, address: str, folders: Any) -> None:
    editor.patch(address, form(BROKEN), format="multipart")
    file_all()
    [track] = tracks(editor, address)
    assert (track["path"], track["upload_status"]) == (None, "failed")
    assert "line 2" in track["upload_error"]
    assert [path for path in folders.rglob("*") if path.is_file()] == []


def test_the_same_language_again_takes_the_place_of_the_first_once_it_is_filed(
    editor: APIClient, address: str
) -> None:
    editor.patch(address, form(), format="multipart")
    file_all()
    [first] = tracks(editor, address)
    editor.patch(address, form(GERMAN.replace(b"Tag", b"Abend")), format="multipart")
    [meanwhile] = tracks(editor, address)
    assert (meanwhile["path"], meanwhile["upload_status"]) == (first["path"], "pending")
    file_all()
    [second] = tracks(editor, address)
    assert second["path"] not in {None, first["path"]}


def test_what_is_not_named_is_taken_away_and_what_is_named_alone_stays(
    editor: APIClient, address: str
) -> None:
    patch(
        editor,
        address,
        {"language": "de", "upload": str(sent().pk)},
        {"language": "fr", "url": "https://x.org/"},
    )
    file_all()
    before = tracks(editor, address)
    assert patch(editor, address, {"language": "de"}).status_code == 200
    assert tracks(editor, address) == before[:1]
    patch(editor, address)
    assert tracks(editor, address) == []


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ([{"language": "de"}], "no subtitles in “de” yet"),
        ([{"language": "de", "url": "https://x.org/"}] * 2, "Named twice: de"),
    ],
)
def test_a_list_that_cannot_be_is_refused_whole(
    editor: APIClient, address: str, wanted: list[dict[str, str]], words: str
) -> None:
    editor.patch(address, form(), format="multipart")
    SubtitleTrack.objects.update(language="ru")
    told = problem(editor.patch(address, {"title": "Other", "subtitles": wanted}), 400, "subtitles")
    assert words in str(told["errors"])
    assert [each["language"] for each in tracks(editor, address)] == ["ru"]
    assert editor.get(address).json()["title"] == "Dawn"


def test_a_language_is_a_tag(editor: APIClient, address: str) -> None:
    problem(patch(editor, address, {"language": "по-русски", "url": "https://x.org/"}), 400, "subtitles")


def test_a_language_without_its_file_is_refused(editor: APIClient, address: str) -> None:
    problem(editor.patch(address, {"subtitles_language": "de"}, format="multipart"), 400, "subtitles")


def test_a_kind_without_subtitles_takes_none(editor: APIClient, note: Content) -> None:
    told = problem(editor.patch(f"{CONTENTS}{note.pk}/", {"subtitles": []}), 409, "subtitles")
    assert "text" in str(told["errors"])


def test_an_upload_that_is_a_film_is_no_subtitles(editor: APIClient, address: str, film: Content) -> None:
    upload = sent(films.film(), "dawn.mp4")
    editing.write_content(film, {}, upload)
    file_all()
    problem(patch(editor, address, {"language": "de", "upload": str(upload.pk)}), 400, "file")
    assert tracks(editor, address) == []


def test_two_films_may_share_what_is_kept_once(editor: APIClient, address: str, film: Content) -> None:
    other = editor.post(CONTENTS, {"content_type": "video", "title": "Dusk"}).json()
    for each in (address, f"{CONTENTS}{other['id']}/"):
        editor.patch(each, form(), format="multipart")
    file_all()
    [first], [second] = tracks(editor, address), tracks(editor, f"{CONTENTS}{other['id']}/")
    assert first["path"] == second["path"]
    assert "Already here" in second["upload_notices"][0]


def test_they_go_with_their_film(editor: APIClient, address: str) -> None:
    editor.patch(address, form(), format="multipart")
    assert editor.delete(address).status_code == 204
    assert not SubtitleTrack.objects.exists()


def test_readers_see_nothing_of_what_is_not_filed(
    editor: APIClient, reader: APIClient, handbook: Page, address: str
) -> None:
    editor.patch(address, form(BROKEN), format="multipart")
    file_all()
    answer = reader.get(f"{PAGES}{handbook.pk}/")
    assert answer.json()["contents"][0]["subtitles"] == []
    assert "upload" not in answer.content.decode()
    assert not Text.objects.filter(tracks__isnull=False).exists()
