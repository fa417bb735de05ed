"""Settings of the site's own looks: what is taken, and what stops the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from pagecast.conf import checks, environment, looks
from pagecast.conf.environment import read
from pagecast.site.logo import LARGEST

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
PICTURES = {
    ".svg": SVG.encode(),
    ".png": b"\x89PNG\r\n\x1a\n....",
    ".jpg": b"\xff\xd8\xff\xe0....",
    ".webp": b"RIFF....WEBPVP8 ",
}


@pytest.mark.parametrize("suffix", PICTURES)
def test_a_logo_is_known_by_its_bytes(suffix: str, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(PICTURES[suffix])
    logo = looks.logo(str(tmp_path / "picture"))
    assert logo is not None
    assert (Path(logo.name).suffix, logo.body) == (suffix, PICTURES[suffix])


@pytest.mark.parametrize(
    "before", ["\ufeff", '<?xml version="1.0"?>\n', "<!-- made by hand -->", "<!DOCTYPE svg>\n"]
)
def test_a_logo_may_say_more_of_itself(before: str, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text(before + SVG, encoding="utf-8")
    assert looks.logo(str(tmp_path / "logo.svg"))


def test_another_logo_has_another_name(tmp_path: Path) -> None:
    names = set()
    for number in range(3):
        (tmp_path / "logo.svg").write_text(f"{SVG}<!--{number}-->")
        logo = looks.logo(str(tmp_path / "logo.svg"))
        names.add(logo and logo.name)
    assert len(names) == 3


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (None, "cannot be read: No such file"),
        (b"", "no SVG"),
        (b"GIF89a......", "no SVG"),
        (b"<html><svg></svg></html>", "no SVG"),
        (b"<svg viewBox='0 0 1 1'/>", "with its xmlns"),
        (PICTURES[".png"] + b"x" * LARGEST, "larger than 200 KB"),
    ],
)
def test_a_logo_that_cannot_be_shown_stops_the_start_and_is_named(
    body: bytes | None, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "SETTINGS", [])
    if body is not None:
        (tmp_path / "logo").write_bytes(body)
    monkeypatch.setenv("PAGECAST_SITE_LOGO", str(tmp_path / "logo"))
    with pytest.raises(ImproperlyConfigured, match=f"PAGECAST_SITE_LOGO: '.*/logo' cannot be used: .*{why}"):
        read("PAGECAST_SITE_LOGO", "", looks.logo, "The logo.")


def test_no_logo_is_none() -> None:
    assert looks.logo("") is None


def test_a_colour_is_written_in_one_way() -> None:
    assert looks.colour(" #7C3AED ") == "#7c3aed"


@pytest.mark.parametrize(
    "raw", ["", "red", "#fff", "7c3aed", "#7c3aeg", "#7c3aed00", "#7c3aed;}", "rgb(0,0,0)"]
)
def test_what_is_no_colour_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match="no colour"):
        looks.colour(raw)


def test_a_title_is_a_line() -> None:
    assert looks.title(" Гавань & Harbour ") == "Гавань & Harbour"


@pytest.mark.parametrize("raw", ["", "  ", "two\nlines", "nul\0", "x" * 101, "half \udc80 a letter"])
def test_what_is_no_line_is_no_title(raw: str) -> None:
    with pytest.raises(ValueError, match="not one line"):
        looks.title(raw)


def test_a_footer_has_as_many_lines_as_it_likes() -> None:
    assert looks.prose("one\n\ntwo\n") == "one\n\ntwo"
    with pytest.raises(ValueError, match="UTF-8"):
        looks.prose("half \udc80 a letter")


def test_a_theme_is_a_folder_that_is_there(tmp_path: Path) -> None:
    assert looks.theme(str(tmp_path), tmp_path / "theme") == tmp_path
    with pytest.raises(ValueError, match="no such folder"):
        looks.theme(str(tmp_path / "nowhere"), tmp_path)


def test_a_theme_beside_the_data_need_not_be_named(tmp_path: Path) -> None:
    assert looks.theme("", tmp_path / "theme") is None
    (tmp_path / "theme").mkdir()
    assert looks.theme("", tmp_path / "theme") == tmp_path / "theme"


def test_a_theme_need_not_have_everything(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    assert looks.inside(tmp_path, "static") == [tmp_path / "static"]
    assert looks.inside(tmp_path, "templates") == looks.inside(None, "static") == []


@pytest.mark.parametrize(
    "text", ["{% if %}", "{% nonsense %}", "{{ page.title|nonsense }}", "{% load nonsense %}"]
)
def test_a_template_that_is_none_is_named_before_a_reader_meets_it(
    text: str, settings: object, tmp_path: Path
) -> None:
    template = tmp_path / "templates" / "site" / "page.html"
    template.parent.mkdir(parents=True)
    settings.PAGECAST_THEME = tmp_path  # type: ignore[attr-defined]
    template.write_text("{% load pagecast %}{{ page.title }}")
    assert checks.theme_can_be_drawn() == []
    template.write_text(text)
    found = checks.theme_can_be_drawn()
    assert [each.id for each in found] == ["pagecast.E007"]
    assert str(template) in found[0].msg


@pytest.mark.parametrize("text", ['{% extends "site/nowhere.html" %}', '{% include "site/nowhere.html" %}'])
def test_a_frame_that_cannot_be_drawn_is_named_before_a_reader_meets_it(
    text: str, settings: Any, tmp_path: Path
) -> None:
    template = tmp_path / "templates" / "site" / "frame.html"
    template.parent.mkdir(parents=True)
    template.write_text(text)
    settings.PAGECAST_THEME = tmp_path
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path / "templates"]}]
    found = checks.theme_can_be_drawn()
    assert [each.id for each in found] == ["pagecast.E007"]
    assert "nowhere.html" in found[0].msg


def test_a_static_file_that_is_not_there_is_named_before_the_server_misses_it(
    settings: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "static" / "site"
    folder.mkdir(parents=True)
    (folder / "cinema.css").write_text("a {}")
    settings.PAGECAST_THEME = tmp_path
    assert checks.theme_can_be_sent() == []
    # As some editors leave it, while a file is open in them.
    (folder / ".#cinema.css").symlink_to("somebody@somewhere.1234")
    found = checks.theme_can_be_sent()
    assert [each.id for each in found] == ["pagecast.E007"]
    assert ".#cinema.css" in found[0].msg
