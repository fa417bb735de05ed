"""The whole of it over an object store: received, filed, drawn, read with ranges, kept once, swept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import films
from tests.acceptance.server import Server, wait_for
from tests.objects import new_bucket, objects

SUBTITLES = "1\n00:00:01,000 --> 00:00:02,000\nДобрый день, дорогие друзья\n".encode("cp1251")
FILM = films.film("in a bucket" * 1000)


@pytest.fixture(scope="module")
def store() -> Iterator[dict[str, str]]:
    """The environment that leads to an object store."""
    with objects() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield environment


@pytest.fixture(params=["", "proxied=yes"], ids=["sent on", "proxied"])
def server(store: dict[str, str], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that keeps its files in a bucket of its own."""
    bucket = new_bucket()
    options = "&".join(filter(None, ["addressing=path", request.param]))
    settings: Any = store | {"PAGECAST_MEDIA": f"s3://{bucket}/films?{options}"}
    with Server(tmp_path, **settings) as server:
        yield server


def send(server: Server, title: str, **files: tuple[str, bytes]) -> int:
    form = {"content_type": "video", "title": title}
    answer = server.editor().post("/api/content/", data=form, files=files)
    assert answer.status_code == httpx.codes.CREATED, answer.text
    return int(answer.json()["id"])


def content(server: Server, key: int) -> dict[str, Any]:
    found: dict[str, Any] = server.editor().get(f"/api/content/{key}/").json()
    return found


def filed(server: Server, key: int) -> dict[str, Any]:
    """The content, once its file was decided on and its picture drawn."""
    wait_for("the filing", lambda: content(server, key)["upload_status"] in {"completed", "failed"})
    found = content(server, key)
    assert found["upload_status"] == "completed", found["upload_error"]
    wait_for("the picture", lambda: content(server, key)["poster"])
    return content(server, key)


def test_a_film_goes_in_and_comes_out(server: Server) -> None:
    key = send(server, "Dawn", file=("Рассвет над рекой.mp4", FILM), subtitles=("dawn.ru.srt", SUBTITLES))
    film = filed(server, key)
    assert (film["duration"], film["width"]) == (1.0, 32)
    assert server.get(film["video_path"], follow_redirects=True).content == FILM
    part = server.get(film["video_path"], headers={"Range": "bytes=-5"}, follow_redirects=True)
    assert (part.status_code, part.content) == (httpx.codes.PARTIAL_CONTENT, FILM[-5:])
    picture = server.get(film["poster"], follow_redirects=True)
    assert (picture.headers["Content-Type"], picture.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    path = wait_for("the subtitles", lambda: content(server, key)["subtitles_path"])
    subtitles = server.get(path)
    assert subtitles.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert "дорогие друзья" in subtitles.text


def test_a_file_is_kept_once_and_swept_when_nobody_shows_it(server: Server) -> None:
    first, second = (send(server, name, file=(f"{name}.mp4", FILM)) for name in ("Dawn", "Again"))
    both = [filed(server, key) for key in (first, second)]
    path = both[0]["video_path"]
    assert both[1]["video_path"] == path
    # Whichever of the two was filed first.
    (notice,) = both[0]["upload_notices"] + both[1]["upload_notices"]
    assert "Already here" in notice
    for key in (first, second):
        assert server.editor().delete(f"/api/content/{key}/").status_code == httpx.codes.NO_CONTENT
    assert server.get(path, follow_redirects=True).content == FILM
    swept = server.run("sweep", "--older-than", "0")
    assert swept.returncode == 0, swept.stderr
    assert "1 files that nothing refers to" in swept.stdout
    assert server.get(path, follow_redirects=True).status_code == httpx.codes.NOT_FOUND
