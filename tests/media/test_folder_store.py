"""What only a store in a folder does: no copying, no way out, and folders that come and go."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pagecast.media.stores import folder as folder_store
from pagecast.media.stores.folder import HALF_DONE, FolderStore

FILM = bytes(range(256)) * 40
PATH = "2026/11/23/video/Рассвет.mp4"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A staged file."""
    path = tmp_path / "staged"
    path.write_bytes(FILM)
    return path


def content(store: FolderStore, path: str = PATH) -> bytes:
    with store.open(path) as file:
        return file.read()


def paths(store: FolderStore) -> list[str]:
    return [stored.path for stored in store.walk()]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "media"


@pytest.fixture
def store(root: Path) -> FolderStore:
    return FolderStore(root)


@pytest.fixture(params=[errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def no_links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another file system, or one without hard links."""

    def refuse(*_paths: Any) -> None:
        raise OSError(request.param, os.strerror(request.param))

    monkeypatch.setattr(os, "link", refuse)


def test_filing_copies_nothing(store: FolderStore, root: Path, source: Path) -> None:
    store.put(source, PATH)
    assert (root / PATH).samefile(source)


def test_without_links_the_bytes_are_copied(
    no_links: None, store: FolderStore, root: Path, source: Path
) -> None:
    store.put(source, PATH)
    assert not (root / PATH).samefile(source)
    assert (content(store), paths(store)) == (FILM, [PATH])


def test_a_copy_that_fails_leaves_nothing(
    no_links: None, store: FolderStore, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        store.put(source, PATH)
    assert paths(store) == []


def test_another_file_system_is_copied_from(store: FolderStore, tmp_path: Path, source: Path) -> None:
    shared_memory = Path("/dev/shm")  # noqa: S108 - it is always another file system
    if not shared_memory.is_dir() or shared_memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system: /dev/shm")
    far = shared_memory / f"pagecast-{os.getpid()}"
    far.write_bytes(FILM)
    try:
        store.put(far, PATH)
    finally:
        far.unlink()
    assert content(store) == FILM


def test_a_copy_that_grows_is_never_seen_under_its_name(
    no_links: None, store: FolderStore, source: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def look(source: Path, target: Path) -> None:
        seen.append(((root / PATH).exists(), target.name.startswith(HALF_DONE)))
        target.write_bytes(source.read_bytes())

    monkeypatch.setattr(shutil, "copyfile", look)
    store.put(source, PATH)
    assert seen == [(False, True)]


def test_every_folder_on_the_way_is_on_disk(
    store: FolderStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(folder_store, "sync_folder", synced.append)
    store.put(source, "2026/11/a.mp4")
    assert synced == [root / "2026/11", root / "2026", root, root.parent]


def test_folders_that_became_empty_go(store: FolderStore, root: Path, source: Path) -> None:
    store.put(source, "2026/11/23/a.mp4")
    store.put(source, "2026/10/b.mp4")
    store.remove("2026/11/23/a.mp4")
    assert sorted(path.name for path in root.rglob("*")) == ["10", "2026", "b.mp4"]


def test_the_folder_itself_stays(store: FolderStore, root: Path, source: Path) -> None:
    store.put(source, "a.mp4")
    store.remove("a.mp4")
    assert root.is_dir()


def test_puts_and_removals_in_one_folder_do_not_disturb_each_other(store: FolderStore, source: Path) -> None:
    over = threading.Event()

    def remove_again_and_again() -> None:
        while not over.is_set():
            store.put(source, "2026/11/23/video/gone.mp4")
            store.remove("2026/11/23/video/gone.mp4")

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(remove_again_and_again)
        try:
            for number in range(300):
                store.put(source, f"2026/11/23/video/{number}.mp4")
                store.remove(f"2026/11/23/video/{number}.mp4")
        finally:
            over.set()
        other.result()
    assert paths(store) == []


def test_a_folder_that_vanishes_before_the_link_is_made_again(
    store: FolderStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link
    vanished: list[Path] = []

    def vanish_once(source: Path, target: Path) -> None:
        if not vanished:
            vanished.append(target.parent)
            os.removedirs(target.parent)
        link(source, target)

    monkeypatch.setattr(os, "link", vanish_once)
    store.put(source, PATH)
    assert (content(store), vanished) == (FILM, [(root / PATH).parent])


def test_a_file_where_a_folder_should_be_is_not_taken_for_a_name_in_use(
    store: FolderStore, root: Path, source: Path
) -> None:
    store.put(source, "2026")
    with pytest.raises(NotADirectoryError):
        store.put(source, PATH)


def test_links_are_neither_found_nor_followed(store: FolderStore, root: Path, source: Path) -> None:
    store.put(source, "a.mp4")
    (root / "link.mp4").symlink_to(source)
    (root / "up").symlink_to(root.parent)
    (root / "dangling").symlink_to("nowhere")
    assert paths(store) == ["a.mp4"]
    assert (store.find("link.mp4"), store.find("dangling"), store.find("up")) == (None, None, None)
    with pytest.raises(FileNotFoundError):
        store.open("link.mp4")
    with pytest.raises(FileExistsError):
        store.put(source, "dangling")


@pytest.mark.parametrize("verb", ["put", "find", "open", "remove"])
def test_no_link_leads_out(verb: str, store: FolderStore, root: Path, source: Path) -> None:
    root.mkdir()
    (root / "up").symlink_to(root.parent)
    with pytest.raises(ValueError, match="leads out"):
        getattr(store, verb)(*([source] if verb == "put" else []), "up/staged")
    assert source.read_bytes() == FILM


def test_the_folder_may_be_a_link_itself(root: Path, source: Path, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    root.symlink_to(tmp_path / "disk")
    FolderStore(root).put(source, PATH)
    assert (tmp_path / "disk" / PATH).read_bytes() == FILM


def test_a_pipe_is_nothing_and_nobody_waits_for_it(store: FolderStore, root: Path) -> None:
    root.mkdir()
    os.mkfifo(root / "pipe.mp4")
    assert (store.find("pipe.mp4"), paths(store)) == (None, [])
    with pytest.raises(FileNotFoundError):
        store.open("pipe.mp4")


def test_names_that_are_no_text_are_not_ours(store: FolderStore, root: Path) -> None:
    root.mkdir()
    Path(os.fsdecode(os.fsencode(root) + b"/\xff.mp4")).touch()
    assert paths(store) == []


def test_a_folder_that_cannot_be_read_does_not_seem_empty(
    store: FolderStore, root: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(source, PATH)

    def closed(_path: object) -> Any:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "scandir", closed)
    with pytest.raises(PermissionError):
        list(store.walk())


def test_a_name_too_long_for_the_file_system_is_nothing(store: FolderStore) -> None:
    assert store.find("x" * 300) is None


def test_everyone_may_read_what_everyone_may_read(
    no_links: None, store: FolderStore, root: Path, source: Path
) -> None:
    store.put(source, PATH)
    assert stat.S_IMODE((root / PATH).stat().st_mode) & 0o044 == 0o044
