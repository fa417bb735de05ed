"""Contents as their editors make and change them, by JSON."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from pagecast.counting import ledger
from pagecast.media import leases
from pagecast.media.models import Upload
from pagecast.media.receiving import receive
from pagecast.media.words import Words
from pagecast.pages import editing, filing
from pagecast.pages.models import Content, Page, Text, Video
from tests import films
from tests.api.problems import CONTENTS, PAGES, problem, send

Untouched = Callable[[], AbstractContextManager[None]]

SHARED = ["id", "title", "counter", "order", "content_type", "is_active"]
OF_EDITORS = ["upload_status", "upload_error", "upload_notices", "pages"]
OF_KINDS = {
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
LINKS = {"video": "video_url", "audio": "audio_url"}


@pytest.fixture
def address(film: Content) -> str:
    return f"{CONTENTS}{film.pk}/"


def _upload(name: str = "Dawn.mp4", content: bytes | None = None) -> Upload:
    return receive([films.film() if content is None else content], name)


def test_it_works(editor: APIClient) -> None:
    fields = {"content_type": "video", "title": "Dawn", "video_url": "https://films.example.org/dawn.mp4"}
    answer = editor.post(CONTENTS, fields)
    assert answer.status_code == 201
    content = answer.json()
    assert content | fields == content
    assert editor.get(f"{CONTENTS}{content['id']}/").json() == content


@pytest.mark.parametrize("kind", OF_KINDS)
def test_a_content_has_these_names_in_this_order(editor: APIClient, kind: str) -> None:
    content = editor.post(CONTENTS, {"content_type": kind, "title": "x"}).json()
    assert list(content) == SHARED + OF_KINDS[kind] + OF_EDITORS
    assert list(editor.get(CONTENTS).json()["results"][0]) == list(content)
    assert {content[name] or None for name in OF_KINDS[kind]} == {None}
    assert (content["order"], content["upload_status"], content["upload_error"]) == (None, None, None)
    assert (content["counter"], content["is_active"], content["pages"]) == (0, True, [])


def test_it_tells_its_pages_and_its_counter(
    editor: APIClient, reader: APIClient, handbook: Page, film: Content, address: str
) -> None:
    other = editing.create_page({"title": "Other"}, [film.pk])
    reader.get(f"{PAGES}{other.pk}/")
    content = editor.get(address).json()
    assert (content["pages"], content["counter"]) == ([handbook.pk, other.pk], 1)
    assert editor.get(CONTENTS).json()["results"][0] == content


def test_a_text_of_any_length_comes_back(editor: APIClient) -> None:
    text = "длинный текст\r\n\t" * 100_000
    content = editor.post(CONTENTS, {"content_type": "text", "title": "Long", "text": text}).json()
    assert content["text"] == text
    assert Text.objects.get(pk=content["id"]).text == text


# --- Changing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "Changed"),
        ("is_active", False),
        ("video_url", None),
        ("video_url", "http://[::1]:8000/фильм.mp4?a=b#c"),
        ("subtitles_url", "https://films.example.org/dawn.vtt"),
    ],
)
def test_only_what_is_named_changes(editor: APIClient, address: str, field: str, value: Any) -> None:
    before = editor.get(address).json()
    answer = editor.patch(address, {field: value})
    assert answer.status_code == 200
    assert answer.json() == editor.get(address).json() == before | {field: value}


def test_its_own_kind_may_be_named(editor: APIClient, address: str) -> None:
    assert editor.patch(address, {"content_type": "video", "title": "Again"}).json()["title"] == "Again"


def test_an_empty_link_is_absent(editor: APIClient, address: str, film: Content) -> None:
    assert editor.patch(address, {"video_url": ""}).json()["video_url"] is None
    assert Video.objects.get(pk=film.pk).video_url is None


def test_another_kind_is_a_conflict(editor: APIClient, address: str, untouched: Untouched) -> None:
    with untouched():
        problem(editor.patch(address, {"content_type": "audio", "title": "x"}), 409, "content_type")


@pytest.mark.parametrize("field", ["audio_url", "text", "caption"])
def test_a_field_of_another_kind_is_a_conflict(
    editor: APIClient, address: str, field: str, untouched: Untouched
) -> None:
    with untouched():
        told = problem(editor.patch(address, {"title": "x", field: "y"}), 409, field)
    assert "video" in told["errors"][field][0]


def test_a_switched_off_content_leaves_its_page(
    editor: APIClient, reader: APIClient, handbook: Page, address: str
) -> None:
    editor.patch(address, {"is_active": False})
    titles = [content["title"] for content in reader.get(f"{PAGES}{handbook.pk}/").json()["contents"]]
    assert titles == ["Rain", "Note"]


# --- Uploads -------------------------------------------------------------------------------------------


def test_a_finished_upload_becomes_the_file(editor: APIClient) -> None:
    upload = _upload()
    fields = {"content_type": "video", "title": "Dawn", "upload": str(upload.pk)}
    content = editor.post(CONTENTS, fields).json()
    assert (content["upload_status"], content["video_path"]) == ("pending", None)
    filing.file(upload.pk)
    filed = editor.get(f"{CONTENTS}{content['id']}/").json()
    assert filed["upload_status"] == "completed"
    assert filed["video_path"].endswith("/video/Dawn.mp4")
    assert (filed["duration"], filed["width"], filed["height"]) == (1.0, 32, 32)


def test_an_upload_that_is_filed_already_can_be_given_to_another_content(
    editor: APIClient, film: Content, reader: APIClient
) -> None:
    upload = _upload()
    editing.write_content(film, {}, upload)
    filing.file(upload.pk)
    first = editor.get(f"{CONTENTS}{film.pk}/").json()
    fields = {"content_type": "video", "title": "Again", "upload": str(upload.pk)}
    again = editor.post(CONTENTS, fields).json()
    assert (again["upload_status"], again["video_path"]) == (first["upload_status"], first["video_path"])


def test_why_an_upload_was_refused_is_told(editor: APIClient, film: Content, address: str) -> None:
    upload = _upload()
    editing.write_content(film, {}, upload)
    leases.refuse({upload: Words("It is a picture of a film.")})
    content = editor.get(address).json()
    assert (content["upload_status"], content["upload_error"]) == ("failed", "It is a picture of a film.")


def test_an_upload_that_never_was_is_a_conflict(
    editor: APIClient, address: str, untouched: Untouched
) -> None:
    unknown = str(uuid4())
    with untouched():
        problem(editor.patch(address, {"title": "x", "upload": unknown}), 409, "upload")
        body = {"content_type": "audio", "title": "x", "upload": unknown}
        problem(editor.post(CONTENTS, body), 409, "upload")


# --- Refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [None, "", "film", "VIDEO", "content", "page", 1, True, [], ["video"], {}, {"video": 1}, "\ud800"]
)
def test_an_unknown_kind_is_refused(editor: APIClient, address: str, kind: Any, untouched: Untouched) -> None:
    with untouched():
        body = {"content_type": kind, "title": "x"}
        told = problem(send(editor, "POST", CONTENTS, body), 400, "content_type")
        problem(send(editor, "PATCH", address, body), 400, "content_type")
    assert "video" in told["errors"]["content_type"][0]


def test_a_kind_and_a_title_are_needed(editor: APIClient, untouched: Untouched) -> None:
    with untouched():
        problem(editor.post(CONTENTS, {"title": "x"}), 400, "content_type")
        problem(editor.post(CONTENTS, {"content_type": "text"}), 400, "title")


TEXTS: list[Any] = [1, 1.5, False, [], {}, "a\x00b", "\ud800"]
NO_LINKS: list[Any] = [
    *TEXTS,
    *("no link", "//films.example.org/x", "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"),
    *("http://", "https://exa mple.org/", " https://films.example.org/", "https://films.example.org/\n"),
    f"https://films.example.org/{'x' * 2000}",
]
WRONG: list[tuple[str, str, list[Any]]] = [
    ("text", "title", [None, "", *TEXTS, "x" * 301, "x" * 10_000_000]),
    ("text", "is_active", [None, "", "true", 0, 1, [], {}]),
    ("text", "text", TEXTS),
    ("audio", "text", TEXTS),
    ("audio", "audio_url", NO_LINKS),
    ("video", "video_url", NO_LINKS),
    ("video", "subtitles_url", NO_LINKS),
    ("video", "upload", [None, "", 1, 10**50, True, [], {}, "x", "\ud800", "0" * 33]),
    ("image", "caption", [*TEXTS, "x" * 201]),
]


@pytest.mark.parametrize(
    ("kind", "field", "values"), WRONG, ids=[f"{kind} {field}" for kind, field, _ in WRONG]
)
def test_a_value_of_another_type_is_refused_and_its_field_is_named(
    editor: APIClient, kind: str, field: str, values: list[Any], untouched: Untouched
) -> None:
    content = editor.post(CONTENTS, {"content_type": kind, "title": "There"}).json()
    with untouched():
        for value in values:
            body = {"content_type": kind, "title": "New"} | {field: value}
            problem(send(editor, "POST", CONTENTS, body), 400, field)
            problem(send(editor, "PATCH", f"{CONTENTS}{content['id']}/", {field: value}), 400, field)


@pytest.mark.parametrize(
    "field", ["id", "counter", "order", "pages", "upload_status", "video_path", "blob", "origin", "has_link"]
)
def test_an_unknown_field_is_refused(
    editor: APIClient, address: str, field: str, untouched: Untouched
) -> None:
    with untouched():
        problem(editor.post(CONTENTS, {"content_type": "video", "title": "x", field: 1}), 400, field)
        problem(editor.patch(address, {field: 1}), 400, field)


def test_a_file_can_not_be_sent_as_json(editor: APIClient, untouched: Untouched) -> None:
    with untouched():
        problem(editor.post(CONTENTS, {"content_type": "video", "title": "x", "file": "bytes"}), 400, "file")


def test_a_text_has_no_upload(editor: APIClient, untouched: Untouched) -> None:
    body = {"content_type": "text", "title": "x", "upload": str(_upload().pk)}
    with untouched():
        problem(editor.post(CONTENTS, body), 400, "upload")


@pytest.mark.parametrize("number", ["0", "4711", str(2**63), "9" * 5000])
@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_a_content_that_never_was_is_404(
    editor: APIClient, address: str, number: str, method: str, untouched: Untouched
) -> None:
    with untouched():
        problem(getattr(editor, method)(f"{CONTENTS}{number}/"), 404)


# --- Deleting ------------------------------------------------------------------------------------------


def test_a_deleted_content_leaves_its_pages(
    editor: APIClient, reader: APIClient, handbook: Page, address: str
) -> None:
    assert editor.delete(address).status_code == 204
    problem(editor.get(address), 404)
    contents = reader.get(f"{PAGES}{handbook.pk}/").json()["contents"]
    assert [(content["title"], content["order"]) for content in contents] == [("Rain", 1), ("Note", 2)]


def test_a_content_with_a_file_can_be_deleted(editor: APIClient, film: Content, address: str) -> None:
    upload = _upload()
    editing.write_content(film, {}, upload)
    filing.file(upload.pk)
    assert editor.delete(address).status_code == 204
    assert not Content.objects.exists()


def test_what_is_completed_has_its_file(editor: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    upload, counters = _upload(), ledger.counters
    content = editing.write_content(Video(title="Dawn"), {}, upload)

    def count_late(keys: Any) -> Any:
        filing.file(upload.pk)  # while the answer is being made
        return counters(keys)

    monkeypatch.setattr(ledger, "counters", count_late)
    answer = editor.get(f"{CONTENTS}{content.pk}/").json()
    assert answer["upload_status"] != "completed" or answer["video_path"]
