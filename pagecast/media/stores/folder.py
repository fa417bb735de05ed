"""Filed bytes in a folder of this machine, or in one that is mounted here."""

from __future__ import annotations

import datetime as dt
import errno
import os
import shutil
import stat
import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from .store import Stored

# What begins like this is a copy that is not complete yet, or that a killed `put` left.
HALF_DONE = ".put-"
# Another file system, one without hard links, one that has enough of them, or a source that is not ours.
_NO_LINK = {
    errno.EXDEV,
    errno.EPERM,
    errno.EACCES,
    errno.EROFS,
    errno.ENOTSUP,
    errno.EOPNOTSUPP,
    errno.EMLINK,
    errno.ENOSYS,
}
_NOTHING_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP}
# How often a folder may vanish below a `put`, each time because the last file in it was removed just then.
_PATIENCE = 1000


class FolderStore:
    """Files below a folder, which is made when the first one comes.

    Every verb raises `ValueError` for a path that is none: absolute, with empty parts, dot segments or NUL,
    or with a link in it that leaves the folder.
    """

    def __init__(self, root: Path) -> None:
        #: The folder itself: its files may be read there, too.
        self.root = Path(os.path.realpath(root))

    def __repr__(self) -> str:
        return f"FolderStore({str(self.root)!r})"

    def put(self, source: Path, path: str, *, sync: bool = True) -> None:
        """Give the bytes a second name here, without copying them where the file system lets us.

        What has this path and the same size is the file of an earlier attempt. Raises `FileExistsError`
        when something else has it. The file's age counts from now.
        """
        target = self._at(path)
        source = source.resolve(strict=True)
        for attempt in range(1, _PATIENCE + 1):
            _make_folder(target.parent)
            try:
                if not _is_put(source, target):
                    _link_or_copy(source, target)
                if sync:
                    self._sync_above([target])
            except FileNotFoundError:
                # A folder that became empty was removed; but without its source a file cannot be put.
                if attempt == _PATIENCE or not source.exists():
                    raise
            else:
                return

    def sync(self, paths: Iterable[str]) -> None:
        """Make the names of what was put at these paths survive a power cut: once for each folder."""
        self._sync_above([self._at(path) for path in paths])

    def find(self, path: str) -> Stored | None:
        """What lies at the path, None for nothing. Links, pipes and folders are nothing."""
        status = _file_at(self._at(path))
        return _stored(path, status) if status else None

    def open(self, path: str) -> BinaryIO:
        """The bytes, to read. Raises `FileNotFoundError`."""
        target = self._at(path)
        if _file_at(target) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(target))
        # Whatever became of it since: no link is followed, and no pipe is waited for.
        return os.fdopen(os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")

    def remove(self, path: str) -> None:
        """Take the file away, if it is there, and the folders that are empty without it."""
        target = self._at(path)
        try:
            target.unlink()
        except OSError as error:
            if error.errno not in _NOTHING_THERE:
                raise
        for folder in target.parents:
            if folder == self.root:
                return
            try:
                # Only an empty one goes, and a `put` that wanted it makes it again.
                folder.rmdir()
            except FileNotFoundError:
                continue
            except OSError:
                return

    def walk(self) -> Iterator[Stored]:
        """Every file, sorted by folder and name; no link is followed.

        Names that are not UTF-8 are left out: they cannot be ours. Raises `OSError` for a folder that cannot
        be read, rather than seem to lack its files.
        """
        for folder, folders, names in os.walk(self.root, onerror=_raise_unless_gone, followlinks=False):
            folders[:] = sorted(name for name in folders if _is_text(name))
            for name in sorted(name for name in names if _is_text(name)):
                target = Path(folder, name)
                status = _file_at(target)
                if status is not None:
                    yield _stored(str(target.relative_to(self.root)), status)

    def _at(self, path: str) -> Path:
        parts = path.split("/")
        if "\0" in path or any(part in {"", ".", ".."} for part in parts):
            message = f"{path!r} is not a path below the media folder"
            raise ValueError(message)
        target = self.root.joinpath(*parts)
        if not Path(os.path.realpath(target.parent)).is_relative_to(self.root):
            message = f"{path!r} leads out of the media folder {self.root} through a link"
            raise ValueError(message)
        return target

    def _sync_above(self, targets: Iterable[Path]) -> None:
        # Every one of them, as another `put` may have made it just now and not be done; the root's own name
        # is in its parent. Those that have not changed cost next to nothing.
        folders: set[Path] = set()
        for target in targets:
            folders.update(target.parents[: len(target.relative_to(self.root.parent).parts)])
        for folder in sorted(folders, reverse=True):
            sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Make the folder's list of names survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _make_folder(folder: Path) -> None:
    for _attempt in range(_PATIENCE):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileNotFoundError:
            # One above it was removed just now, being empty.
            continue
        except FileExistsError:
            # So was this one, between two looks at it; or it is something else.
            with suppress(FileNotFoundError):
                if not stat.S_ISDIR(folder.stat().st_mode):
                    # Another name in it would not help: this must not look like a name that is taken.
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder)) from None
            continue
        return
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(folder))


def _is_put(source: Path, target: Path) -> bool:
    """Whether an earlier attempt did it. Raises `FileExistsError` if somebody else has the name."""
    try:
        there = target.lstat()
    except FileNotFoundError:
        return False
    here = source.stat()
    if not os.path.samestat(here, there) and not (
        stat.S_ISREG(there.st_mode) and here.st_size == there.st_size
    ):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    os.utime(target)
    return True


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        # Before it has its name here: it must not seem an old file for a moment.
        os.utime(source)
        os.link(source, target)
    except FileExistsError:
        # Two at once: whoever was quicker is asked for.
        _is_put(source, target)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        _copy(source, target)


def _copy(source: Path, target: Path) -> None:
    part = target.with_name(f"{HALF_DONE}{uuid.uuid4().hex}")
    try:
        shutil.copyfile(source, part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        if _is_put(source, target):
            part.unlink()
        else:
            part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise


def _file_at(target: Path) -> os.stat_result | None:
    try:
        status = target.lstat()
    except OSError as error:
        if error.errno in _NOTHING_THERE:
            return None
        raise
    return status if stat.S_ISREG(status.st_mode) else None


def _stored(path: str, status: os.stat_result) -> Stored:
    return Stored(path, status.st_size, dt.datetime.fromtimestamp(status.st_mtime, dt.UTC))


def _raise_unless_gone(error: OSError) -> None:
    if error.errno != errno.ENOENT:
        raise error


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
