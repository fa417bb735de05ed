"""Files that mean harm, odd names, and what is no file: nothing else is opened, nothing hangs."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pagecast.media.errors import Refused
from pagecast.media.probing import Medium, checker, draw, probe
from tests.media import hostile
from tests.media.made import film, sound, write


@pytest.fixture
def dawn(tmp_path: Path) -> Path:
    return write(tmp_path, "Dawn.mp4", film(seconds=1))


@pytest.mark.parametrize(
    "name", ["-i", "file:Dawn", "concat:a|b", "a\nb", "%(name)s%s%d", "Заря.mp4", b"\xff\xfe\n"]
)
def test_a_name_is_only_a_name(name: str | bytes, dawn: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.path.join(os.fsencode(tmp_path / "odd"), os.fsencode(name))))  # noqa: PTH118 - bytes
    odd.parent.mkdir()
    try:
        dawn.rename(odd)
    except OSError:
        pytest.skip("this file system does not take such a name")
    assert probe(odd, os.fsdecode(name)).medium == Medium.VIDEO
    with pytest.raises(Refused, match="is empty"):
        odd.write_bytes(b"")
        probe(odd, os.fsdecode(name))


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/null", "/dev/stdin", "/"])
def test_what_is_no_file_is_refused_at_once(name: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is not a file"):
        probe(Path(name), "Dawn.mp4")
    assert draw(Path(name), Medium.VIDEO, tmp_path / "dawn.jpg") is False


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Refused, match="is not a file"):
        probe(tmp_path / "pipe", "Dawn.mp4")


def test_a_pipe_that_took_the_place_of_a_file_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    answer = checker.ask({"do": "probe", "path": str(tmp_path / "pipe")}, 5)
    assert answer == {"refused": "no file"}


def test_a_file_that_vanished_is_no_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        probe(tmp_path / "gone", "Dawn.mp4")
    assert checker.ask({"do": "probe", "path": str(tmp_path / "gone")}, 5)["trouble"][0] == 2


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{file}\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{file}'\nfile '{url}'\n",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 96\n",
    "dash": '<?xml version="1.0"?><MPD><Period><BaseURL>{url}</BaseURL></Period></MPD>',
    "metadata": ";FFMETADATA1\ntitle={file}\n",
}


@pytest.mark.parametrize("disguise", [b"", b"\0\0\0\0", b"\1\2\3\n"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_what_a_playlist_names_is_not_opened(
    kind: str, disguise: bytes, tmp_path: Path, listener: socket.socket
) -> None:
    # Who opens a pipe waits until somebody writes into it.
    os.mkfifo(tmp_path / "dawn.ts")
    port = listener.getsockname()[1]
    names = PLAYLISTS[kind].format(
        file=tmp_path / "dawn.ts", url=f"http://127.0.0.1:{port}/dawn.ts", port=port
    )
    path = write(tmp_path, "list", names.encode() + disguise)
    assert probe(path, "Dawn.mp4").medium in {Medium.TEXT, Medium.OTHER}
    assert draw(path, Medium.VIDEO, tmp_path / "dawn.jpg") is False
    with pytest.raises(TimeoutError):
        listener.accept()


BOMBS = {
    "wide png": hostile.png(50_000, 50_000),
    "endless png": hostile.png(2**31 - 1, 2**31 - 1),
    "wide gif": hostile.gif(65535, 65535),
    "wide film": film(seconds=0.2).replace(
        (320).to_bytes(2, "big") + (180).to_bytes(2, "big"), b"\xff\xff\xff\xff"
    ),
    "long tag": hostile.with_id3(sound(seconds=0.5), 100_000_000),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_go_off(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, "bomb", BOMBS[name])
    started = time.monotonic()
    with contextlib.suppress(Refused):
        probe(path, "Dawn.mp4")
    for medium in (Medium.VIDEO, Medium.AUDIO, Medium.IMAGE):
        draw(path, medium, tmp_path / "dawn.jpg")
    assert time.monotonic() - started < 30
    dawn = write(tmp_path, "Dawn.mp4", film(seconds=1))
    assert probe(dawn, "Dawn.mp4").medium == Medium.VIDEO
