"""A site of one's own, without a change to Pagecast."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from pagecast.conf import looks
from pagecast.pages.models import Page
from pagecast.site import theme
from pagecast.site.colours import DARKEST_LIGHT, ENOUGH, LIGHTEST_DARK
from tests.acceptance.server import Server
from tests.site.test_colours import contrast

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "site.md"
LOGO = b'<svg xmlns="http://www.w3.org/2000/svg"/>'


def write_example(folder: Path) -> None:
    """The files of the worked example, as the document has them."""
    files = re.findall(r"`theme/(\S+)`[.,:]\n\n```\w+\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert [Path(name).name for name, _text in files] == ["video.html", "cinema.css", "frame.html"]
    for name, text in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """With the settings and the theme of the document."""
    folder = tmp_path_factory.mktemp("themed")
    write_example(folder / "theme")
    (folder / "logo.svg").write_bytes(LOGO)
    with Server(
        folder,
        PAGECAST_SITE_TITLE="Harbour <films>",
        PAGECAST_SITE_LOGO=str(folder / "logo.svg"),
        PAGECAST_SITE_ACCENT="#ffdd00",
        PAGECAST_SITE_FOOTER="By https://harbour.example <script>",
        PAGECAST_THEME=str(folder / "theme"),
    ) as server:
        yield server


@pytest.fixture(scope="module")
def page(server: Server) -> str:
    """The path of a page with a film."""
    editor = server.editor()
    film = {"content_type": "video", "title": "Dawn", "video_url": "https://films.example.org/dawn.mp4"}
    content = editor.post("/api/content/", json=film).json()["id"]
    made = editor.post("/api/page/content/", json={"title": "Films", "contents": [content]})
    return f"/pages/{made.json()['slug']}/"


def test_the_worked_example_does_what_the_document_says(server: Server, page: str) -> None:
    for views in ("1 view", "2 views", "3 views"):
        html = server.get(page).text
        caption = re.search(r"<figcaption>(.*?)</figcaption>", html)
        assert caption is not None
        assert caption[1].startswith("Dawn")
        assert caption[1].endswith(f"· {views}")
    assert 'src="https://films.example.org/dawn.mp4"' in html
    style = re.search(r'href="(/static/site\.[0-9a-f]{12}/cinema\.css)"', html)
    assert style is not None
    answer = server.get(style[1])
    assert ".cinema video" in answer.text
    assert "immutable" in answer.headers["Cache-Control"]
    ours = server.get(style[1].replace("cinema", "site"))
    assert (ours.status_code, ours.headers["Content-Encoding"]) == (200, "gzip")


def test_the_worked_example_plays_what_another_site_plays(server: Server) -> None:
    editor = server.editor()
    link = {"content_type": "video", "title": "Away", "video_url": "https://youtu.be/aqz-KE-bpKQ?a=b&t=5"}
    content = editor.post("/api/content/", json=link).json()["id"]
    made = editor.post("/api/page/content/", json={"title": "Away", "contents": [content]})
    html = server.get(f"/pages/{made.json()['slug']}/").text
    assert "<video" not in html
    assert 'data-embed="https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?' in html


@pytest.mark.parametrize("path", ["/", "/nowhere/", "/pages/nowhere/"])
def test_every_page_of_the_site_is_in_its_frame(server: Server, path: str) -> None:
    html = server.get(path).text
    assert "Harbour &lt;films&gt;" in html
    assert "cinema.css" in html
    assert 'href="https://harbour.example"' in html
    assert "<script>" not in html
    logo = re.search(r'src="(/static/logo\.[0-9a-f]{12}\.svg)"', html)
    assert logo is not None
    assert server.get(logo[1]).content == LOGO


def test_the_accent_can_be_read_on_both_backgrounds(server: Server) -> None:
    shades = re.search(r"--accent-light:(#[0-9a-f]{6});--accent-dark:(#[0-9a-f]{6})", server.get("/").text)
    assert shades is not None
    assert shades[2] == "#ffdd00"
    assert contrast(shades[1], DARKEST_LIGHT) >= ENOUGH


def test_the_editors_screens_have_the_same_title(server: Server) -> None:
    assert "Harbour &lt;films&gt;" in server.get("/admin/login/").text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PAGECAST_SITE_LOGO", "/nowhere.svg"),
        ("PAGECAST_SITE_ACCENT", "reddish"),
        ("PAGECAST_SITE_TITLE", "two\nlines"),
        ("PAGECAST_THEME", "/nowhere"),
    ],
)
def test_what_cannot_be_used_stops_the_start_and_is_named(
    name: str, value: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(server._settings, name, value)
    ended = server.run("serve", "--port", "1")
    assert ended.returncode != 0
    assert f"{name}: " in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stdout + ended.stderr


def test_a_site_without_settings_has_a_name(client: Client, handbook: Page) -> None:
    html = client.get("/").text
    assert re.search(r"<title>[^<]*Pagecast</title>", html)
    assert "/static/logo." not in html
    site = theme.site()
    assert (site.title, site.logo, site.footer) == ("Pagecast", None, "")
    assert contrast(site.accent_dark, LIGHTEST_DARK) >= ENOUGH


@pytest.fixture
def template(settings: Any, tmp_path: Path) -> Path:
    """A template of a theme."""
    path = tmp_path / "theme" / "templates" / "site" / "page.html"
    path.parent.mkdir(parents=True)
    path.write_text("{{ page.title }}")
    (one,) = settings.TEMPLATES
    settings.TEMPLATES = [one | {"DIRS": [tmp_path / "theme" / "templates"]}]
    return path


def test_the_fingerprint_is_that_of_what_is_drawn(settings: Any, template: Path) -> None:
    assert theme.fingerprint() == theme.fingerprint()
    seen = {theme.fingerprint()}
    changes = {
        "PAGECAST_SITE_TITLE": "Harbour",
        "PAGECAST_SITE_FOOTER": "By the sea",
        "PAGECAST_SITE_ACCENT": "#0b7285",
    }
    for name, value in changes.items():
        setattr(settings, name, value)
        seen.add(theme.fingerprint())
    logo = template.with_name("logo.svg")
    logo.write_bytes(LOGO)
    seen.add(theme.fingerprint())
    settings.PAGECAST_SITE_LOGO = looks.logo(str(logo))
    seen.add(theme.fingerprint())
    template.write_text("{{ page.title|upper }}")
    seen.add(theme.fingerprint())
    template.with_name("part.html").write_text("")
    seen.add(theme.fingerprint())
    assert len(seen) == 8
