"""What a store promises, asked of each: a folder, and a bucket of a real object store."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pagecast.media.naming import safe_name
from pagecast.media.stores.bucket import BucketStore
from pagecast.media.stores.folder import HALF_DONE, FolderStore
from pagecast.media.stores.store import Store
from tests.acceptance.server import ROOT, wait_for
from tests.objects import new_bucket, objects
from tests.services import die_with_parent

FILM = bytes(range(256)) * 40
PATH = "2026/11/23/video/Рассвет.mp4"
NAMES = [
    *["Dawn.mp4", "Рассвет над рекой.mp4", "日本語.webm", "é.txt", "100%.mp4", "a%2Fb.mp4", "a+b=c&d.mp4"],
    *["it's.mp4", "(1) [2] {3}.mp4", "~#@!$,;^`.mp4", "🎬.mp4", "-i.mp4", "a..b.mp4", "x" * 180],
]


@pytest.fixture(scope="module")
def object_store() -> Iterator[None]:
    """A real object store, in the environment of this process."""
    with objects() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield


@pytest.fixture
def bucket(object_store: None) -> BucketStore:
    """A store in a bucket of its own."""
    return BucketStore(new_bucket(), "media/filed", addressing="path")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A staged file."""
    path = tmp_path / "staged"
    path.write_bytes(FILM)
    return path


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store."""
    if request.param == "folder":
        return FolderStore(tmp_path / "root" / "media")
    bucket: BucketStore = request.getfixturevalue("bucket")
    return bucket


@pytest.fixture
def filed(store: Store, source: Path) -> Store:
    """A store with a film in it."""
    store.put(source, PATH)
    return store


def content(store: Store, path: str = PATH) -> bytes:
    with store.open(path) as file:
        return file.read()


def paths(store: Store) -> list[str]:
    return [stored.path for stored in store.walk()]


def test_what_is_put_is_there(filed: Store) -> None:
    assert content(filed) == FILM
    found = filed.find(PATH)
    assert found is not None
    assert (found.path, found.size) == (PATH, len(FILM))


def test_its_age_counts_from_the_put(store: Store, source: Path) -> None:
    os.utime(source, (0, 0))
    store.put(source, PATH)
    found = store.find(PATH)
    assert found is not None
    assert abs(dt.datetime.now(dt.UTC) - found.since) < dt.timedelta(minutes=1)


def test_the_source_stays(filed: Store, source: Path) -> None:
    assert source.read_bytes() == FILM


def test_the_file_stays_without_the_source(filed: Store, source: Path) -> None:
    source.unlink()
    assert content(filed) == FILM


def test_put_again_it_ends_the_same_way(filed: Store, source: Path) -> None:
    filed.put(source, PATH)
    assert (content(filed), paths(filed)) == (FILM, [PATH])


def test_a_path_of_another_file_is_refused(filed: Store, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"another film")
    with pytest.raises(FileExistsError):
        filed.put(other, PATH)
    assert content(filed) == FILM


def test_a_source_that_is_not_there_is_told(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.put(tmp_path / "nothing", PATH)
    assert paths(store) == []


def test_a_file_without_bytes_is_a_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    store.put(tmp_path / "empty", "empty.txt")
    assert content(store, "empty.txt") == b""


def test_two_puts_at_once_end_as_one(store: Store, source: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store.put(source, PATH), range(16)))
    assert (content(store), paths(store)) == (FILM, [PATH])


def test_many_threads_put_and_read_side_by_side(store: Store, tmp_path: Path) -> None:
    def one(number: int) -> bool:
        source = tmp_path / f"source{number}"
        source.write_bytes(b"%d" % number * 1000)
        store.put(source, f"day/{number}.mp4")
        return content(store, f"day/{number}.mp4") == source.read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(one, range(40)))


@pytest.mark.parametrize("path", [PATH, "nothing", "2026", "2026/11/23/video/Рассвет.mp4/more", "x" * 900])
def test_where_nothing_lies_nothing_is_found(path: str, store: Store) -> None:
    assert store.find(path) is None


def test_a_folder_is_no_file(filed: Store) -> None:
    assert filed.find("2026/11/23/video") is None
    with pytest.raises(FileNotFoundError):
        filed.open("2026/11/23/video")


def test_what_is_not_there_cannot_be_opened(store: Store) -> None:
    with pytest.raises(FileNotFoundError):
        store.open(PATH)


def test_a_file_is_read_bit_by_bit(filed: Store) -> None:
    with filed.open(PATH) as file:
        assert [file.read(3), file.read(5)] == [FILM[:3], FILM[3:8]]
        assert file.read() == FILM[8:]
        assert file.read(1) == b""


def test_a_file_need_not_be_read_to_its_end(filed: Store) -> None:
    filed.open(PATH).close()
    assert content(filed) == FILM


def test_what_is_removed_is_gone(filed: Store) -> None:
    filed.remove(PATH)
    assert (filed.find(PATH), paths(filed)) == (None, [])


def test_what_is_gone_may_be_removed(store: Store) -> None:
    store.remove(PATH)
    store.remove(f"{PATH}/more")


def test_what_was_removed_may_be_put_again(filed: Store, source: Path) -> None:
    filed.remove(PATH)
    filed.put(source, PATH)
    assert content(filed) == FILM


def test_a_walk_tells_what_a_look_tells(filed: Store, source: Path) -> None:
    filed.put(source, "2026/11/24/audio/b.mp3")
    filed.put(source, "2026/11/24/audio/a.mp3")
    walked = list(filed.walk())
    assert [stored.path for stored in walked] == [PATH, "2026/11/24/audio/a.mp3", "2026/11/24/audio/b.mp3"]
    for stored in walked:
        found = filed.find(stored.path)
        assert found is not None
        assert (found.path, found.size) == (stored.path, stored.size)
        assert abs(found.since - stored.since) < dt.timedelta(seconds=2)


def test_a_walk_through_an_empty_store_meets_nothing(store: Store) -> None:
    assert paths(store) == []


def test_hidden_names_are_ours_as_well(store: Store, source: Path) -> None:
    store.put(source, ".posters/Dawn.jpg")
    assert paths(store) == [".posters/Dawn.jpg"]


@pytest.mark.parametrize(
    "path",
    ["", "/", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a/.", "..", "a\0b", "a\ud800b"],
)
@pytest.mark.parametrize("verb", ["put", "find", "open", "remove"])
def test_what_is_no_path_is_refused(verb: str, path: str, store: Store, source: Path) -> None:
    arguments = [source, path] if verb == "put" else [path]
    with pytest.raises(ValueError, match=r"path|surrogates"):
        getattr(store, verb)(*arguments)


def test_names_of_every_kind_are_kept(store: Store, source: Path) -> None:
    names = {f"day/{safe_name(name)}" for name in NAMES} | {f"raw/{name}" for name in NAMES}
    for name in names:
        store.put(source, name)
        assert content(store, name) == FILM
    assert set(paths(store)) == names
    for name in names:
        store.remove(name)
    assert paths(store) == []


def test_hostile_names_are_kept_once_they_are_safe(store: Store, source: Path, shared_media: Path) -> None:
    listed = shared_media / "naughty" / "blns.json"
    names = sorted({f"day/{safe_name(name)}" for name in json.loads(listed.read_text(encoding="utf-8"))})
    if isinstance(store, BucketStore):
        # It takes its time.
        names = names[::6]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: store.put(source, name), names))
    assert sorted(paths(store)) == names


KILLED = """
    import os, sys, threading
    import django
    from django.conf import settings
    settings.configure(USE_TZ=True)
    django.setup()
    from pathlib import Path
    from pagecast.media.stores import folder
    kind, where, prefix, source, path = sys.argv[1:]

    # The last step, by which the file has its name, never comes: we are killed before it.
    def stand_still(*_, **__):
        threading.Event().wait()

    if kind == "folder":
        def no_link(*_):
            raise OSError(18, "another file system")
        os.link, os.replace = no_link, stand_still
        store = folder.FolderStore(Path(where))
    else:
        from pagecast.media.stores.bucket import BucketStore
        store = BucketStore(where, prefix, addressing="path")
        store._client.meta.events.register("before-call.s3.CompleteMultipartUpload", stand_still)
    print("goes", flush=True)
    store.put(Path(source), path)
    print("done", flush=True)
