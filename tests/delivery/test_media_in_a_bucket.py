"""Media in a bucket of a real object store: the way there, and what comes through us."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import httpx
import pytest

from pagecast.delivery.media import SAFE
from pagecast.delivery.objects import CHUNK, MediaObjects
from pagecast.media.stores import bucket as bucket_module
from pagecast.media.stores.bucket import VALID, BucketStore
from pagecast.media.stores.shown import CACHE
from tests.acceptance.server import free_port
from tests.delivery.test_media_files import Get, asking, the_rest
from tests.objects import new_bucket, objects

FILM = bytes(range(256)) * 300
VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\nРассвет\n".encode()
PATH = "/media/day/Рассвет 1.mp4"


@pytest.fixture(scope="module")
def object_store() -> Iterator[None]:
    """A real object store, in the environment of this process."""
    with objects() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def store(object_store: None, tmp_path_factory: pytest.TempPathFactory) -> BucketStore:
    """A store with a film, its subtitles, and a page that would like to run."""
    store = BucketStore(new_bucket(), "media", addressing="path")
    folder = tmp_path_factory.mktemp("staged")
    for path, data in (("day/Рассвет 1.mp4", FILM), ("day/Рассвет.vtt", VTT), ("day/page.html", b"<script>")):
        (folder / "staged").write_bytes(data)
        store.put(folder / "staged", path)
    (folder / "staged").write_bytes(b"")
    store.put(folder / "staged", "day/empty.txt")
    return store


@pytest.fixture
def get(store: BucketStore) -> Get:
    """Ask where readers are sent to the store."""
    return asking(MediaObjects(the_rest, url="/media/", store=store))


@pytest.fixture
def through_us(store: BucketStore) -> Get:
    """Ask where everything comes through us."""
    return asking(MediaObjects(the_rest, url="/media/", store=store, proxied=True))


@pytest.fixture(params=[False, True])
def away(request: pytest.FixtureRequest, object_store: None, monkeypatch: pytest.MonkeyPatch) -> Get:
    """Ask when the store is down, in both ways."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr(bucket_module, "_ATTEMPTS", 1)
    store = BucketStore("media", addressing="path")
    return asking(MediaObjects(the_rest, url="/media/", store=store, proxied=request.param))


def test_readers_are_sent_to_the_store(get: Get) -> None:
    answer = get(PATH)
    assert answer.status_code == 302
    film = httpx.get(answer.headers["Location"], headers={"Range": "bytes=0-9"})
    assert (film.status_code, film.content) == (206, FILM[:10])
    assert film.headers["Content-Type"] == "video/mp4"


def test_head_is_sent_to_an_address_for_head(get: Get) -> None:
    answer = get(PATH, "HEAD")
    assert (answer.status_code, answer.content) == (302, b"")
    assert httpx.head(answer.headers["Location"]).status_code == 200


def test_the_address_is_kept_by_one_browser_and_not_for_as_long_as_it_is_good(get: Get) -> None:
    caching = get(PATH).headers["Cache-Control"]
    assert caching.startswith("private, max-age=")
    assert int(caching.rpartition("=")[2]) <= VALID / 2


def test_any_site_may_follow(get: Get) -> None:
    assert get(PATH).headers["Access-Control-Allow-Origin"] == "*"


def test_at_the_store_nothing_runs(get: Get) -> None:
    headers = httpx.get(get("/media/day/page.html").headers["Location"]).headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment"


def test_a_download_has_the_name_of_the_file_there_and_here(get: Get, through_us: Get) -> None:
    named = "attachment; filename*=UTF-8''%D0%A0%D0%B0%D1%81%D1%81%D0%B2%D0%B5%D1%82%201.mp4"
    there = httpx.get(get(f"{PATH}?download").headers["Location"])
    assert there.headers["Content-Disposition"] == named
    assert through_us(f"{PATH}?download").headers["Content-Disposition"] == named


def test_subtitles_come_through_us(get: Get) -> None:
    answer = get("/media/day/Рассвет.vtt")
    assert (answer.status_code, answer.content) == (200, VTT)
    assert answer.headers["Content-Type"] == "text/vtt; charset=utf-8"


def test_everything_may_come_through_us(through_us: Get) -> None:
    answer = through_us(PATH)
    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert answer.headers["Content-Length"] == str(len(FILM))
    assert answer.headers["Cache-Control"] == CACHE
    assert {name: answer.headers[name] for name in SAFE} == SAFE


def test_what_would_run_in_our_name_is_only_offered_for_download(through_us: Get) -> None:
    headers = through_us("/media/day/page.html").headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment"


def test_head_has_the_headers_and_no_body(through_us: Get) -> None:
    got, head = through_us(PATH), through_us(PATH, "HEAD")
    assert (head.status_code, head.content, head.headers) == (200, b"", got.headers)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=76790-", 76790, None), ("bytes=-1", -1, None), ("bytes=5-5", 5, 6)],
)
def test_a_range_is_answered_with_that_part(asked: str, start: int, end: int | None, through_us: Get) -> None:
    answer = through_us(PATH, Range=asked)
    assert (answer.status_code, answer.content) == (206, FILM[start:end])
    first = start % len(FILM)
    last = (end or len(FILM)) - 1
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{len(FILM)}"
    assert answer.headers["Content-Length"] == str(len(answer.content))


