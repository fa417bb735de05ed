"""Contents by multipart: fields as text, and a file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from pagecast.media.models import Upload
from pagecast.pages import filing
from pagecast.pages.models import Content, Video
from tests.api.problems import CONTENTS, problem, send_bytes

Untouched = Callable[[], AbstractContextManager[None]]

MULTIPART = "multipart/form-data; boundary=edge"


@pytest.fixture
def film_bytes(shared_media: Path) -> bytes:
    """A film of a few kilobytes."""
    return (shared_media / "tiny" / "Mpeg4.mp4").read_bytes()


@pytest.fixture
def address(film: Content) -> str:
    return f"{CONTENTS}{film.pk}/"


def _form(**fields: Any) -> dict[str, Any]:
    return {"content_type": "video", "title": "Dawn"} | fields


def _file(content: bytes = b"film", name: str = "Dawn.mp4") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def _part(name: str, value: bytes, more: str = "") -> bytes:
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def _raw(client: APIClient, *parts: bytes, end: bytes = b"--edge--\r\n") -> Any:
    return send_bytes(client, "POST", CONTENTS, b"".join(parts) + end, MULTIPART)


FIELDS = (_part("content_type", b"video"), _part("title", b"Dawn"))


def test_it_works(editor: APIClient, reader: APIClient, film_bytes: bytes, folders: Path) -> None:
    answer = editor.post(CONTENTS, _form(file=_file(film_bytes)), format="multipart")
    assert answer.status_code == 201
    assert (answer.json()["upload_status"], answer.json()["video_path"]) == ("pending", None)
    filing.file(Upload.objects.get().pk)
    filed = editor.get(f"{CONTENTS}{answer.json()['id']}/").json()
    assert filed["upload_status"] == "completed"
    assert filed["video_path"].endswith("/video/Dawn.mp4")
    kept = folders / filed["video_path"].removeprefix("/")
    assert kept.read_bytes() == film_bytes


@pytest.mark.parametrize(
    ("sent", "kept"), [("false", False), ("true", True), ("False", False), ("TRUE", True)]
)
def test_a_form_says_true_and_false_in_words(editor: APIClient, sent: str, kept: bool) -> None:
    answer = editor.post(CONTENTS, _form(is_active=sent, file=_file()), format="multipart")
    assert answer.json()["is_active"] is kept
    assert Video.objects.get().is_active is kept


@pytest.mark.parametrize("sent", ["", "0", "1", "yes", "no", "on", "null", " true"])
def test_nothing_else_is_true_or_false(editor: APIClient, sent: str, untouched: Untouched) -> None:
    with untouched():
        problem(editor.post(CONTENTS, _form(is_active=sent), format="multipart"), 400, "is_active")


def test_a_form_needs_no_file(editor: APIClient) -> None:
    link = "https://films.example.org/dawn.mp4"
    content = editor.post(CONTENTS, _form(video_url=link), format="multipart").json()
    assert (content["video_url"], content["upload_status"]) == (link, None)


def test_a_new_file_does_not_take_the_old_one_away_before_it_is_filed(
    editor: APIClient, film_bytes: bytes
) -> None:
    created = editor.post(CONTENTS, _form(file=_file(film_bytes)), format="multipart").json()
    filing.file(Upload.objects.get().pk)
    address = f"{CONTENTS}{created['id']}/"
    path = editor.get(address).json()["video_path"]
    answer = editor.patch(address, {"file": _file(b"another")}, format="multipart").json()
    assert (answer["upload_status"], answer["video_path"]) == ("pending", path)


def test_a_change_by_form_leaves_the_rest_alone(editor: APIClient, address: str) -> None:
    before = editor.get(address).json()
    assert editor.patch(address, {"title": "Dusk"}, format="multipart").json() == before | {"title": "Dusk"}


def test_the_answer_does_not_tell_that_a_file_is_here_already(editor: APIClient, film_bytes: bytes) -> None:
    answers = []
    for _ in range(2):
        content = editor.post(CONTENTS, _form(file=_file(film_bytes)), format="multipart").json()
        answers.append({name: value for name, value in content.items() if name != "id"})
        filing.file(Upload.objects.latest("created_at").pk)
    assert answers[0] == answers[1]


# --- Refusals: neither a row nor a staged byte is left --------------------------------------------------


def test_an_empty_file_is_refused(editor: APIClient, address: str, untouched: Untouched) -> None:
    with untouched():
        told = problem(editor.post(CONTENTS, _form(file=_file(b"")), format="multipart"), 400, "file")
        problem(editor.patch(address, {"file": _file(b"")}, format="multipart"), 400, "file")
    assert "Dawn.mp4" in told["errors"]["file"][0]


def test_a_file_that_is_too_large_is_refused(
    editor: APIClient, address: str, settings: Any, untouched: Untouched
) -> None:
    settings.PAGECAST_MAX_UPLOAD_BYTES = 1000
    with untouched():
        told = problem(editor.post(CONTENTS, _form(file=_file(b"x" * 1001)), format="multipart"), 413, "file")
        problem(editor.patch(address, {"file": _file(b"x" * 3_000_000)}, format="multipart"), 413, "file")
    assert "PAGECAST_MAX_UPLOAD_BYTES" in told["errors"]["file"][0]
    assert editor.post(CONTENTS, _form(file=_file(b"x" * 1000)), format="multipart").status_code == 201


@pytest.mark.parametrize(
    ("field", "value"), [("title", ""), ("title", "x" * 301), ("video_url", "no link"), ("new", "x")]
)
def test_a_file_beside_a_wrong_field_is_not_kept(
    editor: APIClient, field: str, value: str, untouched: Untouched
) -> None:
    with untouched():
        problem(editor.post(CONTENTS, _form(file=_file()) | {field: value}, format="multipart"), 400, field)


def test_a_file_without_a_title_or_a_kind_is_not_kept(editor: APIClient, untouched: Untouched) -> None:
    with untouched():
        problem(
            editor.post(CONTENTS, {"content_type": "video", "file": _file()}, format="multipart"),
            400,
            "title",
        )
        problem(
            editor.post(CONTENTS, {"title": "x", "file": _file()}, format="multipart"), 400, "content_type"
        )


def test_a_file_for_a_text_is_refused(editor: APIClient, note: Content, untouched: Untouched) -> None:
    with untouched():
        problem(
            editor.post(CONTENTS, _form(content_type="text", file=_file()), format="multipart"), 400, "file"
        )
        problem(editor.patch(f"{CONTENTS}{note.pk}/", {"file": _file()}, format="multipart"), 409, "file")


def test_a_file_under_another_name_is_refused(editor: APIClient, untouched: Untouched) -> None:
    with untouched():
        problem(editor.post(CONTENTS, _form(movie=_file()), format="multipart"), 400, "movie")
        problem(editor.post(CONTENTS, _form(title=_file()), format="multipart"), 400, "title")


def test_an_upload_is_named_in_json_alone(editor: APIClient, untouched: Untouched) -> None:
    upload = "e3e70682-c209-4cac-a29f-6fbed82c07cd"
    with untouched():
        problem(editor.post(CONTENTS, _form(upload=upload, file=_file()), format="multipart"), 400, "upload")


def test_a_field_given_twice_is_refused(editor: APIClient, untouched: Untouched) -> None:
    with untouched():
        problem(editor.post(CONTENTS, _form(title=["One", "Two"]), format="multipart"), 400, "title")
        problem(editor.post(CONTENTS, _form(file=[_file(), _file()]), format="multipart"), 400, "file")


@pytest.mark.parametrize("name", ["", '; filename=""'])
@pytest.mark.parametrize("content", [b"", b"film"])
def test_a_file_without_a_file_name_is_text_and_refused(
    editor: APIClient, name: str, content: bytes, untouched: Untouched
) -> None:
    with untouched():
        problem(_raw(editor, *FIELDS, _part("file", content, name)), 400, "file")


@pytest.mark.parametrize("name", ["..", "/tmp/", "C:\\\\tmp\\\\", ".", "\x01\x02"])  # noqa: S108 - a name, not a file
def test_bytes_are_not_lost_because_of_the_name_of_their_file(editor: APIClient, name: str) -> None:
    answer = _raw(editor, *FIELDS, _part("file", b"film", f'; filename="{name}"'))
    assert (answer.status_code, answer.json()["upload_status"]) == (201, "pending")
    assert Upload.objects.get().size == len(b"film")


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (b"-2051317187",),
        (b"\x00\xff" * 1000,),
        (b"--edge\r\n",),
        (b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n",),
    ],
)
def test_a_form_without_a_field_is_refused(
    editor: APIClient, parts: tuple[bytes, ...], untouched: Untouched
) -> None:
    with untouched():
        problem(_raw(editor, *parts), 400)


def test_a_part_that_can_not_be_read_is_not_passed_over(editor: APIClient, untouched: Untouched) -> None:
    nameless = b"--edge\r\nContent-Disposition: form-data\r\n\r\nx\r\n"
    cyrillic = _part("file", b"film", '; filename="NAME.mp4"').replace(b"NAME", "Рассвет".encode("cp1251"))
    with untouched():
        problem(_raw(editor, *FIELDS, nameless), 400)
        problem(_raw(editor, *FIELDS, cyrillic), 400)


def test_a_file_may_hold_what_looks_like_an_end(editor: APIClient, film_bytes: bytes) -> None:
    content = film_bytes + b"\r\n--edg\r\n--\r\n" + b"-" * 3_000_000
    answer = _raw(editor, *FIELDS, _part("file", content, '; filename="a.mp4"'))
    assert answer.status_code == 201
    assert Upload.objects.get().size == len(content)


def test_a_form_without_a_boundary_is_refused(editor: APIClient, untouched: Untouched) -> None:
    with untouched():
        for content_type in (
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=é",
        ):
            problem(send_bytes(editor, "POST", CONTENTS, b"--edge--", content_type), 400)


def test_a_file_in_broken_base64_leaves_nothing_behind(editor: APIClient, untouched: Untouched) -> None:
    more = '; filename="a.mp4"\r\nContent-Transfer-Encoding: base64'
    with untouched():
        problem(_raw(editor, *FIELDS, _part("file", b"!!!!", more)), 400, "file")
        problem(_raw(editor, *FIELDS, _part("file", b"YWJ", more)), 400)


def test_more_fields_than_a_form_has_are_refused(
    editor: APIClient, settings: Any, untouched: Untouched
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
    with untouched():
        problem(_raw(editor, *FIELDS, *[_part(f"f{number}", b"x") for number in range(1100)]), 400)
        files = [_part(f"f{number}", b"x", '; filename="x"') for number in range(110)]
        problem(_raw(editor, *FIELDS, *files), 400)


def test_text_past_the_limit_is_refused(editor: APIClient, settings: Any, untouched: Untouched) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    with untouched():
        problem(_raw(editor, *FIELDS, _part("text", b"x" * 1001)), 413)


@pytest.mark.parametrize("value", [b"a\x00b", b"\xed\xa0\x80\x00"])
def test_text_that_can_not_be_kept_is_refused(editor: APIClient, value: bytes, untouched: Untouched) -> None:
    with untouched():
        problem(_raw(editor, FIELDS[0], _part("title", value)), 400, "title")


@pytest.mark.parametrize("left", [9, 12, 60, 150], ids=["the end", "in the file", "in its head", "in a text"])
def test_a_form_that_breaks_off_is_refused_whole(editor: APIClient, left: int, folders: Path) -> None:
    file = _part("file", b"film", '; filename="Dawn.mp4"')
    whole = b"".join([*FIELDS, file]) + b"--edge--\r\n"
    answer = send_bytes(editor, "POST", CONTENTS, whole[:-left], MULTIPART)
    problem(answer, 400)
    assert not Video.objects.exists()
    assert [path for path in folders.rglob("*") if path.is_file()] == []
