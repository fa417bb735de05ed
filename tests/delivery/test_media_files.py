"""Filed media over ASGI: ranges, conditional requests, and nothing that runs in our origin."""

from __future__ import annotations

import asyncio
import mimetypes
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from pagecast.delivery.media import MediaFiles, Receive, Scope, Send
from pagecast.pages.kinds import kinds

FILM = bytes(range(256)) * 300
Get = Callable[..., httpx.Response]


async def the_rest(scope: Scope, receive: Receive, send: Send) -> None:
    """What answers when the request is not for a file."""
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"the rest"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The media folder, with a secret beside it."""
    folder = tmp_path / "media"
    folder.joinpath("day").mkdir(parents=True)
    folder.joinpath("day", "Рассвет.mp4").write_bytes(FILM)
    tmp_path.joinpath("secret").write_text("secret")
    return folder


@pytest.fixture
def get(folder: Path) -> Get:
    """Ask the application for a path, as it stands."""
    app = MediaFiles(the_rest, url="/media/", folder=folder)

    async def ask(path: str, method: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pages.example.org") as client:
            return await client.request(method, path, headers=headers)

    return lambda path, method="GET", **headers: asyncio.run(ask(path, method, headers))


def test_it_works(get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4")
    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer.headers["Content-Type"] == "video/mp4"


@pytest.mark.parametrize("path", ["/", "/media", "/mediator/day/Рассвет.mp4", "/api/page/content/"])
def test_what_is_no_file_is_handed_on(path: str, get: Get) -> None:
    assert get(path).status_code == 299


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=76790-", 76790, None),
        ("bytes=-1", -1, None),
        ("bytes=0-999999", 0, None),
    ],
)
def test_a_range_is_answered_with_that_part(asked: str, start: int, end: int | None, get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4", Range=asked)
    assert (answer.status_code, answer.content) == (206, FILM[start:end])


@pytest.mark.parametrize("asked", ["bytes=76800-", "bytes=99999-100000"])
def test_a_range_past_the_end_is_416(asked: str, get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4", Range=asked)
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */76800")


def test_a_range_of_a_file_that_has_changed_is_the_whole_file(get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4", **{"Range": "bytes=0-9", "If-Range": '"another"'})
    assert (answer.status_code, answer.content) == (200, FILM)


def test_head_has_the_headers_and_no_body(get: Get) -> None:
    got, head = get("/media/day/Рассвет.mp4"), get("/media/day/Рассвет.mp4", "HEAD")
    assert (head.status_code, head.content, head.headers) == (200, b"", got.headers)


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_what_a_client_has_is_304(form: str, get: Get) -> None:
    etag = get("/media/day/Рассвет.mp4").headers["ETag"]
    answer = get("/media/day/Рассвет.mp4", **{"If-None-Match": form.format(etag)})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)


def test_what_a_client_does_not_have_is_sent(get: Get) -> None:
    assert get("/media/day/Рассвет.mp4", **{"If-None-Match": '"another"'}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_a_file_is_only_read(method: str, get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4", method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        *["day", "day/", "", "nothing.mp4", "day/Рассвет.mp4/", "day//Рассвет.mp4", "/day/Рассвет.mp4"],
        *[
            "%2e%2e/secret",
            "day/%2e%2e/%2e%2e/secret",
            "..%2fsecret",
            "%00",
            "day/Рассвет.mp4%00",
            "x" * 5000,
        ],
    ],
)
def test_what_is_no_filed_file_is_404(path: str, get: Get) -> None:
    assert get(f"/media/{path}").status_code == 404


def test_what_is_not_filed_yet_is_404(get: Get, folder: Path) -> None:
    folder.joinpath(".incoming").write_bytes(b"half")
    folder.joinpath(".hidden").mkdir()
    folder.joinpath(".hidden", "film.mp4").write_bytes(b"half")
    assert [get(f"/media/{path}").status_code for path in (".incoming", ".hidden/film.mp4")] == [404, 404]


def test_a_link_out_of_the_folder_is_404(get: Get, folder: Path) -> None:
    folder.joinpath("link.txt").symlink_to(folder.parent / "secret")
    folder.joinpath("up").symlink_to(folder.parent)
    assert [get(f"/media/{path}").status_code for path in ("link.txt", "up/secret")] == [404, 404]


def test_what_is_neither_file_nor_folder_is_404(get: Get, folder: Path) -> None:
    os.mkfifo(folder / "pipe.mp4")
    assert get("/media/pipe.mp4").status_code == 404


@pytest.mark.parametrize(
    "name",
    ["a.html", "a.HTML", "a.htm", "a.xhtml", "a.svg", "a.xml", "a.js", "a.pdf", "a.swf", "a", "a.mp4.html"],
)
def test_what_would_run_in_our_name_is_only_offered_for_download(name: str, get: Get, folder: Path) -> None:
    folder.joinpath(name).write_text("<script>alert(1)</script>")
    answer = get(f"/media/{name}")
    assert answer.headers["Content-Disposition"] == "attachment"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_browser_does_not_guess_what_a_file_is(get: Get) -> None:
    assert get("/media/day/Рассвет.mp4").headers["X-Content-Type-Options"] == "nosniff"


def test_a_filed_file_is_kept_for_ever_and_by_any_site(get: Get) -> None:
    headers = get("/media/day/Рассвет.mp4").headers
    assert "immutable" in headers["Cache-Control"]
    assert headers["Access-Control-Allow-Origin"] == "*"


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without /etc/mime.types, such as a small container."""
    with monkeypatch.context() as patch:
        patch.setattr(mimetypes, "knownfiles", [])
        mimetypes.init()
        yield
    mimetypes.init()


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_film_is_a_film_on_every_machine(kind: str, bare_machine: None, get: Get, folder: Path) -> None:
    told = {}
    for suffix in kinds()[kind].suffixes:
        folder.joinpath(f"Dawn{suffix}").write_bytes(FILM)
        told[suffix] = get(f"/media/Dawn{suffix}").headers["Content-Type"]
    assert {suffix: kind for suffix, kind in told.items() if not kind.startswith(("video/", "audio/"))} == {}
