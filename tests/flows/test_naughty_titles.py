"""Whatever somebody calls a thing comes back as it was; whatever a file is called, it stays inside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from pagecast.media.models import Upload
from pagecast.media.naming import LONGEST
from pagecast.pages import filing
from pagecast.pages.models import Page
from pagecast.pages.models.titled import TITLE_LENGTH
from tests import films

PAGES, CONTENTS = "/api/page/content/", "/api/content/"
MULTIPART = "multipart/form-data; boundary=edge"

OWN_STRINGS = [
    "undefined",
    " leading and trailing ",
    "\t",
    "'; DROP TABLE pages_page; --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }} {% debug %} %s %(x)s {0}",
    "../../../etc/passwd",
    "Ω≈ç√∫˜µ≤≥÷",
    "社會科學院語學研究所",
    "Z̮̞̠͙͔ͅa̷l̘g̨o͏",
    "\u202etxet desrever\u202c",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "\ufeff\u200b\u2028\u2029\x01\x1f\x7f\x85",
    "\ufffe\uffff\U0010ffff",
    "ﷺ" * TITLE_LENGTH,
]

OWN_NAMES = [
    "x" * 300 + ".mp4",
    "я" * 300 + ".mp4",
    *("con.mp4", "NUL", "com1.mp4", "lpt¹.mp4", "aux.", "."),
    *("a\x00b.mp4", "a\nb\rc.mp4", "\x7f.mp4", "a\x1b[31m.mp4"),
    *("\u202e4pm.exe", "\u200e\u200f\u2066.mp4", "\ufeff.mp4", "\u2028.mp4"),
    *("....mp4", "-rf.mp4", "~.mp4", ".htaccess", " .mp4", "%2e%2e%2fx.mp4", "a;b&c|d`e`$(f).mp4"),
    "../" * 50 + "etc/passwd",
    "..\\" * 50 + "x.mp4",
    "&#46;&#46;&#x2f;x.mp4",
    "x.mp4/..",
    "a.b.c.d.mp4" + ".tar" * 100,
    *('quo"te.mp4', "quo'te.mp4", "semi;colon.mp4", "back\\slash.mp4"),
]


@pytest.fixture
def naughty(request: pytest.FixtureRequest) -> Path:
    """The collected hostile strings."""
    shared: Path = request.getfixturevalue("shared_media")
    return shared / "naughty"


def _lines(naughty: Path) -> list[str]:
    # Not splitlines(), which splits at signs that are meant to be in the middle.
    lines = (naughty / "blns.txt").read_text(encoding="utf-8").split("\n")
    return [line for line in lines if line and not line.startswith("#")]


def _every_page(reader: APIClient) -> Iterator[dict[str, Any]]:
    url = f"{PAGES}?page_size=100"
    while url:
        answer = reader.get(url).json()
        yield from answer["results"]
        url = answer["next"]


def _come_back(editor: APIClient, reader: APIClient, strings: list[str]) -> None:
    """Each string is the title and the text of a page, and is read back the same in every way."""
    urls = {}
    for string in strings:
        answer = editor.post(PAGES, {"title": string, "text": string})
        assert answer.status_code == 201, (string, answer.content)
        urls[answer.json()["url"]] = string
    listed = {page["url"]: (page["title"], page["text"]) for page in _every_page(reader)}
    assert listed == {url: (string, string) for url, string in urls.items()}
    for url, string in urls.items():
        page = reader.get(url).json()
        assert (page["title"], page["text"]) == (string, string)
    assert set(Page.objects.values_list("title", flat=True)) == set(strings)


def test_it_works(editor: APIClient, reader: APIClient) -> None:
    _come_back(editor, reader, OWN_STRINGS)


def test_the_collected_strings_come_back_unchanged(
    editor: APIClient, reader: APIClient, naughty: Path
) -> None:
    strings = _lines(naughty)
    assert len(strings) > 400
    short = [string for string in strings if len(string) <= TITLE_LENGTH]
    assert len(short) > len(strings) - 5
    _come_back(editor, reader, short)


def test_what_is_too_long_for_a_title_is_a_text(editor: APIClient, naughty: Path) -> None:
    long = [string for string in _lines(naughty) if len(string) > TITLE_LENGTH]
    for string in long:
        assert editor.post(PAGES, {"title": string}).status_code == 400
        assert editor.post(PAGES, {"title": "Long", "text": string}).json()["text"] == string


def test_each_has_an_address_on_the_site(editor: APIClient, reader: APIClient, db: None) -> None:
    for string in OWN_STRINGS:
        slug = editor.post(PAGES, {"title": string}).json()["slug"]
        answer = reader.get(f"/pages/{slug}/")
        assert answer.status_code == 200, string
        assert "<script>alert" not in answer.content.decode()


def test_each_is_a_content_too(editor: APIClient) -> None:
    for string in OWN_STRINGS:
        content = editor.post(CONTENTS, {"content_type": "text", "title": string, "text": string}).json()
        assert (content["title"], content["text"]) == (string, string)
        assert editor.get(f"{CONTENTS}{content['id']}/").json() == content


# --- Names of files ------------------------------------------------------------------------------------


def _raw_form(name: bytes, content: bytes) -> bytes:
    fields = {b"content_type": b"video", b"title": b"x"}
    parts = [b'Content-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % pair for pair in fields.items()]
    head = (
        b'Content-Disposition: form-data; name="file"; filename="%b"\r\nContent-Type: video/mp4\r\n\r\n'
        % name
    )
    return b"".join(b"--edge\r\n" + part for part in [*parts, head + content + b"\r\n"]) + b"--edge--\r\n"


def _stays_inside(editor: APIClient, folders: Path, names: list[str]) -> None:
    """Each file is filed under a name that is safe, or refused in words; nothing is anywhere else."""
    sent = 0
    for number, name in enumerate(names):
        raw = name.replace("\\", "\\\\").replace('"', '\\"').encode()
        body = _raw_form(raw, films.film(number))
        answer: Any = editor.generic("POST", CONTENTS, body, content_type=MULTIPART)  # type: ignore[arg-type]
        if answer.status_code == 400:
            assert answer.json()["errors"]["file"], name
            continue
        assert (answer.status_code, answer.json()["upload_status"]) == (201, "pending"), name
        sent += 1
    for upload in Upload.objects.all():
        filing.file(upload.pk)
        upload.refresh_from_db()
        assert upload.state == Upload.State.COMPLETED or upload.error, upload.name
    files = [path for path in folders.rglob("*") if not path.is_dir()]
    assert len(files) == Upload.objects.filter(state=Upload.State.COMPLETED).count()
    assert len(files) >= sent // 2
    for path in files:
        year, month, day, kind, name = path.relative_to(folders / "media").parts
        assert (len(year), len(month), len(day), kind) == (4, 2, 2, "video")
        assert len(name.encode()) <= LONGEST + 5
        assert not name.startswith((".", "-", " "))
        assert name.isprintable()
        assert not set(name) & set('\\/:*?"<>|')
        assert path.resolve() == path.absolute()


def test_hostile_file_names_stay_inside(
    editor: APIClient, folders: Path, request: pytest.FixtureRequest
) -> None:
    _stays_inside(editor, folders, OWN_NAMES)


def test_the_collected_file_names_stay_inside(editor: APIClient, folders: Path, naughty: Path) -> None:
    names = json.loads((naughty / "filenames-django.json").read_text(encoding="utf-8"))
    wanted = [*names["traversal"], *names["invalid"], names["unicode"]]
    _stays_inside(editor, folders, [*wanted, *OWN_NAMES])


def test_unicode_is_kept_in_the_name(editor: APIClient, naughty: Path) -> None:
    name = json.loads((naughty / "filenames-django.json").read_text(encoding="utf-8"))["unicode"]
    file = SimpleUploadedFile(name, films.film(1))
    form = {"content_type": "video", "title": "x", "file": file}
    content = editor.post(CONTENTS, form, format="multipart").json()
    filing.file(Upload.objects.get().pk)
    blob = Upload.objects.get().blob
    assert blob is not None
    # It is a film, whatever its name says.
    assert blob.path.endswith(f"/{Path(name).stem}.mp4")
    assert editor.get(f"{CONTENTS}{content['id']}/").json()["video_path"] == blob.url