"""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A film of 200 MB that takes a while to copy."""
    path = tmp_path / "large"
    with path.open("wb") as file:
        for _ in range(200):
            file.write(os.urandom(1 << 20))
    return path


def test_a_put_that_is_killed_shows_no_part_and_is_done_again(store: Store, large: Path) -> None:
    if isinstance(store, BucketStore):
        where = ["bucket", store.bucket, store.prefix]
    else:
        where = ["folder", str(getattr(store, "root", "")), ""]
    command = [sys.executable, "-c", textwrap.dedent(KILLED), *where, str(large), "day/film.mp4"]
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - does one system call
    )
    try:
        wait_for("the first bytes in the store", lambda: _begun(store) or child.poll() is not None)
    finally:
        child.kill()
        said, _ = child.communicate()
    assert said == "goes\n"
    assert store.find("day/film.mp4") is None
    left = paths(store)
    assert len(left) == 1
    assert left[0].startswith(".put/") or f"/{HALF_DONE}" in left[0]
    store.put(large, "day/film.mp4")
    found = store.find("day/film.mp4")
    assert found is not None
    assert found.size == large.stat().st_size
    store.remove(left[0])
    assert paths(store) == ["day/film.mp4"]


def _begun(store: Store) -> bool:
    if isinstance(store, FolderStore):
        return any(stored.size for stored in store.walk())
    return bool(paths(store))
