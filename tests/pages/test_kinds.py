"""A kind of somebody else's: tests/gallery adds pictures in one class, and the rest follows from it."""

from __future__ import annotations

import base64
import inspect
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from pagecast.counting import ledger
from pagecast.media.models import Upload
from pagecast.pages import editing, filing
from pagecast.pages.kinds import kind_of_file, kinds
from pagecast.pages.models import Content, Page
from tests.gallery import models as gallery
from tests.gallery.models import Image

DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


@pytest.fixture
def picture(editor: APIClient) -> Content:
    """A picture that came in by the API and was filed."""
    form = {
        "content_type": "image",
        "title": "Dot",
        "caption": "A dot",
        "file": SimpleUploadedFile("Dot.png", DOT),
    }
    answer = editor.post("/api/content/", form, format="multipart")
    assert answer.status_code == 201
    filing.file(Upload.objects.get().pk)
    return Image.objects.get(pk=answer.json()["id"])


@pytest.fixture
def album(picture: Content, note: Content) -> Page:
    """A page with a picture and a text."""
    return editing.create_page({"title": "Album"}, [picture.pk, note.pk])


@pytest.fixture
def schemas(reader: APIClient, db: None) -> dict[str, Any]:
    """The components of the OpenAPI schema."""
    found: dict[str, Any] = reader.get("/swagger.json/").json()["components"]["schemas"]
    return found


def test_it_works(reader: APIClient, album: Page) -> None:
    picture, note = reader.get(f"/api/page/content/{album.pk}/").json()["contents"]
    shared = ["id", "title", "counter", "order", "content_type", "is_active"]
    assert list(picture) == [*shared, "image_path", "caption"]
    assert (picture["content_type"], picture["caption"], picture["counter"]) == ("image", "A dot", 1)
    assert note["content_type"] == "text"


def test_the_class_is_all_that_it_took() -> None:
    assert len(inspect.getsource(gallery).splitlines()) <= 15
    folder = Path(inspect.getfile(gallery)).parent
    written = {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    assert written == {"__init__.py", "models.py", "migrations/__init__.py", "migrations/0001_initial.py"}


def test_kinds_are_known_by_their_names() -> None:
    assert set(kinds()) == {"video", "audio", "text", "image"}
    assert kinds()["image"] is Image


def test_its_file_has_a_folder_in_the_media_tree(
    reader: APIClient, picture: Content, album: Page, folders: Path
) -> None:
    assert picture.blob is not None
    day = picture.blob.created_at.strftime("%Y/%m/%d")
    assert picture.blob.path == f"{day}/image/Dot.png"
    assert (folders / "media" / picture.blob.path).read_bytes() == DOT
    shown = reader.get(f"/api/page/content/{album.pk}/").json()["contents"][0]
    assert shown["image_path"] == f"/media/{picture.blob.path}"


def test_it_has_a_counter(reader: APIClient, picture: Content, album: Page) -> None:
    for _ in range(3):
        reader.get(f"/api/page/content/{album.pk}/")
    assert ledger.counters([picture.pk]) == {picture.pk: 3}


def test_its_caption_is_edited_like_any_field(editor: APIClient, picture: Content) -> None:
    address = f"/api/content/{picture.pk}/"
    assert editor.patch(address, {"caption": "Точка"}).json()["caption"] == "Точка"
    assert editor.patch(address, {"caption": ""}).json()["caption"] is None
    assert editor.patch(address, {"caption": "x" * 201}).status_code == 400


def test_readers_find_pages_that_show_it(reader: APIClient, album: Page, handbook: Page) -> None:
    pages = reader.get("/api/page/content/?kind=image").json()["results"]
    assert [page["title"] for page in pages] == ["Album"]


def test_the_schema_has_a_component_for_it(schemas: dict[str, Any]) -> None:
    image = schemas["Image"]
    assert {"image_path", "caption", "content_type", "counter"} <= set(image["properties"])
    assert set(image["required"]) == set(image["properties"])
    assert {"caption", "file", "title"} <= set(schemas["ImageFormRequest"]["properties"])


@pytest.mark.parametrize(
    "union", ["Content", "EditedContent", "WrittenContentRequest", "WrittenContentFormRequest"]
)
def test_the_schema_tells_the_kinds_apart_by_one_word(schemas: dict[str, Any], union: str) -> None:
    names = [each["$ref"].rpartition("/")[2] for each in schemas[union]["oneOf"]]
    words = [schemas[name]["properties"]["content_type"]["enum"] for name in names]
    assert sorted(words) == [["audio"], ["image"], ["text"], ["video"]]
    assert all("content_type" in schemas[name]["required"] for name in names)


def test_the_admin_offers_it_and_has_a_form_for_it(client: Client, alice: User) -> None:
    client.force_login(alice)
    choice = client.get("/admin/pages/content/add/", follow=True).content.decode()
    assert "image" in choice.lower()
    form = client.get("/admin/gallery/image/add/").content.decode()
    assert all(f'name="{name}"' in form for name in ("title", "caption", "file", "is_active"))


def test_the_admin_adds_one(client: Client, alice: User) -> None:
    client.force_login(alice)
    fields = {
        "title": "By hand",
        "caption": "Dotted",
        "is_active": "on",
        "file": SimpleUploadedFile("a.png", DOT),
    }
    assert client.post("/admin/gallery/image/add/", fields).status_code == 302
    added = Image.objects.get()
    assert (added.title, added.caption) == ("By hand", "Dotted")
    assert Upload.objects.get() == added.upload


def test_the_site_shows_it_by_the_default_template(client: Client, picture: Content, album: Page) -> None:
    page = client.get(album.get_absolute_url()).content.decode()
    assert picture.blob is not None
    assert picture.blob.url in page
    assert "A dot" in page


@pytest.mark.parametrize("name", ["Dot.png", "DOT.PNG", "a.b.jpg", "x.webp"])
def test_the_import_knows_its_files(name: str) -> None:
    assert kind_of_file(name) is Image


@pytest.mark.parametrize("name", ["png", "Dot.png.exe", "Dot", ""])
def test_the_import_takes_nothing_else_for_it(name: str) -> None:
    assert kind_of_file(name) is not Image
