"""Filed media over ASGI: ranges, conditional requests, and nothing that runs in our origin."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import os
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import httpx
import pytest

from pagecast.delivery.media import Application, MediaFiles, Receive, Scope, Send
from pagecast.media.stores.shown import shown_as
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


def asking(app: Application) -> Get:
    """Asks the application for a path, as it stands."""

    async def ask(path: str, method: str, headers: dict[str, str]) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pages.example.org") as client:
            return await client.request(method, path, headers=headers)

    return lambda path, method="GET", **headers: asyncio.run(ask(path, method, headers))


@pytest.fixture
def get(folder: Path) -> Get:
    """Ask for a path."""
    return asking(MediaFiles(the_rest, url="/media/", folder=folder))


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


@pytest.mark.parametrize(
    "asked",
    [
        *[
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-2",
            "bytes=1_0-2_0",
            "bytes=+1-2",
            "bytes=1",
        ],
        *["bytes=0-1-2", "bytes=0x1-2", "bytes=٠-٩", "bytes=,,", "bytes:0-9", "lines=0-9", "bytes=0-9;q=1"],
        *["bytes=" + ",".join(["0-0"] * 17), "bytes=" + ",".join(["0-"] * 5000), "bytes=-" + "9" * 5000],
    ],
)
def test_a_range_that_is_none_or_too_much_is_left_out(asked: str, get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4", Range=asked.encode())
    assert (answer.status_code, answer.content) == (200, FILM)


@pytest.mark.parametrize("asked", ["bytes=0-" + "9" * 400, "bytes=-" + "9" * 400, "BYTES = 0-76799 , ,"])
def test_a_range_written_oddly_is_a_range(asked: str, get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4", Range=asked)
    assert (answer.status_code, answer.content) == (206, FILM)


def test_several_ranges_are_answered_in_parts(get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4", Range="bytes=0-1, -2, 999999-")
    assert answer.status_code == 206
    assert answer.headers["Content-Type"].startswith("multipart/byteranges; boundary=")
    assert b"Content-Range: bytes 0-1/76800\r\n\r\n\x00\x01\r\n" in answer.content
    assert b"Content-Range: bytes 76798-76799/76800\r\n\r\n\xfe\xff\r\n" in answer.content
    assert answer.content.count(b"Content-Range") == 2


def test_ranges_that_overlap_are_sent_once(get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4", Range="bytes=" + ",".join(["0-"] * 16))
    assert (answer.status_code, answer.content) == (206, FILM)


def test_absurd_ranges_cost_nothing(get: Get) -> None:
    begun = time.process_time()
    for asked in ("bytes=" + "0-," * 20_000, "bytes=" + " " * 50_000, "bytes=" + "9" * 50_000 + "-"):
        assert get("/media/day/Рассвет.mp4", Range=asked).status_code == 200
    assert time.process_time() - begun < 1


def test_an_empty_file_has_no_ranges(get: Get, folder: Path) -> None:
    folder.joinpath("empty.txt").touch()
    assert get("/media/empty.txt").status_code == 200
    assert get("/media/empty.txt", Range="bytes=0-").status_code == 416


def test_only_get_has_ranges(get: Get) -> None:
    answer = get("/media/day/Рассвет.mp4", "HEAD", Range="bytes=0-9")
    assert (answer.status_code, answer.headers["Content-Length"]) == (200, "76800")


def test_what_went_wrong_may_be_read_by_any_site(get: Get) -> None:
    for answer in (get("/media/day/Рассвет.mp4", Range="bytes=76800-"), get("/media/nothing")):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Cache-Control" not in answer.headers


@pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
def test_a_range_of_a_file_that_has_not_changed_is_a_range(name: str, get: Get) -> None:
    had = get("/media/day/Рассвет.mp4").headers[name]
    answer = get("/media/day/Рассвет.mp4", **{"Range": "bytes=0-9", "If-Range": had})
    assert (answer.status_code, answer.content) == (206, FILM[:10])


@pytest.mark.parametrize("had", ['W/"{}"', "Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", ""])
def test_a_weak_or_old_or_odd_condition_gives_the_whole_file(had: str, get: Get) -> None:
    etag = get("/media/day/Рассвет.mp4").headers["ETag"].strip('"')
    answer = get("/media/day/Рассвет.mp4", **{"Range": "bytes=76800-", "If-Range": had.format(etag)})
    assert (answer.status_code, answer.content) == (200, FILM)


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


def test_what_has_not_changed_since_is_304(get: Get) -> None:
    had = get("/media/day/Рассвет.mp4").headers["Last-Modified"]
    answer = get("/media/day/Рассвет.mp4", **{"If-Modified-Since": had})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize("had", ["Thu, 01 Jan 1970 00:00:00 GMT", "yesterday", "", "Thu, 99 Jan 9999999 1"])
def test_what_has_changed_since_is_sent(had: str, get: Get) -> None:
    assert get("/media/day/Рассвет.mp4", **{"If-Modified-Since": had}).status_code == 200


def test_the_tag_counts_more_than_the_date(get: Get) -> None:
    later = formatdate(time.time() + 60, usegmt=True)
    answer = get("/media/day/Рассвет.mp4", **{"If-None-Match": '"another"', "If-Modified-Since": later})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("If-Match", "{}", 200),
        ("If-Match", "*", 200),
        ("If-Match", "W/{}", 412),
        ("If-Match", '"another"', 412),
        ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT", 412),
        ("If-Unmodified-Since", "Fri, 31 Dec 2100 00:00:00 GMT", 200),
    ],
)
def test_whoever_wants_only_what_he_knows_gets_nothing_else(
    name: str, value: str, status: int, get: Get
) -> None:
    etag = get("/media/day/Рассвет.mp4").headers["ETag"]
    assert get("/media/day/Рассвет.mp4", **{name: value.format(etag)}).status_code == status


def test_the_tag_tells_nothing_of_the_bytes(get: Get, folder: Path) -> None:
    told: set[str] = set()
    for name in ("a.mp4", "b.mp4"):
        folder.joinpath(name).write_bytes(FILM)
        os.utime(folder / name, (len(told), len(told)))
        told.add(get(f"/media/{name}").headers["ETag"].strip('"'))
    assert len(told) == 2
    assert told.isdisjoint(hashlib.new(name, FILM).hexdigest() for name in ("md5", "sha1", "sha256"))


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


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.vtt", "text/vtt; charset=utf-8"),
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.TS", "video/mp2t"),
        ("a.jpg", "image/jpeg"),
    ],
)
def test_what_is_harmless_is_shown_as_what_it_is(name: str, media_type: str, get: Get, folder: Path) -> None:
    folder.joinpath(name).write_bytes(b"x")
    answer = get(f"/media/{name}")
    assert answer.headers["Content-Type"] == media_type
    assert "Content-Disposition" not in answer.headers


@pytest.mark.parametrize(
    ("media_type", "shown"),
    [
        ("video/webm", "video/webm"),
        ("text/html", "application/octet-stream"),
        ("image/svg+xml", "application/octet-stream"),
        ("Text/Plain; charset=koi8-r", "text/plain; charset=utf-8"),
    ],
)
def test_the_type_that_is_known_counts_more_than_the_suffix(media_type: str, shown: str) -> None:
    assert shown_as("day/a.mp4", media_type).media_type == shown


def test_a_download_has_the_name_of_the_file(get: Get) -> None:
    for query in ("download", "download="):
        headers = get(f"/media/day/Рассвет.mp4?{query}").headers
        assert headers["Content-Disposition"] == (
            "attachment; filename*=UTF-8''%D0%A0%D0%B0%D1%81%D1%81%D0%B2%D0%B5%D1%82.mp4"
        )
    assert "Content-Disposition" not in get("/media/day/Рассвет.mp4?downloads").headers


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nginx_is_told_which_file_to_send(method: str, folder: Path) -> None:
    app = MediaFiles(the_rest, url="/media/", folder=folder, accel="/internal-media/")
    answer = asking(app)("/media/day/Рассвет.mp4", method, Range="bytes=99999-")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["X-Accel-Redirect"] == (
        "/internal-media/day/%D0%A0%D0%B0%D1%81%D1%81%D0%B2%D0%B5%D1%82.mp4"
    )
    assert "ETag" not in answer.headers


def test_nginx_is_told_of_no_file_that_is_not_there(folder: Path) -> None:
    app = MediaFiles(the_rest, url="/media/", folder=folder, accel="/internal-media/")
    answer = asking(app)("/media/nothing.mp4")
    assert (answer.status_code, "X-Accel-Redirect" in answer.headers) == (404, False)


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