def test_a_range_past_the_end_is_416(through_us: Get) -> None:
    answer = through_us(PATH, Range="bytes=76800-")
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */76800")


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=" + "0-," * 5000, "bytes=5-2"])
def test_several_ranges_or_odd_ones_are_the_whole_file(asked: str, through_us: Get) -> None:
    answer = through_us(PATH, Range=asked)
    assert (answer.status_code, answer.content) == (200, FILM)


def test_what_a_client_has_is_304(through_us: Get) -> None:
    had = through_us(PATH).headers
    for condition in ({"If-None-Match": had["ETag"]}, {"If-Modified-Since": had["Last-Modified"]}):
        answer = through_us(PATH, **condition)
        assert (answer.status_code, answer.content) == (304, b"")


def test_a_range_of_a_file_that_has_changed_is_the_whole_file(through_us: Get) -> None:
    etag = through_us(PATH).headers["ETag"]
    asked = {"Range": "bytes=0-9"}
    assert through_us(PATH, **asked, **{"If-Range": etag}).status_code == 206
    assert through_us(PATH, **asked, **{"If-Range": '"another"'}).status_code == 200


def test_the_tag_tells_nothing_of_the_bytes(through_us: Get) -> None:
    etag = through_us(PATH).headers["ETag"].strip('"')
    assert etag not in {hashlib.new(name, FILM).hexdigest() for name in ("md5", "sha1", "sha256")}


def test_a_file_without_bytes_is_sent(through_us: Get) -> None:
    answer = through_us("/media/day/empty.txt")
    assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "0")


@pytest.mark.parametrize("path", ["/", "/media", "/api/page/content/"])
def test_what_is_no_file_is_handed_on(path: str, get: Get) -> None:
    assert get(path).status_code == 299


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_a_file_is_only_read(method: str, get: Get) -> None:
    answer = get(PATH, method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", ["nothing.mp4", "day", "nothing.vtt", "x" * 1020])
def test_what_is_not_there_is_404(path: str, get: Get, through_us: Get) -> None:
    assert [ask(f"/media/{path}").status_code for ask in (get, through_us)] == [404, 404]


@pytest.mark.parametrize(
    "path",
    ["", "day/", "a//b", "%2e%2e/x", "a/%2e%2e/b", ".put/1/x", "a%00b", "x" * 1025, "я" * 600],
)
def test_what_cannot_be_a_file_is_404_without_asking_the_store(path: str, away: Get) -> None:
    assert away(f"/media/{path}").status_code == 404


@pytest.mark.parametrize("path", [PATH, "/media/day/Рассвет.vtt"])
def test_a_store_that_is_away_is_503(path: str, away: Get) -> None:
    answer = away(path)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.json()["status"], answer.json()["title"]) == (503, "Service Unavailable")
    assert "127.0.0.1" not in answer.text


class Watched(BucketStore):
    """Remembers what it opened."""

    opened: list[BinaryIO]

    def open_part(self, path: str, start: int = 0, end: int | None = None) -> BinaryIO:
        self.opened.append(super().open_part(path, start, end))
        return self.opened[-1]


@pytest.fixture
def watched(store: BucketStore, tmp_path: Path) -> Watched:
    """A store with a film that takes a while to send."""
    watched = Watched(store.bucket, store.prefix, addressing="path")
    watched.opened = []
    (tmp_path / "large").write_bytes(os.urandom(24 * CHUNK))
    watched.put(tmp_path / "large", "day/large.mp4")
    return watched


def hung_up(file: BinaryIO) -> bool:
    """Whether the connection is closed, and not only the file around it."""
    connection: Any = getattr(file, "raw")._body._raw_stream  # noqa: B009 - a BinaryIO need not have it
    return file.closed and bool(connection.closed)


async def hang_up(app: MediaObjects, version: str, raising: Callable[[], None]) -> int:
    """Take the first chunk and go away; answers how many bytes had come."""
    gone = asyncio.Event()
    taken = 0

    async def receive() -> dict[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal taken
        taken += len(message.get("body", b""))
        if taken:
            gone.set()
            raising()
            await asyncio.sleep(60)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/media/day/large.mp4",
        "query_string": b"",
        "headers": [],
        "asgi": {"version": "3.0", "spec_version": version},
    }
    await asyncio.wait_for(app(scope, receive, send), 10)
    return taken


def test_when_the_reader_goes_away_the_store_is_hung_up_on(watched: Watched) -> None:
    app = MediaObjects(the_rest, url="/media/", store=watched, proxied=True)
    assert asyncio.run(hang_up(app, "2.3", lambda: None)) == CHUNK
    assert [hung_up(file) for file in watched.opened] == [True]


def test_when_the_connection_breaks_the_store_is_hung_up_on(watched: Watched) -> None:
    def broken() -> None:
        raise OSError

    app = MediaObjects(the_rest, url="/media/", store=watched, proxied=True)
    with pytest.raises(Exception, match=r"^$"):
        asyncio.run(hang_up(app, "2.4", broken))
    assert [hung_up(file) for file in watched.opened] == [True]


def test_a_large_file_comes_whole(watched: Watched) -> None:
    get = asking(MediaObjects(the_rest, url="/media/", store=watched, proxied=True))
    with watched.open("day/large.mp4") as file:
        assert get("/media/day/large.mp4").content == file.read()


def test_many_readers_at_once_are_served(store: BucketStore) -> None:
    app = MediaObjects(the_rest, url="/media/", store=store, proxied=True)

    async def crowd() -> list[int]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://pages.example.org") as client:
            answers = await asyncio.gather(*[client.get(PATH) for _ in range(100)])
        return [len(answer.content) for answer in answers]

    assert asyncio.run(crowd()) == [len(FILM)] * 100
