"""Media that a real nginx sends, after we said how: X-Accel-Redirect."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from pagecast.delivery.media import SAFE
from pagecast.media.naming import safe_name
from pagecast.media.stores.shown import CACHE
from tests.nginx import nginx

FILM = bytes(range(256)) * 300
NAMES = [
    *["Рассвет над рекой.mp4", "日本語.mp4", "a b.mp4", "100%.mp4", "a%2Fb.mp4", "%00.mp4", "%.mp4"],
    *["what?.mp4", "#1.mp4", "a;b.mp4", "a+b.mp4", "it's.mp4", 'say "hi".mp4', "a\\b.mp4", "a&b=c.mp4"],
    *["🎬.mp4", "a:b.mp4", "a..b.mp4", "{}[]|^`~!@$(),.mp4", "line\nbreak.mp4", "carriage\rreturn.mp4"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The media folder."""
    folder = tmp_path_factory.mktemp("behind") / "media"
    folder.joinpath("day").mkdir(parents=True)
    folder.joinpath("day", "Dawn.mp4").write_bytes(FILM)
    return folder


@pytest.fixture(scope="module")
def anyone(folder: Path) -> Iterator[httpx.Client]:
    """Somebody at nginx."""
    with nginx(folder.parent / "nginx", folder) as url, httpx.Client(base_url=url) as client:
        yield client


def test_nginx_sends_the_bytes(anyone: httpx.Client) -> None:
    answer = anyone.get("/media/day/Dawn.mp4")
    assert (answer.status_code, answer.content) == (200, FILM)
    assert answer.headers["Server"].startswith("nginx")
    assert "X-Accel-Redirect" not in answer.headers


def test_every_header_of_ours_survives(anyone: httpx.Client) -> None:
    headers = anyone.get("/media/day/Dawn.mp4").headers
    assert headers["Content-Type"] == "video/mp4"
    assert {name: headers[name] for name in SAFE} == SAFE
    assert headers["Cache-Control"] == CACHE
    assert headers["Accept-Ranges"] == "bytes"


def test_no_header_comes_twice(anyone: httpx.Client) -> None:
    names = [name.lower() for name, _value in anyone.get("/media/day/Dawn.mp4").headers.multi_items()]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [("bytes=0-9", 0, 10), ("bytes=76790-", 76790, None), ("bytes=-1", -1, None), ("bytes=5-5", 5, 6)],
)
def test_a_range_is_answered_with_that_part(
    asked: str, start: int, end: int | None, anyone: httpx.Client
) -> None:
    answer = anyone.get("/media/day/Dawn.mp4", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, FILM[start:end])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_range_past_the_end_is_416(anyone: httpx.Client) -> None:
    answer = anyone.get("/media/day/Dawn.mp4", headers={"Range": "bytes=76800-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */76800")


@pytest.mark.parametrize(
    ("header", "of"), [("If-None-Match", "ETag"), ("If-Modified-Since", "Last-Modified")]
)
def test_what_a_client_has_is_304(header: str, of: str, anyone: httpx.Client) -> None:
    had = anyone.get("/media/day/Dawn.mp4").headers[of]
    answer = anyone.get("/media/day/Dawn.mp4", headers={header: had})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_more_ranges_than_anyone_needs_are_not_answered_one_by_one(anyone: httpx.Client) -> None:
    asked = "bytes=" + ",".join(f"{number}-{number}" for number in range(0, 400, 2))
    answer = anyone.get("/media/day/Dawn.mp4", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, FILM)


def test_a_range_of_a_file_that_has_changed_is_the_whole_file(anyone: httpx.Client) -> None:
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}
    assert anyone.get("/media/day/Dawn.mp4", headers=headers).status_code == 200


def test_head_has_the_headers_and_no_body(anyone: httpx.Client) -> None:
    got, head = anyone.get("/media/day/Dawn.mp4"), anyone.head("/media/day/Dawn.mp4")
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers, "date": ""} == {**got.headers, "date": ""}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_any_name_is_sent(name: str, anyone: httpx.Client, folder: Path) -> None:
    folder.joinpath("day", name).write_bytes(name.encode())
    answer = anyone.get(f"/media/day/{quote(name, safe='')}")
    assert (answer.status_code, answer.content) == (200, name.encode())


def test_files_of_hostile_names_are_sent_once_the_names_are_safe(
    anyone: httpx.Client, folder: Path, shared_media: Path
) -> None:
    folder.joinpath("naughty").mkdir()
    listed = shared_media / "naughty" / "blns.json"
    for name in sorted({safe_name(name) for name in json.loads(listed.read_text(encoding="utf-8"))}):
        folder.joinpath("naughty", name).write_bytes(name.encode())
        answer = anyone.get(f"/media/naughty/{quote(name, safe='')}")
        assert (answer.status_code, answer.content) == (200, name.encode())


@pytest.mark.parametrize("path", ["day/Dawn.mp4", "", "day/", "day/../day/Dawn.mp4"])
def test_nobody_gets_round_us(path: str, anyone: httpx.Client) -> None:
    assert anyone.get(f"/internal-media/{path}").status_code == 404


@pytest.mark.parametrize(
    "path", ["nothing.mp4", "day", "%2e%2e/secret", "..%2fsecret", ".hidden", "link.txt"]
)
def test_what_is_no_filed_file_is_404(path: str, anyone: httpx.Client, folder: Path) -> None:
    folder.parent.joinpath("secret").write_text("secret")
    folder.joinpath(".hidden").write_text("half")
    folder.joinpath("link.txt").unlink(missing_ok=True)
    folder.joinpath("link.txt").symlink_to(folder.parent / "secret")
    assert anyone.get(f"/media/{path}").status_code == 404


@pytest.mark.parametrize("name", ["a.html", "a.svg", "a.pdf", "a"])
def test_what_would_run_in_our_name_is_only_offered_for_download(
    name: str, anyone: httpx.Client, folder: Path
) -> None:
    folder.joinpath(name).write_text("<script>alert(1)</script>")
    headers = anyone.get(f"/media/{name}").headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == "attachment"
    assert "sandbox" in headers["Content-Security-Policy"]


def test_a_download_has_the_name_of_the_file(anyone: httpx.Client, folder: Path) -> None:
    folder.joinpath("Рассвет.mp4").write_bytes(FILM)
    headers = anyone.get("/media/Рассвет.mp4?download").headers
    assert headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{quote('Рассвет.mp4')}"


def test_subtitles_are_utf_8(anyone: httpx.Client, folder: Path) -> None:
    folder.joinpath("Dawn.vtt").write_text("WEBVTT\n")
    assert anyone.get("/media/Dawn.vtt").headers["Content-Type"] == "text/vtt; charset=utf-8"


def test_a_large_file_is_sent_whole(anyone: httpx.Client, folder: Path) -> None:
    data = os.urandom(20 << 20)
    folder.joinpath("large.mp4").write_bytes(data)
    assert anyone.get("/media/large.mp4").content == data
