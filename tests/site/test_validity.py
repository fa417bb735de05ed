"""Every page of the site is valid HTML with valid CSS, by the checker of the W3C."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest
from django.test import Client

from pagecast.pages import editing
from pagecast.pages.models import Audio, Page, SubtitleTrack, Text, Video
from pagecast.pages.models.titled import TITLE_LENGTH
from tests.gallery.models import Image
from tests.site.hostile import TRICKS, UNSAFE_ADDRESSES
from tests.site.test_looks import blob

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = ROOT / "tests" / "validator"
STYLES = ROOT / "pagecast" / "site" / "static" / "site"
PROSE = """# Heading

A [link](/pages/) and `code`, ~~struck~~, **strong** *text*.

| one | two |
|-----|----:|
| 1   | 2   |

1. first
   - second

> quoted

    a line of code that is quite long, so that somebody may have to scroll sideways in order to read it

![a picture](/media/2026/01/01/image/a.png)
"""


def _without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """What the checker says of files, as its lock file has it."""
    java, npm = shutil.which("java"), shutil.which("npm")
    if java is None or npm is None:
        _without("the checker of HTML: java and npm are not installed")
    folder = tmp_path_factory.mktemp("validator") / "validator"
    shutil.copytree(VALIDATOR, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        _without(f"the checker of HTML: npm ci does not work here: {done.stderr[-500:]}")
    archive = folder / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"

    def check(*files: Path) -> list[str]:
        # The language of hostile strings is nobody's.
        options = [
            "--format",
            "json",
            "--stdout",
            "--exit-zero-always",
            "--also-check-css",
            "--no-langdetect",
        ]
        words: list[str | Path] = [java, "-jar", archive, *options, *files]
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
        said: list[dict[str, Any]] = json.loads(done.stdout)["messages"]
        return [f"{Path(each['url']).name}: {each['message']} … {each.get('extract', '')!r}" for each in said]

    return check


@pytest.fixture
def pages(db: None) -> dict[str, Page]:
    """One with everything, one that means harm, one with nothing."""
    film = Video.objects.create(title="Dawn", blob=blob("dawn.mp4", medium="video", width=320, height=240))
    for language in ("en", "ru", ""):
        track = blob(f"dawn.{language}.vtt", medium="text")
        SubtitleTrack.objects.create(content=film, language=language, blob=track)
    everything = [
        film,
        Video.objects.create(title="Unplayable", blob=blob("old.avi", medium="video", playable=False)),
        *(
            Video.objects.create(title=link, video_url=link)
            for link in (
                "https://youtu.be/aqz-KE-bpKQ",
                "https://a.example/b",
                "https://a.example/b.mp4?c&d=e",
            )
        ),
        Audio.objects.create(title="Rain", blob=blob("rain.mp3", medium="audio"), text=PROSE),
        Audio.objects.create(title="Wind", audio_url="https://a.example/wind.mp3", text="Quiet."),
        Text.objects.create(title="Prose", text=PROSE),
        Text.objects.create(title="Nothing"),
        Image.objects.create(
            title="Port", blob=blob("port.png", medium="image", width=9, height=6), caption="<b>"
        ),
    ]
    hostile = [
        Text.objects.create(title=text[:TITLE_LENGTH], text=text)
        for text in (_harmless_to_databases(each) for each in (*TRICKS, *UNSAFE_ADDRESSES))
    ]
    title = "<script>alert(1)</script> & \"quotes' " + "Достопримечательность" * 10
    return {
        "everything": editing.create_page(
            {"title": "Everything", "text": PROSE}, [each.pk for each in everything]
        ),
        "hostile": editing.create_page(
            {"title": title, "text": _harmless_to_databases("\n\n".join(TRICKS))},
            [each.pk for each in hostile],
        ),
        "nothing": editing.create_page({"title": "Nothing"}),
    }


def _harmless_to_databases(text: str) -> str:
    """Without NUL and halves of a character, which are refused before."""
    return text.replace("\0", "").encode(errors="ignore").decode() or "nothing"


def test_every_page_is_valid(
    client: Client, pages: dict[str, Page], complaints: Callable[..., list[str]], tmp_path: Path
) -> None:
    paths = {
        "home": "/",
        "by-title": "/?order=title",
        "found": "/?search=%3Cscript%3E",
        "not-found": "/?search=zzz%22%3E%3Cb%3E",
        "missing": "/pages/never-was/",
        "error": "/nowhere/",
        **{name: page.get_absolute_url() for name, page in pages.items()},
        **{f"{name}-embed": f"{page.get_absolute_url()}embed/" for name, page in pages.items()},
    }
    files = []
    for name, path in paths.items():
        for language in ("en", "ru"):
            file = tmp_path / f"{name}-{language}.html"
            file.write_bytes(client.get(path, headers={"Accept-Language": language}).content)
            files.append(file)
    pages["nothing"].delete()
    gone = tmp_path / "gone.html"
    gone.write_bytes(client.get(pages["nothing"].get_absolute_url()).content)
    Page.objects.all().delete()
    empty = tmp_path / "empty.html"
    empty.write_bytes(client.get("/").content)
    assert complaints(*files, gone, empty, *STYLES.glob("*.css")) == []
